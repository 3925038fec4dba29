//! What arrives: from sockets on the event loop, from I/O threads, from Node's streams.

use std::rc::Rc;

use napi::sys;

use super::delivery::{Batch, Call};
use super::environment::Environment;
use super::incoming::Incoming;
use super::links::{Io, Link};
use super::raw::{self, Outcome};
use crate::protocol::{Decoder, Event, Input, Payload, ProtocolError};

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
    environment: &Rc<Environment>,
    link: &Rc<Link>,
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
    environment: &Rc<Environment>,
    link: &Rc<Link>,
    mut input: Input<'_>,
    call: Call,
) {
    loop {
        let Some(mut batch) = Batch::begin(environment, None) else {
            return;
        };
        let filled = fill_watched(environment, link, &mut batch, &mut input);
        let stuck = batch.is_empty();
        batch.dispatch(link, call);
        match filled {
            Filled::Completely => return,
            Filled::AndMore if stuck => return,
            Filled::AndMore => {}
            #[cfg(unix)]
            Filled::PutOff => {
                if super::large_messages::hand_over(environment, link, input.rest()) {
                    return;
                }
                with_decoder(link, Decoder::go_ahead);
            }
        }
    }
}

#[cfg(unix)]
fn fill_watched(
    environment: &Environment,
    link: &Rc<Link>,
    batch: &mut Batch<'_>,
    input: &mut Input<'_>,
) -> Filled {
    let bytes = input.rest().len();
    super::large_messages::watch_decoding(environment, link, bytes, || fill(link, batch, input))
}

#[cfg(not(unix))]
fn fill_watched(
    _environment: &Environment,
    link: &Rc<Link>,
    batch: &mut Batch<'_>,
    input: &mut Input<'_>,
) -> Filled {
    fill(link, batch, input)
}

#[derive(Debug, PartialEq, Eq)]
enum Filled {
    /// The input is used up, or the decoder has ended.
    Completely,
    AndMore,
    /// The next message is large, and left for a thread to inflate.
    #[cfg(unix)]
    PutOff,
}

fn fill(link: &Link, batch: &mut Batch<'_>, input: &mut Input<'_>) -> Filled {
    let filled = with_decoder(link, |decoder| {
        let incoming = &mut *link.incoming.borrow_mut();
        while batch.has_room() {
            match fill_once(decoder, incoming, batch, input) {
                Ok(true) => {}
                #[cfg(unix)]
                Ok(false) if decoder.has_put_off(input) => return Filled::PutOff,
                Ok(false) => return Filled::Completely,
                Err(error) => {
                    if let Some(memory) = incoming.take() {
                        batch.discard(memory);
                    }
                    batch.violation(error);
                    return Filled::Completely;
                }
            }
        }
        Filled::AndMore
    });
    filled.unwrap_or(Filled::Completely)
}

/// Takes one event, or some bytes of a claimed message. Returns whether there may be more.
fn fill_once(
    decoder: &mut Decoder,
    incoming: &mut Option<Incoming>,
    batch: &mut Batch<'_>,
    input: &mut Input<'_>,
) -> Result<bool, ProtocolError> {
    if let Some(memory) = incoming
        && !input.is_empty()
    {
        let taken = decoder.take_claimed(input, memory.rest())?;
        memory.commit(taken);
    }
    match decoder.next(input)? {
        Some(Event::Message {
            kind,
            payload: Payload::Claimed,
        }) => {
            if let Some(complete) = incoming.take() {
                batch.claimed(kind, complete);
            }
            return Ok(true);
        }
        Some(event) => {
            batch.push(event);
            return Ok(true);
        }
        None => {}
    }
    let Some(length) = decoder.claimable(input) else {
        return Ok(false);
    };
    let arrived = length - decoder.missing() + input.rest().len();
    *incoming = batch.memory_for(length, arrived);
    match incoming {
        Some(memory) => memory.append(&decoder.claim()),
        None => decoder.decline(),
    }
    Ok(!input.is_empty())
}

fn violate(environment: &Environment, link: &Link, error: ProtocolError, call: Call) {
    if let Some(memory) = link.incoming.take() {
        memory.discard(environment.env);
    }
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
pub(super) use sockets::{hand_over, ready, start};

#[cfg(unix)]
mod sockets {
    use super::*;
    use crate::bridge::delivery::{Kind, tell};
    use crate::bridge::links::EventLoopIo;
    use crate::bridge::panics;
    use crate::bridge::threads;
    use crate::driver::event_loop::Interest;
    use crate::driver::socket::{self, Received};

    /// What is missing of a message is received where it is to be, if it is so much,
    const DIRECT_FROM: usize = 32 * 1024;
    /// and no more at a time than stays in a cache until it is unmasked.
    const DIRECT_MOST: usize = 256 * 1024;
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
                holding(environment, link, || read_turn(environment, link));
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
    /// they are kept. Returns whether any are.
    pub(crate) fn start(environment: &Rc<Environment>, link: &Rc<Link>, head: Vec<u8>) -> bool {
        let mut tapped = None;
        let mut keeps = false;
        let mut head = match &mut *link.io.borrow_mut() {
            Io::EventLoop(io) => {
                io.started = true;
                io.head.extend_from_slice(&head);
                if io.paused {
                    keeps = !io.head.is_empty();
                    Vec::new()
                } else {
                    tapped = io.tapped.then(|| io.head.clone());
                    std::mem::take(&mut io.head)
                }
            }
            // The program has closed the connection already, but what came before is heard.
            Io::Closing(_) => {
                tapped = link.was_tapped.get().then(|| head.clone());
                head
            }
            _ => return false,
        };
        if !head.is_empty() {
            holding(environment, link, || {
                deliver(environment, link, &mut head, None, Call::Nested);
            });
            threads::flush_commands(environment);
        }
        hand_over(environment, link, tapped, Call::Nested);
        if let Io::EventLoop(io) = &*link.io.borrow() {
            io.update_interest();
        }
        keeps
    }

    /// Does `work`, which delivers what has been read of a connection. If that leaves the loop
    /// meanwhile, it is read by its thread afterwards.
    fn holding(environment: &Rc<Environment>, link: &Rc<Link>, work: impl FnOnce()) {
        let was_in_hand = link.in_hand.replace(true);
        panics::guarded(environment, link, environment.present_call(), work);
        link.in_hand.set(was_in_hand);
        if !was_in_hand {
            threads::go_on(environment, link, &[]);
        }
    }

    enum Step {
        /// So many in the read buffer, and a copy of them if JavaScript wants one: decoding changes
        /// them.
        Bytes(usize, Option<Vec<u8>>),
        /// So many where the message is put together, and in the read buffer.
        Direct(usize, usize),
        Violation(ProtocolError),
        Other(Received),
        Nothing,
    }

    /// Reads what has arrived, a few times at most.
    fn read_turn(environment: &Rc<Environment>, link: &Rc<Link>) {
        let mut buffer = environment.take_read_buffer();
        for _ in 0..READS_PER_TURN {
            let (step, wanted) = match &mut *link.io.borrow_mut() {
                Io::EventLoop(io) if io.may_read() => {
                    let incoming = &mut *link.incoming.borrow_mut();
                    environment
                        .mover
                        .time(|| read_once(io, incoming, &mut buffer))
                }
                _ => (Step::Nothing, 0),
            };
            let length = match step {
                Step::Bytes(length, tapped) => {
                    let bytes = &mut buffer[..length];
                    deliver(environment, link, bytes, None, Call::Callback);
                    hand_over(environment, link, tapped, Call::Callback);
                    length
                }
                Step::Direct(direct, behind) => {
                    deliver_rest(environment, link, Input::none(), Call::Callback);
                    if behind > 0 {
                        let bytes = &mut buffer[..behind];
                        deliver(environment, link, bytes, None, Call::Callback);
                    }
                    direct + behind
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
        environment.give_back_read_buffer(buffer);
    }

    /// One read; returns also how much was asked for.
    fn read_once(
        io: &mut EventLoopIo,
        incoming: &mut Option<Incoming>,
        buffer: &mut [u8],
    ) -> (Step, usize) {
        io.turns = io.turns.wrapping_add(1);
        let decoder = &mut io.connection.decoder;
        if io.tapped {
            return read_to_buffer(io, buffer);
        }
        if let Some(memory) = incoming
            && decoder.claimed_rest() >= Some(DIRECT_FROM)
        {
            return read_claimed(io, memory, buffer);
        }
        let Some((vec, most)) = decoder.direct_buffer() else {
            return read_to_buffer(io, buffer);
        };
        let received = socket::receive_into(&io.socket, vec, most);
        let Received::Bytes(length) = received else {
            return (Step::Other(received), most);
        };
        io.bytes_read += length as u64;
        match decoder.commit_direct(length) {
            Ok(()) => (Step::Direct(length, 0), most),
            Err(error) => (Step::Violation(error), most),
        }
    }

    /// Reads what is missing of a claimed message, and what follows it.
    fn read_claimed(
        io: &mut EventLoopIo,
        memory: &mut Incoming,
        buffer: &mut [u8],
    ) -> (Step, usize) {
        let missing = memory.rest();
        let most = missing.len().min(DIRECT_MOST);
        let behind = if most == missing.len() {
            buffer
        } else {
            &mut []
        };
        let wanted = most + behind.len();
        let received = socket::receive_split(&io.socket, &mut missing[..most], behind);
        let Received::Bytes(length) = received else {
            return (Step::Other(received), wanted);
        };
        io.bytes_read += length as u64;
        let direct = length.min(most);
        let piece = memory.commit(direct);
        match io.connection.decoder.commit_claimed(piece) {
            Ok(()) => (Step::Direct(direct, length - direct), wanted),
            Err(error) => (Step::Violation(error), wanted),
        }
    }

    fn read_to_buffer(io: &mut EventLoopIo, buffer: &mut [u8]) -> (Step, usize) {
        let received = socket::receive(&io.socket, buffer);
        let Received::Bytes(length) = received else {
            return (Step::Other(received), buffer.len());
        };
        io.bytes_read += length as u64;
        let tapped = io.tapped.then(|| buffer[..length].to_vec());
        (Step::Bytes(length, tapped), buffer.len())
    }

    /// Gives JavaScript the bytes of a read as they were, if it wants them.
    pub(crate) fn hand_over(
        environment: &Environment,
        link: &Link,
        tapped: Option<Vec<u8>>,
        call: Call,
    ) {
        let Some(bytes) = tapped else {
            return;
        };
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
