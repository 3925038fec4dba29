//! When `ioThreads: 'auto'` moves connections, as a pure function of what has been measured.
//!
//! On the loop a message has the lowest latency and costs least in all, so that is where connections
//! begin. They go to I/O threads when the JavaScript thread has no time left and spends much of it on
//! our system calls and our compression, when so many sockets are to be written at once that the loop
//! would be held up, or when one message is so large that compressing or inflating it would. They come back when everything together would leave the JavaScript thread idle time again, and not
//! before that has lasted: between the two bounds nothing moves.

use std::time::Duration;

/// What was seen of a stretch of time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window {
    pub wall: Duration,
    /// For how much of it the JavaScript thread ran.
    pub ran: Duration,
    /// For how much of it that thread did what an I/O thread could: system calls and compression.
    pub ours: Duration,
    /// For how long I/O threads ran, whose work the loop would have to do.
    pub spared: Duration,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    Stay,
    /// The busiest connections are to leave the loop.
    MoveOut,
    /// Those on I/O threads are to come back.
    ComeBack,
}

/// What is remembered from one window to the next.
#[derive(Debug)]
pub struct Policy {
    /// For how long the loop has had no time left.
    busy: Duration,
    /// For how long it would have had enough, with everything.
    calm: Duration,
    /// For how long no flush has been a burst.
    since_burst: Duration,
}

/// Windows are not shorter than this.
pub const WINDOW: Duration = Duration::from_millis(50);

/// From so many sockets on, a flush is a burst: an I/O thread writes them.
pub const BURST: usize = 64;

/// From so many bytes on, a message that is to be compressed is large. Handing one over and back takes
/// some 45 microseconds: a sixth of what an echo of 16 KiB of JSON takes, and a twentieth of that of
/// 64 KiB, for which the loop would be held up for most of a millisecond.
pub const LARGE_TO_DEFLATE: usize = 64 * 1024;

/// The same of messages that are to be inflated, by their compressed length, if that tells;
pub const LARGE_TO_INFLATE: u64 = 32 * 1024;

/// by what came of one read, if it does not. That is seen afterwards: next time it is done elsewhere.
pub const LARGE_INFLATED: usize = 256 * 1024;

/// The JavaScript thread has no time left if it ran for more than this share of the time.
const BUSY: f64 = 0.8;
/// It waits for nobody if it ran for more than this share.
const SATURATED: f64 = 0.95;
/// Once I/O threads are at work anyway, it is relieved until it runs for no more than this.
const RELIEVED: f64 = 0.5;
/// They are at work with more than this share of the time.
const AT_WORK: f64 = 0.1;
/// Moving helps if what I/O threads could do had more than this share.
const OURS: f64 = 0.25;
/// It would have time enough with less than this share taken.
const CALM: f64 = 0.7;

/// One busy window may be chance.
const BUSY_FOR: Duration = Duration::from_millis(100);
/// Moving costs as much as some messages.
const CALM_FOR: Duration = Duration::from_millis(1000);
/// Who has been sent to with many others will be again.
const NO_BURST_FOR: Duration = Duration::from_secs(10);

impl Default for Policy {
    fn default() -> Self {
        Self {
            busy: Duration::ZERO,
            calm: Duration::ZERO,
            since_burst: NO_BURST_FOR,
        }
    }
}

impl Policy {
    /// A flush was a burst.
    pub fn burst(&mut self) {
        self.since_burst = Duration::ZERO;
    }

    /// What to do after this window.
    pub fn advise(&mut self, window: Window) -> Advice {
        let share = |part: Duration| part.as_secs_f64() / window.wall.as_secs_f64().max(1e-9);
        let bound = if share(window.spared) > AT_WORK {
            RELIEVED
        } else {
            BUSY
        };
        let is_busy = share(window.ran) > bound && share(window.ours) > OURS;
        let is_calm = share(window.ran + window.spared) < CALM;
        count(&mut self.busy, is_busy, window.wall);
        count(&mut self.calm, is_calm, window.wall);
        self.since_burst += window.wall;
        if self.busy >= BUSY_FOR {
            // What comes of it is to be seen first.
            self.busy = Duration::ZERO;
            Advice::MoveOut
        } else if self.calm >= CALM_FOR && self.since_burst >= NO_BURST_FOR {
            self.calm = Duration::ZERO;
            Advice::ComeBack
        } else {
            Advice::Stay
        }
    }
}

fn count(lasted: &mut Duration, goes_on: bool, wall: Duration) {
    *lasted = if goes_on {
        *lasted + wall
    } else {
        Duration::ZERO
    };
}

/// How many of so many busy connections leave the loop at once: half of them, so that it keeps
/// those that it has time for. One that is alone does if the loop never waits for it: else it would
/// only wait for us, too.
pub fn leaving(busy: usize, window: Window) -> usize {
    match busy {
        1 if window.ran.as_secs_f64() < SATURATED * window.wall.as_secs_f64() => 0,
        0..=4 => busy,
        _ => busy.div_ceil(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a tenth of a second: the shares of running, of doing what is ours and of what was spared.
    fn window(ran: u64, ours: u64, spared: u64) -> Window {
        Window {
            wall: Duration::from_millis(100),
            ran: Duration::from_millis(ran),
            ours: Duration::from_millis(ours),
            spared: Duration::from_millis(spared),
        }
    }

    #[test]
    fn a_loop_without_time_gives_connections_away() {
        let mut policy = Policy::default();
        assert_eq!(policy.advise(window(60, 40, 0)), Advice::Stay);
        assert_eq!(policy.advise(window(95, 60, 0)), Advice::MoveOut);
    }

    #[test]
    fn a_loop_that_is_busy_with_the_program_keeps_them() {
        let mut policy = Policy::default();
        for _ in 0..100 {
            assert_eq!(policy.advise(window(99, 20, 0)), Advice::Stay);
        }
    }

    #[test]
    fn half_of_many_leave_and_one_that_is_alone_only_if_there_is_no_time_at_all() {
        assert_eq!(leaving(9, window(90, 50, 0)), 5);
        assert_eq!(leaving(4, window(90, 50, 0)), 4);
        assert_eq!(leaving(1, window(90, 80, 0)), 0);
        assert_eq!(leaving(1, window(99, 80, 0)), 1);
    }

    #[test]
    fn one_short_busy_window_is_not_enough() {
        let mut policy = Policy::default();
        let short = Window {
            wall: WINDOW,
            ran: WINDOW,
            ours: WINDOW / 2,
            spared: Duration::ZERO,
        };
        assert_eq!(policy.advise(short), Advice::Stay);
        assert_eq!(policy.advise(window(10, 5, 0)), Advice::Stay);
        assert_eq!(policy.advise(short), Advice::Stay);
        assert_eq!(policy.advise(short), Advice::MoveOut);
    }

    #[test]
    fn with_threads_at_work_the_loop_is_relieved_further() {
        let mut policy = Policy::default();
        assert_eq!(policy.advise(window(60, 40, 0)), Advice::Stay);
        assert_eq!(policy.advise(window(60, 40, 40)), Advice::MoveOut);
        assert_eq!(policy.advise(window(45, 30, 60)), Advice::Stay);
    }

    #[test]
    fn they_come_back_after_a_calm_second() {
        let mut policy = Policy::default();
        for _ in 0..9 {
            assert_eq!(policy.advise(window(20, 0, 10)), Advice::Stay);
        }
        assert_eq!(policy.advise(window(20, 0, 10)), Advice::ComeBack);
    }

    #[test]
    fn what_the_threads_do_counts_as_if_the_loop_did_it() {
        let mut policy = Policy::default();
        for _ in 0..100 {
            assert_eq!(policy.advise(window(20, 0, 60)), Advice::Stay);
        }
    }

    #[test]
    fn silence_is_calm() {
        let mut policy = Policy::default();
        let silence = Window {
            wall: Duration::from_secs(3),
            ..Window::default()
        };
        assert_eq!(policy.advise(silence), Advice::ComeBack);
    }

    #[test]
    fn those_of_a_burst_stay_for_a_while() {
        let mut policy = Policy::default();
        policy.burst();
        for _ in 0..99 {
            assert_eq!(policy.advise(window(5, 0, 5)), Advice::Stay);
        }
        assert_eq!(policy.advise(window(5, 0, 5)), Advice::ComeBack);
    }
}
