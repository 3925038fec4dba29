//! What follows a panic.
//!
//! No panic leaves the addon: whatever Node, libuv or a thread calls is caught at its entry. Where
//! the entry knows for which connection it was called, or has many to serve, it calls [`guarded`]
//! for each, and a panic ends that connection: its program gets an `error` with the code
//! `HAWSER_ERR_INTERNAL`, its peer a close frame with 1011. The others go on.
//!
//! What a panic leaves behind is sound: borrows are given back as the stack unwinds, half a frame is
//! taken back by the encoder, and what cannot be trusted any more (the decoder, compression) is put
//! out of use by [`Connection::mend`](crate::connection::Connection::mend). A connection that breaks
//! a second time is closed without a word to its peer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::control;
use super::delivery::{Batch, Call, Kind};
use super::environment::Environment;
use super::links::{Io, Link};

/// The code of the error, and its message.
pub(super) const CODE: &str = "HAWSER_ERR_INTERNAL";
pub(super) const MESSAGE: &str = "hawser: an internal error occurred";

/// What the peer is told (RFC 6455 section 7.4.1: an unexpected condition).
pub(super) const CLOSE_CODE: u16 = 1011;

/// Does something for a connection. A panic fails that connection, and nobody else.
pub(super) fn guarded<R>(
    environment: &Environment,
    link: &Rc<Link>,
    call: Call,
    work: impl FnOnce() -> R,
) -> Option<R> {
    let result = caught(work);
    if result.is_none() {
        fail(environment, link, call);
    }
    result
}

/// Does something on behalf of no connection, or of one that is gone. A panic stays here.
pub(super) fn caught<R>(work: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Fails a connection in whose service there was a panic.
pub(super) fn fail(environment: &Environment, link: &Rc<Link>, call: Call) {
    let is_first = !link.is_broken.replace(true);
    if is_first
        && !link.closed.get()
        && caught(|| mend(environment, link)) == Some(true)
        && caught(|| tell(environment, link, call)).is_some()
    {
        return;
    }
    caught(|| end(environment, link, call));
}

/// Puts what cannot be trusted any more out of use. Returns whether there is a connection left.
fn mend(environment: &Environment, link: &Link) -> bool {
    link.in_hand.set(false);
    if let Some(incoming) = link.incoming.take() {
        incoming.discard(environment.env);
    }
    environment.broadcast.borrow_mut().clear();
    match &mut *link.io.borrow_mut() {
        Io::Stream(connection) => connection.mend(),
        #[cfg(unix)]
        Io::EventLoop(io) => io.connection.mend(),
        // The thread has its own half, which is sound; what it still says is not listened to.
        #[cfg(unix)]
        Io::Thread(io) => {
            if let Some(decoder) = &mut io.decoder {
                decoder.end();
            }
        }
        Io::Closing(_) | Io::Closed => return false,
    }
    true
}

/// `lib/` closes the connection as if its peer had broken the protocol, but with another code.
fn tell(environment: &Environment, link: &Link, call: Call) {
    if let Some(mut batch) = Batch::begin(environment, None) {
        batch.internal_error();
        batch.dispatch(link, call);
    }
}

/// Closes what is left of a connection, at once, and forgets it.
fn end(environment: &Environment, link: &Rc<Link>, call: Call) {
    let known = environment.link(link.id as f64);
    if !known.is_some_and(|known| Rc::ptr_eq(&known, link)) {
        return;
    }
    link.closed.set(true);
    #[cfg(unix)]
    if let Io::Thread(io) = &mut *link.io.borrow_mut() {
        // The last event follows.
        super::threads::close(environment, link, io);
        return;
    }
    let is_stream = matches!(link.io.replace(Io::Closed), Io::Stream(_));
    if !is_stream && let Some(mut batch) = Batch::begin(environment, None) {
        batch.note(Kind::Closed, 0);
        batch.dispatch(link, call);
    }
    control::forget(environment, link);
}
