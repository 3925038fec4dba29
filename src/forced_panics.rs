//! Panics and stalls on purpose, to test what follows one.
//!
//! Without the feature `forced-panics`, which no release has, [`panic_if_forced`] and
//! [`stall_if_forced`] are nothing. With it, a test names a [`Place`], and whoever passes there next
//! panics, once; or a time, and the I/O thread that goes round next does nothing for so long.

/// Where a panic can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "forced-panics", feature = "addon", unix)),
    allow(dead_code)
)]
pub(crate) enum Place {
    /// Some of the input has been decoded.
    Decode,
    /// The header of a frame has been written to its buffer, and the payload has not.
    Encode,
    /// Something waits to be written.
    Flush,
    /// A connection is about to leave the event loop.
    MoveOut,
    /// A connection is back from its thread.
    ComeBack,
    /// A thread is about to take a connection in.
    OpenOnThread,
    /// The task of a connection on a thread goes round.
    ThreadTask,
    /// A thread goes round, on behalf of nobody.
    ThreadTurn,
    /// The event loop is woken for what threads have said.
    Collect,
    /// A request is looked at.
    Greet,
    /// A request has been taken off its socket.
    Admit,
    /// A socket is being taken over.
    Open,
    /// JavaScript has called, and it is not known for which connection.
    Counters,
    /// A connection is closed, and what it had not read for being paused is about to be.
    LastRead,
    /// The socket is closed, and its last event is about to be delivered.
    Closed,
    /// The environment ends.
    CleanUp,
}

#[cfg(not(feature = "forced-panics"))]
#[inline(always)]
pub(crate) fn panic_if_forced(_place: Place) {}

#[cfg(not(feature = "forced-panics"))]
#[inline(always)]
#[cfg_attr(not(unix), allow(dead_code))]
pub(crate) fn stall_if_forced() {}

#[cfg(feature = "forced-panics")]
pub(crate) use forced::{Stall, force, force_stall, panic_if_forced, stall_if_forced};

#[cfg(feature = "forced-panics")]
mod forced {
    use std::sync::Mutex;
    use std::sync::PoisonError;
    use std::time::Duration;

    use super::Place;

    static FORCED: Mutex<Option<Place>> = Mutex::new(None);

    /// How far a stall has come.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Stall {
        None,
        ToCome(Duration),
        GoingOn,
    }

    static STALL: Mutex<Stall> = Mutex::new(Stall::None);

    const PLACES: [Place; 16] = [
        Place::Decode,
        Place::Encode,
        Place::Flush,
        Place::MoveOut,
        Place::ComeBack,
        Place::OpenOnThread,
        Place::ThreadTask,
        Place::ThreadTurn,
        Place::Collect,
        Place::Greet,
        Place::Admit,
        Place::Open,
        Place::Counters,
        Place::LastRead,
        Place::Closed,
        Place::CleanUp,
    ];

    /// Has whoever passes the place of that name next panic, if there is one. Returns whether the
    /// panic that was asked for before is still to come.
    #[cfg_attr(not(feature = "addon"), allow(dead_code))]
    pub(crate) fn force(name: &str) -> bool {
        let place = PLACES.iter().find(|place| format!("{place:?}") == name);
        let mut forced = FORCED.lock().unwrap_or_else(PoisonError::into_inner);
        let is_pending = forced.is_some();
        *forced = place.copied().or(*forced);
        is_pending
    }

    pub(crate) fn panic_if_forced(place: Place) {
        let mut forced = FORCED.lock().unwrap_or_else(PoisonError::into_inner);
        if *forced == Some(place) {
            *forced = None;
            drop(forced);
            panic!("forced, at {place:?}");
        }
    }

    /// Has the thread that goes round next stall, if the time is not nothing. Returns how far the
    /// stall has come that was asked for before.
    #[cfg_attr(not(feature = "addon"), allow(dead_code))]
    pub(crate) fn force_stall(time: Duration) -> Stall {
        let mut stall = STALL.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *stall;
        if !time.is_zero() {
            *stall = Stall::ToCome(time);
        }
        before
    }

    #[cfg_attr(not(unix), allow(dead_code))]
    pub(crate) fn stall_if_forced() {
        if let Some(time) = take_stall() {
            std::thread::sleep(time);
            *STALL.lock().unwrap_or_else(PoisonError::into_inner) = Stall::None;
        }
    }

    fn take_stall() -> Option<Duration> {
        let mut stall = STALL.lock().unwrap_or_else(PoisonError::into_inner);
        match *stall {
            Stall::ToCome(time) => {
                *stall = Stall::GoingOn;
                Some(time)
            }
            Stall::None | Stall::GoingOn => None,
        }
    }
}
