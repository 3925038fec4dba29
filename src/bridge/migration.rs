//! Connections that move between the event loop and I/O threads.
//!
//! A connection has one owner at any time, who reads and writes its socket. It leaves the loop in
//! one command, with its socket, its decoder and what it has queued. It comes back when its thread
//! has been asked for it: what JavaScript wants of it meanwhile waits here, so that nothing
//! overtakes anything. Only connections that are simply open are moved; one that turns out not to be
//! goes on where it was.
//!
//! When that is done is for [`Policy`] to say.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::delivery::Call;
use super::environment::Environment;
use super::links::{EventLoopIo, Io, Link, ThreadIo};
use super::panics;
use super::{large_messages, threads};
use crate::connection::{Connection, InboundBudget};
use crate::driver::io_threads::{
    CommandKind, Delivery, Item, NewConnection, Progress, Reading, Returned,
};
use crate::driver::policy::{self, Advice, Policy, Window};
use crate::driver::{IoThreads, clock};
use crate::forced_panics::{Place, panic_if_forced};
use crate::protocol::Encoder;

/// What is measured, and what follows from it.
#[derive(Default)]
pub(super) struct Mover {
    /// How many threads connections may be moved to; none if they stay where they are.
    threads: Cell<usize>,
    is_restless: Cell<bool>,
    policy: RefCell<Policy>,
    /// The loop's time when the present window began, and how long its thread and the I/O threads
    /// had run by then.
    began: Cell<u64>,
    ran: Cell<Duration>,
    threads_ran: Cell<Duration>,
    calls: Cell<u32>,
    /// What some of the calls took.
    timed: Cell<Duration>,
    /// What everything took that has been timed without exception.
    counted: Cell<Duration>,
    /// Connections that have held the loop up.
    leaving: RefCell<Vec<Rc<Link>>>,
    /// Connections on threads that were sent what others were, since the last flush.
    broadcasts: Cell<usize>,
    draws: Cell<u32>,
    /// Until when nothing is moved, because a thread could not be started.
    resting_until: Cell<Option<Instant>>,
}

/// Of so many calls one is timed: looking at the clock costs a good part of what is measured. A prime,
/// so that in any pattern of calls each gets its turn.
const TIMED: u32 = 17;

/// Moves within one turn of the loop, so that they do not hold it up.
const MOVES_PER_TURN: usize = 512;

/// Trying in vain to start a thread costs much, and what is lacking is not there again at once.
const REST: Duration = Duration::from_secs(10);

impl Mover {
    pub(super) fn configure(&self, setting: IoThreads) {
        self.threads.set(setting.to_move_to());
        self.is_restless.set(setting == IoThreads::Restless);
    }

    /// Does `work`, which an I/O thread could do, and times it now and then.
    pub(super) fn time<R>(&self, work: impl FnOnce() -> R) -> R {
        let calls = self.calls.get().wrapping_add(1);
        self.calls.set(calls);
        if self.threads.get() == 0 || !calls.is_multiple_of(TIMED) {
            return work();
        }
        let began = Instant::now();
        let result = work();
        self.timed.set(self.timed.get() + began.elapsed());
        result
    }

    /// Counts what has been timed.
    pub(super) fn count(&self, took: Duration) {
        self.counted.set(self.counted.get() + took);
    }

    /// Has a connection moved at the end of the turn.
    pub(super) fn leave(&self, link: &Rc<Link>) {
        self.leaving.borrow_mut().push(Rc::clone(link));
    }

    /// Whether connections move at all.
    pub(super) fn may_move(&self) -> bool {
        self.threads.get() > 0
    }

    pub(super) fn is_restless(&self) -> bool {
        self.is_restless.get()
    }

    fn is_resting(&self) -> bool {
        let is_resting = self
            .resting_until
            .get()
            .is_some_and(|end| Instant::now() < end);
        if !is_resting {
            self.resting_until.set(None);
        }
        is_resting
    }

    pub(super) fn count_broadcast(&self) {
        self.broadcasts.set(self.broadcasts.get() + 1);
    }

    /// Whether a window has been long enough by now.
    fn is_due(&self, now: u64) -> bool {
        Duration::from_millis(now.saturating_sub(self.began.get())) >= policy::WINDOW
    }

    /// What was seen since the last call; nothing if there was none.
    fn window(&self, now: u64, ran: Duration, threads_ran: Duration) -> Option<Window> {
        let began = self.began.replace(now);
        let window = Window {
            wall: Duration::from_millis(now.saturating_sub(began)),
            ran: ran.saturating_sub(self.ran.replace(ran)),
            ours: self.timed.take() * TIMED + self.counted.take(),
            spared: threads_ran.saturating_sub(self.threads_ran.replace(threads_ran)),
        };
        (began != 0).then_some(window)
    }

    /// Says yes once in so many times.
    pub(super) fn draw(&self, once_in: u32) -> bool {
        let draws = self
            .draws
            .get()
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        self.draws.set(draws);
        (draws >> 16).is_multiple_of(once_in)
    }
}

/// At the end of a turn: moves connections if it is time for that.
pub(super) fn consider(environment: &Rc<Environment>, call: Call) {
    let mover = &environment.mover;
    if mover.threads.get() == 0 || environment.is_closing() {
        return;
    }
    let Some(event_loop) = environment.event_loop else {
        return;
    };
    if !environment.is_between_turns(call) {
        return;
    }
    let leaving = mover.leaving.take();
    for link in &leaving {
        move_out(environment, link, Untold::Move);
    }
    if !leaving.is_empty() {
        threads::flush_commands(environment);
    }
    if mover.is_restless.get() {
        if mover.draw(8) {
            move_busiest(environment, usize::MAX, None);
        }
        return;
    }
    let now = event_loop.now();
    if !mover.is_due(now) {
        return;
    }
    let ran = clock::of_this_thread();
    let Some(window) = mover.window(now, ran, threads::time(environment)) else {
        return;
    };
    let advice = mover.policy.borrow_mut().advise(window);
    match advice {
        Advice::Stay => {}
        Advice::MoveOut => move_busiest(environment, MOVES_PER_TURN, Some(window)),
        Advice::ComeBack => call_back(environment),
    }
}

/// Before a flush, and again behind it for those whose senders wait to be told of it: what is sent
/// to many at once is written by threads.
pub(super) fn around_flush(environment: &Rc<Environment>, links: &[Rc<Link>], call: Call) {
    let mover = &environment.mover;
    if mover.threads.get() == 0 || environment.is_closing() || !environment.is_between_turns(call) {
        return;
    }
    if mover.is_restless.get() {
        for link in links.iter().filter(|_| mover.draw(2)) {
            if !move_out(environment, link, Untold::Stay) {
                ask_back(environment, link);
            }
        }
        return;
    }
    if links.len() + mover.broadcasts.take() >= policy::BURST {
        mover.policy.borrow_mut().burst();
        for link in links {
            move_out(environment, link, Untold::Stay);
        }
    }
}

/// After a thread has told something about a connection.
pub(super) fn after_delivery(environment: &Rc<Environment>, link: &Rc<Link>) {
    if environment.mover.is_restless.get() && environment.mover.draw(3) {
        ask_back(environment, link);
    }
}

/// Moves the busiest connections of the loop to threads; for tests, without a reason.
fn move_busiest(environment: &Rc<Environment>, most: usize, reason: Option<Window>) {
    let mut busy: Vec<(u32, Rc<Link>)> = Vec::new();
    for link in environment.links.borrow().all() {
        let turns = match &mut *link.io.borrow_mut() {
            Io::EventLoop(io) => std::mem::take(&mut io.turns),
            _ => 0,
        };
        if turns > 0 {
            busy.push((turns, link));
        }
    }
    busy.sort_unstable_by_key(|(turns, _)| std::cmp::Reverse(*turns));
    let leaving = reason.map_or(busy.len(), |window| policy::leaving(busy.len(), window));
    let leaving = leaving.min(most);
    for (_, link) in &busy[..leaving] {
        move_out(environment, link, Untold::Stay);
    }
    threads::flush_commands(environment);
}

/// Asks the threads for the connections that are on them.
fn call_back(environment: &Rc<Environment>) {
    if environment.threads.borrow().is_none() {
        return;
    }
    let links = environment.links.borrow().all();
    let asked = links.iter().filter(|link| ask_back(environment, link));
    let _ = asked.take(MOVES_PER_TURN).count();
    threads::flush_commands(environment);
}

/// What is done with senders who wait to be told that their frames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untold {
    /// They keep their connection where it is: the loop tells them as soon as it has written.
    Stay,
    /// The thread tells them.
    Move,
}

/// Moves a connection to a thread, if it is on the loop and simply open. Returns whether it did.
pub(super) fn move_out(environment: &Rc<Environment>, link: &Rc<Link>, untold: Untold) -> bool {
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
    let unheard = io.is_unheard();
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
    let names = crate::driver::socket::names(&socket);
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
        unheard,
    };
    open_on_thread(environment, link, &io, parts, reading);
    threads::set_referenced(environment, &mut io, referenced);
    *slot = Io::Thread(Box::new(io));
    true
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
        unheard,
    } = parts;
    let new = NewConnection {
        key: link.id,
        socket,
        connection,
        accounted,
        reading,
        unheard,
        budget: Arc::clone(&io.budget),
        // SAFETY: the page of counters lives as long as the environment, which joins its threads.
        progress: unsafe { Progress::new(link.counters.progress_cells()) },
    };
    let open = CommandKind::Open(Box::new(new));
    threads::command_thread(environment, io.thread, link.id, open);
}

/// Asks for a connection, if its thread may have nothing to say against it.
fn ask_back(environment: &Environment, link: &Link) -> bool {
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
pub(super) fn settle(
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
        let poll = event_loop
            .and_then(|it| super::open::watch(environment, it, link.id, &returned.socket).ok());
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
    threads::set_referenced(environment, io, false);
    link.counters.clear_correction();
    link.counters.set_accepted(connection.outbound.accepted());
    link.counters.set_released(connection.outbound.flushed());
    link.counters.set_blocked(false);
    poll.set_referenced(referenced);
    let bytes_read = io.budget.received();
    let io = EventLoopIo {
        started: true,
        bytes_read,
        followed_request: if returned.unheard { bytes_read } else { 0 },
        referenced,
        ..EventLoopIo::new(connection, poll, returned.socket)
    };
    io.update_interest();
    *slot = Io::EventLoop(Box::new(io));
    environment.mark_dirty(link);
    (!is_sound).then(|| Delivery::of(link.id, Item::Broken))
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

/// At the end of the environment: writes what was sent while a connection was on its way back.
pub(super) fn write_last(environment: &Environment, mut delivery: Delivery) {
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
        let _ = crate::driver::socket::flush(&socket, &mut connection.outbound);
    }
}
