//! How a connection gets from its owner to the next.
//!
//! It has one owner at any time, who reads and writes its socket. It leaves the loop in one command,
//! with its socket, its decoder and what it has queued. It comes back when its thread has been asked
//! for it: what JavaScript wants of it meanwhile waits here, so that nothing overtakes anything. Only
//! connections that are simply open are moved; one that turns out not to be goes on where it was.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bridge::environment::Environment;
use crate::bridge::links::{EventLoopIo, Io, Link, ThreadIo};
use crate::bridge::{large_messages, open, panics, threads};
use crate::connection::{Connection, InboundBudget};
use crate::driver::io_threads::{
    CommandKind, Delivery, Item, NewConnection, Progress, Reading, Returned,
};
use crate::driver::socket;
use crate::forced_panics::{Place, panic_if_forced};
use crate::protocol::Encoder;

/// What is done with senders who wait to be told that their frames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bridge) enum Untold {
    /// They keep their connection where it is: the loop tells them as soon as it has written.
    Stay,
    /// The thread tells them.
    Move,
}

/// Moves a connection to a thread, if it is on the loop and simply open. Returns whether it did.
pub(in crate::bridge) fn move_out(
    environment: &Rc<Environment>,
    link: &Rc<Link>,
    untold: Untold,
) -> bool {
    panics::guarded(environment, link, environment.present_call(), || {
        try_move_out(environment, link, untold)
    })
    .unwrap_or(false)
}

fn try_move_out(environment: &Rc<Environment>, link: &Rc<Link>, untold: Untold) -> bool {
    let thread = link.id as usize % environment.mover.threads.get();
    let slot = &mut *link.io.borrow_mut();
    let may_move = match &*slot {
        Io::EventLoop(io) => {
            io.is_plain() && (untold == Untold::Move || io.connection.outbound.untold() == 0)
        }
        _ => false,
    };
    // A large message that is being received in JavaScript's memory stays where that is.
    let may_move = may_move && link.incoming.borrow().is_none();
    if !may_move || link.closed.get() || link.is_broken.get() || environment.mover.is_resting() {
        return false;
    }
    if threads::ensure(environment, thread).is_err() {
        let end = Instant::now() + REST;
        environment.mover.resting_until.set(Some(end));
        return false;
    }
    panic_if_forced(Place::MoveOut);
    // From here to the end there is nothing that can panic.
    let Io::EventLoop(io) = std::mem::replace(slot, Io::Closed) else {
        return false;
    };
    let EventLoopIo {
        mut connection,
        poll,
        socket,
        bytes_read,
        referenced,
        ..
    } = *io;
    drop(poll);
    large_messages::undo(&mut connection.decoder);
    let accepted = connection.outbound.accepted();
    let budget = Arc::new(InboundBudget::default());
    budget.count_received(bytes_read as usize);
    // What has to be compressed is encoded by the thread.
    let encoder = (!connection.encoder.can_compress())
        .then(|| std::mem::replace(&mut connection.encoder, Encoder::new(None)));
    let names = socket::names(&socket);
    let decoder = link.in_hand.get().then(|| connection.take_decoder());
    let reading = match decoder {
        Some(_) => Reading::Interrupted,
        None => Reading::Begun,
    };
    let untold = connection.outbound.untold();
    let mut io = ThreadIo::new(thread, decoder, encoder, budget, names);
    io.accepted = accepted;
    io.untold = untold;
    let parts = Returned {
        socket,
        connection: Box::new(connection),
        accounted: accepted,
    };
    open_on_thread(environment, link, &io, parts, reading);
    threads::set_referenced(environment, link.id, &mut io, referenced);
    *slot = Io::Thread(Box::new(io));
    true
}

/// Asks for a connection, if its thread may have nothing to say against it.
pub(super) fn ask_back(environment: &Environment, link: &Link) -> bool {
    if link.closed.get() {
        return false;
    }
    let Io::Thread(io) = &mut *link.io.borrow_mut() else {
        return false;
    };
    let has_started = io.decoder.is_none();
    if !has_started || io.paused || io.tapped || !io.held.is_empty() || io.is_returning() {
        return false;
    }
    threads::uncork(environment, link.id, io);
    threads::command(environment, link.id, io, CommandKind::Return);
    io.waiting.replace(Some(Vec::new()));
    true
}

/// Takes in a connection that has come back, or that could not. Other deliveries are not touched.
pub(in crate::bridge) fn settle(
    environment: &Rc<Environment>,
    link: &Rc<Link>,
    mut delivery: Delivery,
) -> Option<Delivery> {
    let returned = match delivery.items.pop() {
        Some(Item::Returned(returned)) => Some(*returned),
        Some(Item::Kept) => None,
        other => {
            delivery.items.extend(other);
            return Some(delivery);
        }
    };
    let slot = &mut *link.io.borrow_mut();
    let Io::Thread(io) = slot else {
        return None;
    };
    threads::uncork(environment, link.id, io);
    let waiting = io.waiting.take().unwrap_or_default();
    let Some(returned) = returned else {
        resume_on_thread(environment, link, io, waiting);
        return None;
    };
    let is_plain = !link.closed.get()
        && !io.paused
        && !io.tapped
        && io.held.is_empty()
        && !link.is_broken.get()
        && waiting.iter().all(CommandKind::is_output);
    let event_loop = environment.event_loop.filter(|_| is_plain);
    // A panic leaves the connection where it has come from, which is where it fails.
    let mut has_panicked = true;
    let poll = panics::caught(|| {
        panic_if_forced(Place::ComeBack);
        let poll =
            event_loop.and_then(|it| open::watch(environment, it, link.id, &returned.socket).ok());
        has_panicked = false;
        poll
    });
    let Some(poll) = poll.flatten() else {
        // Something has happened that is the business of a thread.
        open_on_thread(environment, link, io, returned, Reading::Begun);
        resume_on_thread(environment, link, io, waiting);
        if has_panicked {
            return Some(Delivery::of(link.id, Item::Broken));
        }
        return None;
    };
    let mut connection = *returned.connection;
    large_messages::prepare(&environment.mover, &mut connection.decoder);
    // This may encode.
    let is_sound = panics::caught(|| take_over_output(io, &mut connection, waiting)).is_some();
    if !is_sound {
        connection.mend();
    }
    let referenced = io.referenced;
    threads::stop_counting(environment, io);
    link.counters.clear_correction();
    link.counters.set_accepted(connection.outbound.accepted());
    link.counters.set_released(connection.outbound.flushed());
    link.counters.set_blocked(false);
    let bytes_read = io.budget.received();
    let io = EventLoopIo {
        started: true,
        bytes_read,
        referenced,
        ..EventLoopIo::new(connection, poll, returned.socket)
    };
    io.update_reference();
    io.update_interest();
    *slot = Io::EventLoop(Box::new(io));
    environment.mark_dirty(link);
    (!is_sound).then(|| Delivery::of(link.id, Item::Broken))
}

/// At the end of the environment: writes what was sent while a connection was on its way back.
pub(in crate::bridge) fn write_last(environment: &Environment, mut delivery: Delivery) {
    let Some(Item::Returned(returned)) = delivery.items.pop() else {
        return;
    };
    let Some(link) = environment.link(delivery.key as f64) else {
        return;
    };
    if let Io::Thread(io) = &mut *link.io.borrow_mut() {
        let Returned {
            socket,
            mut connection,
            ..
        } = *returned;
        threads::uncork(environment, link.id, io);
        let mut waiting = io.waiting.take().unwrap_or_default();
        waiting.retain(CommandKind::is_output);
        take_over_output(io, &mut connection, waiting);
        let _ = socket::flush(&socket, &mut connection.outbound);
    }
}

fn open_on_thread(
    environment: &Environment,
    link: &Link,
    io: &ThreadIo,
    parts: Returned,
    reading: Reading,
) {
    let Returned {
        socket,
        connection,
        accounted,
    } = parts;
    let new = NewConnection {
        key: link.id,
        socket,
        connection,
        accounted,
        reading,
        budget: Arc::clone(&io.budget),
        // SAFETY: the page of counters lives as long as the environment, which joins its threads.
        progress: unsafe { Progress::new(link.counters.progress_cells()) },
    };
    let open = CommandKind::Open(Box::new(new));
    threads::command_thread(environment, io.thread, link.id, open);
}

fn resume_on_thread(
    environment: &Environment,
    link: &Link,
    io: &ThreadIo,
    waiting: Vec<CommandKind>,
) {
    for kind in waiting {
        threads::command(environment, link.id, io, kind);
    }
}

/// Queues what was sent while the connection was on its way.
fn take_over_output(io: &mut ThreadIo, connection: &mut Connection, waiting: Vec<CommandKind>) {
    if let Some(encoder) = io.encoder.take() {
        connection.encoder = encoder;
    }
    for kind in waiting {
        match kind {
            CommandKind::Write { bytes, marks } => connection.write(bytes, &marks),
            CommandKind::Message {
                payload,
                options,
                mark,
            } => {
                connection.send(&payload, options);
                if mark {
                    connection.outbound.mark();
                }
            }
            _ => debug_assert!(false, "not output"),
        }
    }
}

/// Trying in vain to start a thread costs much, and what is lacking is not there again at once.
const REST: Duration = Duration::from_secs(10);
