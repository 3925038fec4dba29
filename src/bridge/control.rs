//! What JavaScript wants of a connection beside messages: flow, options of its socket, its end.

use std::rc::Rc;

use napi::sys;

use super::environment::Environment;
#[cfg(unix)]
use super::links::ThreadIo;
use super::links::{Io, Link};
use super::raw::{self, Outcome};
#[cfg(unix)]
use crate::driver::io_threads::CommandKind;
#[cfg(unix)]
use crate::forced_panics::{Place, panic_if_forced};
use crate::protocol::{DecoderChange, Dictionary};

/// Calls `work` with the connection that the first argument names, if it is there.
fn with_link(
    environment: &Rc<Environment>,
    id: sys::napi_value,
    work: impl FnOnce(&Rc<Link>),
) -> Outcome {
    if let Some(link) = environment.link(raw::number(environment.env, id)?) {
        work(&link);
    }
    Ok(raw::undefined(environment.env))
}

/// `pause(id)`: stops reading the socket.
pub(super) fn pause(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    with_link(environment, args[0], |link| {
        set_paused(environment, link, true)
    })
}

/// `resume(id)`: reads the socket again.
pub(super) fn resume(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    with_link(environment, args[0], |link| {
        set_paused(environment, link, false)
    })
}

fn set_paused(environment: &Rc<Environment>, link: &Rc<Link>, paused: bool) {
    if link.closed.get() {
        return;
    }
    match &mut *link.io.borrow_mut() {
        #[cfg(unix)]
        Io::EventLoop(io) => {
            io.paused = paused;
            io.end_sought = false;
            io.update_interest();
        }
        #[cfg(unix)]
        Io::Thread(io) => super::threads::set_paused(environment, link, io, paused),
        Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
    }
}

/// `changeDecoder(id, what, value)`: changes what is accepted, or how it is handed out. `what` is an
/// index into the list of `lib/connection-settings.js`; 0 as a limit means none.
pub(super) fn change_decoder(environment: &Rc<Environment>, args: [sys::napi_value; 3]) -> Outcome {
    let env = environment.env;
    let value = raw::number(env, args[2])?;
    let limit = (value >= 1.0).then_some(value as u32);
    let change = match raw::bits(env, args[1]) {
        0 => DecoderChange::KeepFragments(value != 0.0),
        1 => DecoderChange::MaxPayload(limit.map(|most| most as usize)),
        2 => DecoderChange::MaxFragments(limit),
        3 => DecoderChange::MaxBufferedChunks(limit),
        _ => DecoderChange::SkipUtf8Validation(value != 0.0),
    };
    with_link(environment, args[0], |link| {
        apply_change(environment, link, change);
    })
}

fn apply_change(environment: &Environment, link: &Link, change: DecoderChange) {
    match &mut *link.io.borrow_mut() {
        Io::Stream(connection) | Io::Closing(connection) => connection.decoder.change(change),
        #[cfg(unix)]
        Io::EventLoop(io) => io.connection.decoder.change(change),
        #[cfg(unix)]
        Io::Thread(io) => match &mut io.decoder {
            Some(decoder) => decoder.change(change),
            None => tell_thread(environment, link, io, CommandKind::Decoder(change)),
        },
        Io::Closed => {}
    }
}

/// `setDictionary(id, bytes, inflates)`: what a compression context begins with; set before the
/// first message. `inflates` tells the direction.
pub(super) fn set_dictionary(environment: &Rc<Environment>, args: [sys::napi_value; 3]) -> Outcome {
    let bytes = raw::byte_array(environment.env, args[1])?;
    // SAFETY: the bytes are copied at once.
    let dictionary = Dictionary::from(&*unsafe { bytes.as_mut_slice() });
    let inflates = raw::boolean(environment.env, args[2]);
    with_link(environment, args[0], |link| {
        if inflates {
            let change = DecoderChange::InflateDictionary(dictionary);
            return apply_change(environment, link, change);
        }
        let mut io = link.io.borrow_mut();
        if let Some(encoder) = io.encoder() {
            encoder.set_dictionary(dictionary);
            return;
        }
        #[cfg(unix)]
        if let Io::Thread(io) = &*io {
            tell_thread(
                environment,
                link,
                io,
                CommandKind::DeflateDictionary(dictionary),
            );
        }
    })
}

/// `setTapped(id, tapped)`: whether the bytes of the socket are also handed over as they are read.
pub(super) fn set_tapped(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let tapped = raw::boolean(environment.env, args[1]);
    with_link(environment, args[0], |link| {
        match &mut *link.io.borrow_mut() {
            #[cfg(unix)]
            Io::EventLoop(io) => io.tapped = tapped,
            #[cfg(unix)]
            Io::Thread(io) => {
                io.tapped = tapped;
                tell_thread(environment, link, io, CommandKind::Tap(tapped));
            }
            Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
        }
    })
}

/// `shutdown(id)`: sends a FIN after what is queued.
pub(super) fn shutdown(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let mut schedule = false;
    with_link(environment, args[0], |link| {
        #[cfg(unix)]
        match &mut *link.io.borrow_mut() {
            Io::EventLoop(io) => io.shutdown = true,
            Io::Thread(io) => {
                super::threads::uncork(environment, link.id, io);
                super::threads::command(environment, link.id, io, CommandKind::Shutdown);
                super::threads::live_until_written(environment, link.id, io);
            }
            Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
        }
        schedule = environment.mark_dirty(link);
    })?;
    Ok(raw::int32(environment.env, i32::from(schedule)))
}

/// `awaitDrain(id)`: has the program told when all is written that has been sent. Returns 1 if an I/O
/// thread is to write it; on the loop only what a socket does not take waits, which is told anyway.
pub(super) fn await_drain(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let mut is_told = false;
    with_link(environment, args[0], |link| {
        #[cfg(unix)]
        if let Io::Thread(io) = &mut *link.io.borrow_mut()
            && !link.closed.get()
        {
            super::threads::uncork(environment, link.id, io);
            tell_thread(environment, link, io, CommandKind::TellDrained);
            is_told = true;
        }
    })?;
    Ok(raw::int32(environment.env, i32::from(is_told)))
}

/// `close(id)`: writes what the socket takes, and closes it. The last event follows, for a socket
/// that was taken over; a stream's connection is gone at once.
pub(super) fn close_connection(
    environment: &Rc<Environment>,
    args: [sys::napi_value; 1],
) -> Outcome {
    with_link(environment, args[0], |link| close(environment, link))
}

pub(super) fn close(environment: &Rc<Environment>, link: &Rc<Link>) {
    if link.closed.replace(true) {
        return;
    }
    #[cfg(unix)]
    if let Io::Thread(io) = &mut *link.io.borrow_mut() {
        super::threads::close(environment, link, io);
        return;
    }
    match link.io.replace(Io::Closed) {
        #[cfg(unix)]
        Io::EventLoop(io) => close_socket(environment, link, *io),
        _ => forget(environment, link),
    }
}

#[cfg(unix)]
fn close_socket(environment: &Rc<Environment>, link: &Rc<Link>, mut io: super::links::EventLoopIo) {
    use super::delivery::{Batch, Call, Kind};
    use crate::driver::socket::{self, Received};

    // What the peer said before the end is still heard, if it was not read for being paused.
    let mut unread = std::mem::take(&mut io.head);
    unread.reserve(LAST_READ);
    if io.paused && io.started && (!io.read_ended || io.end_sought) {
        let received = socket::receive_into(&io.socket, &mut unread, LAST_READ);
        debug_assert!(!matches!(received, Received::Bytes(0)));
    }
    let mut completed = 0;
    if !io.write_failed {
        let _ = socket::flush(&io.socket, &mut io.connection.outbound);
        completed = io.connection.outbound.take_completed();
        link.counters.set_released(io.connection.outbound.flushed());
    }
    link.was_tapped.set(io.tapped);
    link.io.replace(Io::Closing(Box::new(io.connection)));
    let environment = Rc::clone(environment);
    let link = Rc::clone(link);
    io.poll.close(move || {
        environment.run(Some(&link), |environment| {
            panic_if_forced(Place::Closed);
            if !unread.is_empty() {
                super::receive::deliver(environment, &link, &mut unread, None, Call::Callback);
            }
            if let Some(mut batch) = Batch::begin(environment, None) {
                if completed > 0 {
                    batch.note(Kind::Sent, completed.min(0x007f_ffff) as i32);
                }
                batch.note(Kind::Closed, 0);
                batch.dispatch(&link, Call::Callback);
            }
            link.io.replace(Io::Closed);
            forget(environment, &link);
        });
    });
    drop(io.socket);
}

/// How much is read of a paused connection that is closed.
#[cfg(unix)]
const LAST_READ: usize = 64 * 1024;

/// Gives up what a connection holds of JavaScript's. Its number is not used again.
pub(super) fn forget(environment: &Environment, link: &Link) {
    environment.links.borrow_mut().remove(link.id);
    link.receiver.delete(environment.env);
    if let Some(incoming) = link.incoming.take() {
        incoming.discard(environment.env);
    }
    super::open::destroy_context(environment.env, link.async_context);
}

/// Closes a connection whose environment is ending, without a word to JavaScript.
#[cfg(unix)]
pub(super) fn abandon(environment: &Rc<Environment>, link: &Rc<Link>) {
    link.closed.set(true);
    if let Io::EventLoop(mut io) = link.io.replace(Io::Closed) {
        panic_if_forced(Place::CleanUp);
        if !io.write_failed {
            let _ = crate::driver::socket::flush(&io.socket, &mut io.connection.outbound);
        }
    }
    super::open::destroy_context(environment.env, link.async_context);
}

/// `setReferenced(id, referenced)`: whether the connection keeps the process alive.
pub(super) fn set_referenced(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let referenced = raw::boolean(environment.env, args[1]);
    with_link(environment, args[0], |link| {
        match &mut *link.io.borrow_mut() {
            #[cfg(unix)]
            Io::EventLoop(io) => {
                io.referenced = referenced;
                io.update_reference();
            }
            #[cfg(unix)]
            Io::Thread(io) => {
                super::threads::set_referenced(environment, link.id, io, referenced);
                super::threads::flush_commands(environment);
            }
            Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
        }
    })
}

/// `setNoDelay(id, noDelay)`.
pub(super) fn set_no_delay(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let no_delay = raw::boolean(environment.env, args[1]);
    with_link(environment, args[0], |link| match &*link.io.borrow() {
        #[cfg(unix)]
        Io::EventLoop(io) => crate::driver::socket::set_no_delay(&io.socket, no_delay),
        #[cfg(unix)]
        Io::Thread(io) => tell_thread(environment, link, io, CommandKind::NoDelay(no_delay)),
        Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
    })
}

/// `setKeepAlive(id, enable, seconds)`.
pub(super) fn set_keep_alive(environment: &Rc<Environment>, args: [sys::napi_value; 3]) -> Outcome {
    let env = environment.env;
    let seconds = raw::boolean(env, args[1]).then(|| raw::bits(env, args[2]));
    with_link(environment, args[0], |link| match &*link.io.borrow() {
        #[cfg(unix)]
        Io::EventLoop(io) => crate::driver::socket::set_keep_alive(&io.socket, seconds),
        #[cfg(unix)]
        Io::Thread(io) => tell_thread(environment, link, io, CommandKind::KeepAlive(seconds)),
        Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
    })
}

#[cfg(unix)]
fn tell_thread(environment: &Environment, link: &Link, io: &ThreadIo, kind: CommandKind) {
    super::threads::command(environment, link.id, io, kind);
    super::threads::flush_commands(environment);
}

/// `reset(id)`: the coming close is to be a RST.
pub(super) fn reset(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    with_link(environment, args[0], |link| match &*link.io.borrow() {
        #[cfg(unix)]
        Io::EventLoop(io) => crate::driver::socket::reset_on_close(&io.socket),
        #[cfg(unix)]
        Io::Thread(io) => tell_thread(environment, link, io, CommandKind::Reset),
        Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
    })
}

/// `bytesRead(id)`: bytes read from the socket since it was taken over.
pub(super) fn bytes_read(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let mut bytes = 0;
    with_link(environment, args[0], |link| match &*link.io.borrow() {
        #[cfg(unix)]
        Io::EventLoop(io) => bytes = io.bytes_read,
        #[cfg(unix)]
        Io::Thread(io) => bytes = io.budget.received(),
        Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
    })?;
    Ok(raw::double(environment.env, bytes as f64))
}

/// `nameOf(id, peer)`: the address and the port of one end, with a space between; undefined if the
/// socket is gone, or has none.
pub(super) fn name_of(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let env = environment.env;
    let end = usize::from(raw::boolean(env, args[1]));
    let mut name: Option<String> = None;
    with_link(environment, args[0], |link| match &*link.io.borrow() {
        #[cfg(unix)]
        Io::EventLoop(io) => name = crate::driver::socket::names(&io.socket)[end].take(),
        #[cfg(unix)]
        Io::Thread(io) => name.clone_from(&io.names[end]),
        Io::Stream(_) | Io::Closing(_) | Io::Closed => {}
    })?;
    Ok(name.map_or_else(|| raw::undefined(env), |name| raw::string(env, &name)))
}
