//! Large messages that are to be compressed, or inflated.
//!
//! That takes many times as long as moving their bytes does, and would hold up all that the loop has to
//! do. So where connections may move, a large message takes its connection to an I/O thread, before
//! anything is done for it: it is compressed or inflated there, as are those that come behind it, so
//! that all keep their order. If it turns out to be large only when it has been inflated, its
//! connection goes there for the next time. They come back as all others do.
//!
//! A message may be sent while what has been read of its connection is still being delivered. The
//! decoder then stays until that is done, and the socket is not read meanwhile.

use std::rc::Rc;
use std::time::Instant;

use super::environment::Environment;
use super::links::{Io, Link};
use super::migration::{self, Mover};
use super::threads;
use crate::driver::policy;
use crate::protocol::{Decoder, MessageOptions};

/// Below this, only some of what is compressed or inflated is timed.
const TIMED_FROM: usize = 1024;

/// What a connection of the loop leaves to others, by what it may do.
pub(super) fn prepare(mover: &Mover, decoder: &mut Decoder) {
    decoder.offer_large_messages(true);
    decoder.put_off_inflating(match (mover.may_move(), mover.is_restless()) {
        (false, _) => None,
        (true, false) => Some(policy::LARGE_TO_INFLATE),
        (true, true) => Some(1),
    });
}

/// The same on a thread: nothing.
pub(super) fn undo(decoder: &mut Decoder) {
    decoder.offer_large_messages(false);
    decoder.put_off_inflating(None);
}

/// Before a message of so many bytes is sent: moves its connection, if it is to be compressed and large.
pub(super) fn before_sending(
    environment: &Rc<Environment>,
    link: &Rc<Link>,
    length: usize,
    options: MessageOptions,
) {
    let mover = &environment.mover;
    if !is_large(mover, length >= policy::LARGE_TO_DEFLATE) {
        return;
    }
    let compresses = match &*link.io.borrow() {
        Io::EventLoop(io) => io.connection.encoder.will_compress(length, options),
        _ => false,
    };
    if compresses {
        take_off(environment, link);
    }
}

/// Has a thread inflate a message that the decoder has put off, and whatever follows; `rest` has not
/// been decoded. If that cannot be, it is inflated here.
pub(super) fn hand_over(environment: &Rc<Environment>, link: &Rc<Link>, rest: &[u8]) -> bool {
    if is_large(&environment.mover, true) {
        take_off(environment, link);
    }
    threads::go_on(environment, link, rest)
}

fn is_large(mover: &Mover, by_length: bool) -> bool {
    mover.may_move()
        && if mover.is_restless() {
            mover.draw(2)
        } else {
            by_length
        }
}

fn take_off(environment: &Rc<Environment>, link: &Rc<Link>) {
    if !environment.is_closing() && environment.exit_deadline().is_none() {
        migration::move_out(environment, link, migration::Untold::Move);
    }
}

/// Decodes what has been read of a connection, so many bytes, and looks at what came of that if they
/// may have to be inflated.
pub(super) fn watch_decoding<R>(
    environment: &Environment,
    link: &Rc<Link>,
    bytes: usize,
    work: impl FnOnce() -> R,
) -> R {
    let inflates =
        matches!(&*link.io.borrow(), Io::EventLoop(io) if io.connection.decoder.can_inflate());
    if !inflates {
        return work();
    }
    let result = time(&environment.mover, bytes, work);
    if let Io::EventLoop(io) = &mut *link.io.borrow_mut() {
        let inflated = io.connection.decoder.take_inflated();
        if is_large(&environment.mover, inflated >= policy::LARGE_INFLATED) {
            environment.mover.leave(link);
        }
    }
    result
}

/// Does `work`, which compresses or inflates so many bytes, and counts what that takes as ours.
pub(super) fn time<R>(mover: &Mover, bytes: usize, work: impl FnOnce() -> R) -> R {
    if bytes < TIMED_FROM || !mover.may_move() {
        return mover.time(work);
    }
    let began = Instant::now();
    let result = work();
    mover.count(began.elapsed());
    result
}
