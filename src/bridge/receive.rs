//! What arrives: from sockets on the event loop, from I/O threads, from Node's streams.

use std::rc::Rc;

use napi::sys;

use super::delivery::{Batch, Call};
use super::environment::Environment;
use super::links::{Io, Link};
use super::raw::{self, Outcome};
use crate::protocol::{Decoder, Input, ProtocolError};

/// `receive(id, chunk)`: decodes bytes that JavaScript read. They are unmasked where they lie, and
/// messages are views of them.
pub(super) fn receive(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let env = environment.env;
    let id = raw::number(env, args[0])?;
    let chunk = raw::byte_array(env, args[1])?;
    if let Some(link) = environment.link(id) {
        // SAFETY: `deliver` uses the bytes only until it first calls JavaScript, and copies the
        // rest of them before that.
        let bytes = unsafe { chunk.as_mut_slice() };
        deliver(environment, &link, bytes, Some(chunk), Call::Nested);
    }
    Ok(raw::undefined(env))
}

/// Decodes `bytes` and hands their events to JavaScript.
///
/// With `chunk`, `bytes` are memory of JavaScript's: what is left of them when the first batch is
/// full is copied before the batch is dispatched.
pub(super) fn deliver(
    environment: &Environment,
    link: &Link,
    bytes: &mut [u8],
    chunk: Option<raw::Bytes>,
    call: Call,
) {
    let begun = with_decoder(link, |decoder| decoder.begin(bytes));
    let input = match begun {
        None => return,
        Some(Ok(input)) => input,
        Some(Err(error)) => return violate(environment, link, error, call),
    };
    if chunk.is_none() {
        return deliver_rest(environment, link, input, call);
    }
    let mut input = input;
    let Some(mut batch) = Batch::begin(environment, chunk) else {
        return;
    };
    if fill(link, &mut batch, &mut input) == Filled::AndMore {
        let mut rest = input.rest().to_vec();
        batch.dispatch(link, call);
        if let Some(input) = with_decoder(link, |decoder| decoder.go_on(&mut rest)) {
            deliver_rest(environment, link, input, call);
        }
    } else {
        batch.dispatch(link, call);
    }
}

/// Hands over the events of `input`, which is memory of ours.
pub(super) fn deliver_rest(
    environment: &Environment,
    link: &Link,
    mut input: Input<'_>,
    call: Call,
) {
    loop {
        let Some(mut batch) = Batch::begin(environment, None) else {
            return;
        };
        let filled = fill(link, &mut batch, &mut input);
        let stuck = batch.is_empty();
        batch.dispatch(link, call);
        if filled == Filled::Completely || stuck {
            return;
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Filled {
    /// The input is used up, or the decoder has ended.
    Completely,
    AndMore,
}

fn fill(link: &Link, batch: &mut Batch<'_>, input: &mut Input<'_>) -> Filled {
    let filled = with_decoder(link, |decoder| {
        while batch.has_room() {
            match decoder.next(input) {
                Ok(Some(event)) => batch.push(event),
                Ok(None) => return Filled::Completely,
                Err(error) => {
                    batch.violation(error);
                    return Filled::Completely;
                }
            }
        }
        Filled::AndMore
    });
    filled.unwrap_or(Filled::Completely)
}

fn violate(environment: &Environment, link: &Link, error: ProtocolError, call: Call) {
    if let Some(mut batch) = Batch::begin(environment, None) {
        batch.violation(error);
        batch.dispatch(link, call);
    }
}

/// Does something with the decoder, if the connection has one on this thread.
fn with_decoder<R>(link: &Link, work: impl FnOnce(&mut Decoder) -> R) -> Option<R> {
    match &mut *link.io.borrow_mut() {
        Io::Stream(connection) | Io::Closing(connection) => Some(work(&mut connection.decoder)),
        #[cfg(unix)]
        Io::EventLoop(io) => Some(work(&mut io.connection.decoder)),
        #[cfg(unix)]
        Io::Thread(io) => io.decoder.as_deref_mut().map(work),
        Io::Closed => None,
    }
}

#[cfg(unix)]
pub(super) use sockets::{ready, start};

#[cfg(unix)]
mod sockets {
    use super::*;
    use crate::bridge::delivery::{Kind, tell};
    use crate::bridge::links::EventLoopIo;
    use crate::driver::event_loop::Interest;
    use crate::driver::socket::{self, Received};
    use crate::protocol::MAX_HEADER_LENGTH;

    /// A message of 64 KiB fits, with its header.
    const READ_BUFFER: usize = 64 * 1024 + MAX_HEADER_LENGTH;
    /// Bound on one connection's turn, so that others get theirs.
    const READS_PER_TURN: usize = 4;

    /// The loop says what a socket is ready for.
    pub(crate) fn ready(environment: &Rc<Environment>, link: &Rc<Link>, ready: Interest) {
        environment.run(Some(link), |environment| {
            if ready.write {
                crate::bridge::flush::flush_link(environment, link, Call::Callback);
            }
            if ready.end {
                seek_end(environment, link);
            }
            if ready.read {
                read_turn(environment, link);
            }
            if let Io::EventLoop(io) = &*link.io.borrow() {
                io.update_interest();
            }
        });
    }

    /// While paused: tells of the peer's end if nothing lies before it.
    fn seek_end(environment: &Rc<Environment>, link: &Rc<Link>) {
        let received = match &mut *link.io.borrow_mut() {
            Io::EventLoop(io) if io.seeks_end() => {
                let received = socket::peek(&io.socket);
                let is_end = matches!(received, Received::End);
                let has_unread =
                    matches!(received, Received::Bytes(_)) || (is_end && !io.head.is_empty());
                io.end_sought = has_unread;
                if !has_unread {
                    received
                } else if let Some(error) = socket::failure(&io.socket) {
                    // What is unread is heard when the socket is closed.
                    Received::Failed(error)
                } else {
                    return;
                }
            }
            _ => return,
        };
        end_reading(environment, link, received);
    }

    /// Bytes that were read before the takeover, then the socket. While the connection is paused
    /// they are kept.
    pub(crate) fn start(environment: &Rc<Environment>, link: &Rc<Link>, head: &[u8]) {
        let mut tapped = None;
        let mut head = match &mut *link.io.borrow_mut() {
            Io::EventLoop(io) => {
                io.started = true;
                io.bytes_read += head.len() as u64;
                io.head.extend_from_slice(head);
                if io.paused {
                    Vec::new()
                } else {
                    tapped = io.tapped.then(|| io.head.clone());
                    std::mem::take(&mut io.head)
                }
            }
            // The program has closed the connection already, but what came before is heard.
            Io::Closing(_) => head.to_vec(),
            _ => return,
        };
        if !head.is_empty() {
            deliver(environment, link, &mut head, None, Call::Nested);
        }
        if let Some(bytes) = tapped {
            hand_over(environment, link, bytes, Call::Nested);
        }
        if let Io::EventLoop(io) = &*link.io.borrow() {
            io.update_interest();
        }
    }

    enum Step {
        /// So many, and a copy of them if JavaScript wants one: decoding changes them.
        Bytes(usize, Option<Vec<u8>>),
        Direct(usize),
        Violation(ProtocolError),
        Other(Received),
        Nothing,
    }

    /// Reads what has arrived, a few times at most.
    fn read_turn(environment: &Rc<Environment>, link: &Rc<Link>) {
        let taken = environment.read_buffer.borrow_mut().take();
        let mut buffer = taken.unwrap_or_else(|| vec![0; READ_BUFFER].into_boxed_slice());
        for _ in 0..READS_PER_TURN {
            let (step, wanted) = match &mut *link.io.borrow_mut() {
                Io::EventLoop(io) if io.may_read() => read_once(io, &mut buffer),
                _ => (Step::Nothing, 0),
            };
            let length = match step {
                Step::Bytes(length, tapped) => {
                    let bytes = &mut buffer[..length];
                    deliver(environment, link, bytes, None, Call::Callback);
                    if let Some(bytes) = tapped {
                        hand_over(environment, link, bytes, Call::Callback);
                    }
                    length
                }
                Step::Direct(length) => {
                    deliver_rest(environment, link, Input::empty(), Call::Callback);
                    length
                }
                Step::Violation(error) => {
                    violate(environment, link, error, Call::Callback);
                    break;
                }
                Step::Other(received) => {
                    end_reading(environment, link, received);
                    break;
                }
                Step::Nothing => break,
            };
            // Answers leave before more is read: a peer that waits for them gets them, and what
            // counts as unanswered (pings) does not pile up.
            crate::bridge::flush::flush_dirty(environment);
            // A short read has emptied the socket: asking again would only tell that.
            if length < wanted {
                break;
            }
        }
        *environment.read_buffer.borrow_mut() = Some(buffer);
    }

    /// One read; returns also how much was asked for.
    fn read_once(io: &mut EventLoopIo, buffer: &mut [u8]) -> (Step, usize) {
        let direct = io.connection.decoder.direct_buffer();
        let (received, wanted, is_direct) = match direct.filter(|_| !io.tapped) {
            Some((vec, most)) => (socket::receive_into(&io.socket, vec, most), most, true),
            None => (socket::receive(&io.socket, buffer), buffer.len(), false),
        };
        let Received::Bytes(length) = received else {
            return (Step::Other(received), wanted);
        };
        io.bytes_read += length as u64;
        if !is_direct {
            let tapped = io.tapped.then(|| buffer[..length].to_vec());
            return (Step::Bytes(length, tapped), wanted);
        }
        match io.connection.decoder.commit_direct(length) {
            Ok(()) => (Step::Direct(length), wanted),
            Err(error) => (Step::Violation(error), wanted),
        }
    }

    /// Gives JavaScript the bytes of a read as they were.
    fn hand_over(environment: &Environment, link: &Link, bytes: Vec<u8>, call: Call) {
        if bytes.is_empty() {
            return;
        }
        if let Some(mut batch) = Batch::begin(environment, None) {
            batch.owned(Kind::Raw, bytes);
            batch.dispatch(link, call);
        }
    }

    fn end_reading(environment: &Rc<Environment>, link: &Rc<Link>, received: Received) {
        let (kind, detail) = match received {
            Received::End => (Kind::End, 0),
            Received::Failed(error) => (Kind::ReadFailed, error.raw_os_error().unwrap_or(0)),
            Received::Bytes(_) | Received::WouldBlock => return,
        };
        if let Io::EventLoop(io) = &mut *link.io.borrow_mut() {
            io.read_ended = true;
            io.update_interest();
        }
        tell(environment, link, Call::Callback, kind, detail);
    }
}
