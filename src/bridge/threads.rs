//! Connections that live on I/O threads, seen from JavaScript's thread.
//!
//! All that is wanted of one is a command for its thread, in the order in which it was wanted; the
//! commands of a turn are handed over together, by [`flush_commands`]. What is sent is
//! [output], and what the threads have to say is for [hearing].

mod hearing;
mod output;

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::delivery::Call;
use super::environment::Environment;
use super::links::{Io, Link, ThreadIo};
use super::migration;
use crate::driver::event_loop::Wake;
use crate::driver::io_threads::{Command, CommandKind, Delivery, Pool};
use hearing::collect;

pub(super) use hearing::settle_returned;
pub(super) use output::{broadcast, send_message, uncork};

/// The threads of an environment, and how they wake it.
pub(super) struct Threads {
    pool: Pool,
    wake: Wake,
    /// Connections that keep the process alive.
    referenced: usize,
    /// Connections that were resumed, or closed, with something held.
    resumed: Vec<u64>,
    /// What is still to be delivered, in order. It is here and not with whoever delivers it because
    /// a listener may end the process.
    postponed: VecDeque<Delivery>,
    /// The connections whose deliveries are on the stack: mostly none or one.
    in_hand: Vec<u64>,
}

impl Threads {
    /// Puts what the threads have said behind what is still to be delivered.
    fn gather(&mut self) {
        let said = self.pool.collect();
        if self.postponed.is_empty() {
            self.postponed = said.into();
        } else {
            self.postponed.extend(said);
        }
    }

    /// Ends the threads and closes the wake-up handle, for the end of the environment.
    pub(super) fn shut_down(self, environment: &Rc<Environment>) {
        // Joining the threads first means that nobody is left to use the handle, which is closed at
        // the end of this.
        let last = self.pool.shut_down();
        for delivery in self.postponed.into_iter().chain(last) {
            migration::write_last(environment, delivery);
        }
    }
}

/// Starts a thread, unless it runs already.
pub(super) fn ensure(environment: &Rc<Environment>, thread: usize) -> io::Result<()> {
    let mut threads = environment.threads.borrow_mut();
    if threads.is_none() {
        *threads = Some(prepare(environment)?);
    }
    match &mut *threads {
        Some(threads) => threads.pool.ensure(thread),
        None => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn prepare(environment: &Rc<Environment>) -> io::Result<Threads> {
    let event_loop = environment.event_loop.ok_or(io::ErrorKind::Unsupported)?;
    let weak = Rc::downgrade(environment);
    let open = environment.count_handle();
    let wake = Wake::new(event_loop, move || {
        let _counted = &open;
        if let Some(environment) = weak.upgrade() {
            collect(&environment);
        }
    })?;
    wake.set_referenced(false);
    // SAFETY: the senders are owned by the pool, whose threads are joined before the handle is
    // closed (see `shut_down`).
    let sender = unsafe { wake.sender() };
    Ok(Threads {
        pool: Pool::new(move || sender.wake()),
        wake,
        referenced: 0,
        resumed: Vec::new(),
        postponed: VecDeque::new(),
        in_hand: Vec::new(),
    })
}

/// Queues a command for the thread of a connection. [`flush_commands`] sends it.
pub(super) fn command(environment: &Environment, id: u64, io: &ThreadIo, kind: CommandKind) {
    if let Some(waiting) = &mut *io.waiting.borrow_mut() {
        waiting.push(kind);
        return;
    }
    command_thread(environment, io.thread, id, kind);
}

pub(super) fn command_thread(
    environment: &Environment,
    thread: usize,
    key: u64,
    kind: CommandKind,
) {
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.pool.command(thread, Command { key, kind });
    }
}

/// How long the threads have run.
pub(super) fn time(environment: &Environment) -> Duration {
    match &*environment.threads.borrow() {
        Some(threads) => threads.pool.time(),
        None => Duration::ZERO,
    }
}

/// Hands queued commands to their threads.
pub(super) fn flush_commands(environment: &Environment) {
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.pool.flush();
    }
}

pub(super) fn drain(environment: &Environment, deadline: Instant) {
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.pool.drain(deadline);
    }
}

/// Whether JavaScript wants a connection to keep the process alive.
pub(super) fn set_referenced(
    environment: &Environment,
    id: u64,
    io: &mut ThreadIo,
    referenced: bool,
) {
    io.referenced = referenced;
    live_until_written(environment, id, io);
    count_alive(environment, io);
}

/// A connection that does not keep the process alive does until what it is sending is written, as it
/// would with Node: the thread is asked to say so.
pub(super) fn live_until_written(environment: &Environment, id: u64, io: &mut ThreadIo) {
    if !io.referenced {
        command(environment, id, io, CommandKind::TellWritten);
        live_until_answered(environment, io);
    }
}

fn live_until_answered(environment: &Environment, io: &mut ThreadIo) {
    io.unanswered += 1;
    count_alive(environment, io);
}

/// The thread has answered so many questions.
fn count_answers(environment: &Environment, io: &mut ThreadIo, answers: u32) {
    io.unanswered = io.unanswered.saturating_sub(answers);
    count_alive(environment, io);
}

/// The connection is not on its thread any more.
pub(super) fn stop_counting(environment: &Environment, io: &mut ThreadIo) {
    io.referenced = false;
    io.unanswered = 0;
    count_alive(environment, io);
}

/// Changes how many connections keep the process alive.
fn count_alive(environment: &Environment, io: &mut ThreadIo) {
    let keeps_alive = io.referenced || io.unanswered > 0;
    if std::mem::replace(&mut io.keeps_alive, keeps_alive) == keeps_alive {
        return;
    }
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        if keeps_alive {
            threads.referenced += 1;
        } else {
            threads.referenced -= 1;
        }
        threads.wake.set_referenced(threads.referenced > 0);
    }
}

/// Delivers what was read before the takeover, and has the thread read from now on. What cannot be
/// delivered at once goes to the thread, like bytes that come later. Within the delivery of other
/// bytes it only adds to them: the decoder is needed for what is left of those.
pub(super) fn start(environment: &Rc<Environment>, link: &Rc<Link>, mut head: Vec<u8>) {
    let was_in_hand = link.in_hand.get();
    let (at_once, tapped) = match &*link.io.borrow() {
        Io::Thread(io) => {
            // The thread decodes nothing for a connection that the program has closed already.
            let is_flowing = !io.paused || link.closed.get();
            let at_once = io.decoder.is_some() && (is_flowing || was_in_hand);
            (at_once, (at_once && io.tapped).then(|| head.clone()))
        }
        _ => return,
    };
    if at_once && !head.is_empty() {
        link.in_hand.set(true);
        super::receive::deliver(environment, link, &mut head, None, Call::Nested);
        link.in_hand.set(was_in_hand);
        super::receive::hand_over(environment, link, tapped, Call::Nested);
        head.clear();
    }
    if at_once && was_in_hand {
        return;
    }
    if let Io::Thread(io) = &mut *link.io.borrow_mut() {
        let decoder = io.decoder.take();
        command(
            environment,
            link.id,
            io,
            CommandKind::Start { head, decoder },
        );
        flush_commands(environment);
    }
}

/// Has the thread of a connection read from now on that has left the loop while what was read of it
/// there was in hand; `rest` of that has not been decoded. Returns false if there is none.
pub(super) fn go_on(environment: &Environment, link: &Link, rest: &[u8]) -> bool {
    if link.closed.get() {
        // The thread has been told to close: what has been read is still to be heard here.
        return false;
    }
    let Io::Thread(io) = &mut *link.io.borrow_mut() else {
        return false;
    };
    let Some(decoder) = io.decoder.take() else {
        return false;
    };
    let rest = rest.to_vec();
    command(
        environment,
        link.id,
        io,
        CommandKind::GoOn { rest, decoder },
    );
    true
}

pub(super) fn set_paused(
    environment: &Rc<Environment>,
    link: &Rc<Link>,
    io: &mut ThreadIo,
    paused: bool,
) {
    if std::mem::replace(&mut io.paused, paused) == paused {
        return;
    }
    let kind = if paused {
        CommandKind::Pause
    } else {
        CommandKind::Resume
    };
    command(environment, link.id, io, kind);
    flush_commands(environment);
    if !paused {
        release_held(environment, link.id, io);
    }
}

/// Has what was held delivered: from the loop, not within this call of JavaScript's.
fn release_held(environment: &Environment, id: u64, io: &ThreadIo) {
    if !io.held.is_empty()
        && let Some(threads) = &mut *environment.threads.borrow_mut()
    {
        threads.resumed.push(id);
        // SAFETY: used at once, while the handle is open.
        unsafe { threads.wake.sender() }.wake();
    }
}

/// Tells the thread to write what it can and close the socket; the last event follows.
pub(super) fn close(environment: &Environment, link: &Link, io: &mut ThreadIo) {
    uncork(environment, link.id, io);
    command(environment, link.id, io, CommandKind::Close);
    flush_commands(environment);
    // The end is told even if nothing else keeps the process alive.
    live_until_answered(environment, io);
    // What was held while paused is still delivered, before the last event.
    io.paused = false;
    release_held(environment, link.id, io);
}
