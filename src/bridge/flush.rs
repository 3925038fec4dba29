//! The end of a turn: what was queued leaves, one write for each connection.

use std::rc::Rc;

use napi::sys;

use super::delivery::Call;
#[cfg(unix)]
use super::delivery::{Batch, Kind};
use super::environment::Environment;
use super::links::{Io, Link};
use super::panics;
use super::raw::{self, Outcome};

/// `flush()`: what JavaScript calls in its next tick when a `send` asked for it.
pub(super) fn flush(environment: &Rc<Environment>, _args: [sys::napi_value; 0]) -> Outcome {
    environment.flush_scheduled.set(false);
    flush_round(environment, Call::Nested);
    #[cfg(unix)]
    super::migration::consider(environment, Call::Nested);
    Ok(raw::undefined(environment.env))
}

/// `flushNow(id)`: writes what one connection has queued.
pub(super) fn flush_now(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let id = raw::number(environment.env, args[0])?;
    if let Some(link) = environment.link(id) {
        flush_link(environment, &link, Call::Nested);
        #[cfg(unix)]
        super::threads::flush_commands(environment);
    }
    Ok(raw::undefined(environment.env))
}

/// `drain()`: writes what all connections have queued, waiting for their peers a bounded time. For
/// the end of the process: what is sent afterwards (by `exit` listeners) leaves at once.
pub(super) fn drain(environment: &Rc<Environment>, _args: [sys::napi_value; 0]) -> Outcome {
    environment.begin_exit();
    drain_until_deadline(environment);
    Ok(raw::undefined(environment.env))
}

/// Writes what is queued, unless the time for that has run out.
pub(super) fn drain_until_deadline(environment: &Rc<Environment>) {
    #[cfg(unix)]
    {
        let Some(deadline) = environment.exit_deadline() else {
            return;
        };
        let links = environment.links.borrow().all();
        for link in &links {
            panics::caught(|| {
                if let Io::Thread(io) = &mut *link.io.borrow_mut() {
                    super::threads::uncork(environment, link.id, io);
                }
            });
        }
        super::threads::drain(environment, deadline);
        if super::threads::settle_returned(environment) {
            super::threads::drain(environment, deadline);
        }
        for link in &links {
            panics::caught(|| {
                if let Io::EventLoop(io) = &mut *link.io.borrow_mut()
                    && !io.write_failed
                {
                    let outbound = &mut io.connection.outbound;
                    let _ = crate::driver::socket::flush_until(&io.socket, outbound, deadline);
                }
            });
        }
    }
}

/// Flushes until nothing is left: send callbacks may have queued more.
pub(super) fn flush_dirty(environment: &Rc<Environment>) {
    while !environment.dirty.borrow().is_empty() {
        flush_round(environment, Call::Callback);
    }
    environment.broadcast.borrow_mut().clear();
    #[cfg(unix)]
    super::threads::flush_commands(environment);
}

fn flush_round(environment: &Rc<Environment>, call: Call) {
    let links = environment.dirty.take();
    environment.broadcast.borrow_mut().clear();
    #[cfg(unix)]
    super::migration::around_flush(environment, &links, call);
    for link in &links {
        panics::guarded(environment, link, call, || {
            flush_link(environment, link, call);
        });
    }
    #[cfg(unix)]
    super::migration::around_flush(environment, &links, call);
    #[cfg(unix)]
    super::threads::flush_commands(environment);
}

/// Writes what a connection has queued, and tells JavaScript what came of it.
pub(super) fn flush_link(environment: &Environment, link: &Rc<Link>, call: Call) {
    link.dirty.set(false);
    #[cfg(unix)]
    {
        let result = match &mut *link.io.borrow_mut() {
            Io::EventLoop(io) => environment.mover.time(|| write_socket(io, link)),
            Io::Thread(io) => {
                super::threads::uncork(environment, link.id, io);
                return;
            }
            Io::Stream(_) | Io::Closing(_) | Io::Closed => return,
        };
        result.tell(environment, link, call);
    }
}

#[cfg(unix)]
#[derive(Default)]
struct Written {
    sent: u32,
    drained: bool,
    overflowed: bool,
    shut_down: bool,
    failed: Option<std::io::Error>,
}

#[cfg(unix)]
fn write_socket(io: &mut super::links::EventLoopIo, link: &Link) -> Written {
    use crate::driver::socket::{self, Flushed};

    let mut written = Written::default();
    if io.write_failed {
        return written;
    }
    io.turns = io.turns.wrapping_add(1);
    let outbound = &mut io.connection.outbound;
    let had_blocked = io.write_blocked;
    let result = if io.shutdown {
        socket::flush_and_shut_down(&io.socket, outbound)
    } else {
        socket::flush(&io.socket, outbound)
    };
    written.sent = outbound.take_completed();
    link.counters.set_released(outbound.flushed());
    match result {
        Ok(Flushed::Blocked) => {
            io.write_blocked = true;
            link.counters.set_blocked(true);
            written.overflowed = outbound.hold().is_err();
        }
        Ok(Flushed::All) => {
            io.write_blocked = false;
            link.counters.set_blocked(false);
            written.drained = had_blocked;
            written.shut_down = std::mem::take(&mut io.shutdown);
        }
        Err(error) => {
            io.write_failed = true;
            written.failed = Some(error);
        }
    }
    // The usual case leaves the handle alone, which is far away in memory.
    if had_blocked || io.write_blocked || io.write_failed {
        io.update_interest();
    }
    written
}

#[cfg(unix)]
impl Written {
    fn tell(self, environment: &Environment, link: &Link, call: Call) {
        let quiet = self.sent == 0
            && !self.drained
            && !self.overflowed
            && !self.shut_down
            && self.failed.is_none();
        if quiet {
            return;
        }
        let Some(mut batch) = Batch::begin(environment, None) else {
            return;
        };
        if self.sent > 0 {
            batch.note(Kind::Sent, self.sent.min(0x007f_ffff) as i32);
        }
        if self.drained {
            batch.note(Kind::Drained, 0);
        }
        if self.overflowed {
            batch.note(Kind::Overflowed, 0);
        }
        if self.shut_down {
            batch.note(Kind::ShutDown, 0);
        }
        if let Some(error) = self.failed {
            batch.note(Kind::WriteFailed, error.raw_os_error().unwrap_or(0));
        }
        batch.dispatch(link, call);
    }
}
