//! Connections that move between the event loop and I/O threads.
//!
//! Which of them, and when, is found out here: what the loop spends on them is measured, and
//! [`Policy`] says what follows from it; a broadcast, or work that has held the loop up, is a reason by
//! itself. How a connection gets from the one to the other is in [`transfer`].

mod transfer;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::delivery::Call;
use super::environment::Environment;
use super::links::{Io, Link};
use super::threads;
use crate::driver::policy::{self, Advice, Policy, Window};
use crate::driver::{IoThreads, clock};
use transfer::ask_back;

pub(super) use transfer::{Untold, move_out, settle, write_last};

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
