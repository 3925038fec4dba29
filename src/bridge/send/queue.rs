//! What is sent, queued where its connection lives.
//!
//! On the loop a frame goes to the connection's queue, which the flush of the turn writes; what is long
//! goes to the socket at once, from the memory of its owner. On a thread it goes to the frames of the
//! turn, or, if it has to be compressed, to the thread as it is. In either place a frame that many are
//! sent is laid out once. Its order among the others is always that of the calls.

use std::rc::Rc;

use crate::bridge::environment::Environment;
#[cfg(unix)]
use crate::bridge::links::{EventLoopIo, MAX_CORK, ThreadIo};
use crate::bridge::links::{Io, Link};
#[cfg(unix)]
use crate::bridge::{large_messages, threads};
#[cfg(unix)]
use crate::driver::socket;
use crate::protocol::{MAX_HEADER_LENGTH, MessageOptions};

/// What came of queueing something.
#[derive(Default)]
pub(super) struct Queued {
    /// The sender may be told without waiting for word of the socket.
    pub(super) taken: bool,
    /// It is not with its connection any more: only commands have to be handed over.
    pub(super) is_command: bool,
}

impl Queued {
    #[cfg(unix)]
    fn taken(taken: bool) -> Self {
        Self {
            taken,
            ..Self::default()
        }
    }
}

/// Queues a message, or a fragment of one, where its connection lives.
pub(super) fn queue_message(
    environment: &Rc<Environment>,
    link: &Rc<Link>,
    payload: &[u8],
    options: MessageOptions,
    mark: bool,
) -> Queued {
    #[cfg(unix)]
    large_messages::before_sending(environment, link, payload.len(), options);
    match &mut *link.io.borrow_mut() {
        Io::Stream(connection) => {
            connection.send(payload, options);
            Queued::default()
        }
        #[cfg(unix)]
        Io::EventLoop(io) => {
            if payload.len() < WRITE_THROUGH_FROM || !write_through(io, payload, options) {
                queue_on_event_loop(environment, link, io, payload, options);
            }
            finish_queueing(io, link, mark);
            Queued::default()
        }
        #[cfg(unix)]
        Io::Thread(io) => {
            if !mark && broadcast_to_thread(environment, link, io, payload, options) {
                return Queued {
                    is_command: true,
                    ..Queued::default()
                };
            }
            let before = io.cork.len();
            Queued::taken(match &mut io.encoder {
                Some(encoder) => {
                    encoder.message(payload, options, &mut io.cork);
                    io.corked(link, before, mark)
                }
                None => threads::send_message(environment, link, io, payload, options, mark),
            })
        }
        Io::Closing(_) | Io::Closed => Queued::default(),
    }
}

/// As [`queue_message`], for bytes as they are.
pub(super) fn queue_bytes(link: &Rc<Link>, bytes: &[u8], mark: bool) -> Queued {
    match &mut *link.io.borrow_mut() {
        #[cfg(unix)]
        Io::EventLoop(io) => {
            io.connection
                .outbound
                .append(|out| out.extend_from_slice(bytes));
            finish_queueing(io, link, mark);
            Queued::default()
        }
        #[cfg(unix)]
        Io::Thread(io) => {
            let before = io.cork.len();
            io.cork.extend_from_slice(bytes);
            Queued::taken(io.corked(link, before, mark))
        }
        Io::Stream(_) | Io::Closing(_) | Io::Closed => Queued::default(),
    }
}

#[cfg(unix)]
fn queue_on_event_loop(
    environment: &Environment,
    link: &Rc<Link>,
    io: &mut EventLoopIo,
    payload: &[u8],
    options: MessageOptions,
) {
    let connection = &mut io.connection;
    let compresses = connection.encoder.will_compress(payload.len(), options);
    let mut queue = || {
        let mut broadcast = environment.broadcast.borrow_mut();
        match broadcast.frame(link.id, payload, &mut connection.encoder, options) {
            Some(frame) => connection.outbound.push_shared(frame),
            None => connection.send(payload, options),
        }
    };
    if compresses {
        large_messages::time(&environment.mover, payload.len(), queue);
    } else {
        queue();
    }
}

/// From this size up a payload goes straight from its owner's memory to the socket.
#[cfg(unix)]
const WRITE_THROUGH_FROM: usize = 8 * 1024;

/// Writes what waits and the message behind it, without copying the message. Returns false, having
/// done nothing, if the message needs encoding or the socket takes nothing now.
#[cfg(unix)]
fn write_through(io: &mut EventLoopIo, payload: &[u8], options: MessageOptions) -> bool {
    if io.write_blocked || io.write_failed || io.shutdown {
        return false;
    }
    let Some(header) = io.connection.encoder.plain_header(payload.len(), options) else {
        return false;
    };
    let mut bytes = [0; MAX_HEADER_LENGTH];
    let header_length = header.encode(&mut bytes);
    let header = &bytes[..header_length];
    let outbound = &mut io.connection.outbound;
    // An error is met again, and told, by the flush of this turn.
    let taken = socket::write_through(&io.socket, outbound, header, payload).unwrap_or(0);
    if taken > 0 {
        outbound.wrote_through(taken);
    }
    if taken < header_length + payload.len() {
        outbound.append(|out| {
            out.extend_from_slice(&header[taken.min(header_length)..]);
            out.extend_from_slice(&payload[taken.saturating_sub(header_length)..]);
        });
    }
    true
}

#[cfg(unix)]
fn finish_queueing(io: &mut EventLoopIo, link: &Link, mark: bool) {
    let outbound = &mut io.connection.outbound;
    if mark {
        outbound.mark();
    }
    link.counters.set_accepted(outbound.accepted());
    let waiting = outbound.accepted() - outbound.flushed();
    if waiting > MAX_CORK && !io.write_blocked && !io.write_failed && !io.shutdown {
        // What comes of it is told by the flush of this turn; an error is met again there.
        if let Ok(socket::Flushed::Blocked) = socket::flush(&io.socket, outbound) {
            io.write_blocked = true;
            link.counters.set_blocked(true);
        }
    }
    // What has been written through is written, too.
    link.counters.set_released(outbound.flushed());
}

/// Queues a message for a thread without a copy of its own, if others are sent the same in this
/// turn and nothing waits before it here. A connection that does not keep the process alive has to hear
/// when it is written.
#[cfg(unix)]
fn broadcast_to_thread(
    environment: &Environment,
    link: &Link,
    io: &mut ThreadIo,
    payload: &[u8],
    options: MessageOptions,
) -> bool {
    if !io.cork.is_empty() || !io.marks.is_empty() || io.is_returning() || !io.referenced {
        return false;
    }
    let Some(encoder) = &mut io.encoder else {
        return false;
    };
    let mut broadcast = environment.broadcast.borrow_mut();
    match broadcast.frame(link.id, payload, encoder, options) {
        Some(frame) => {
            threads::broadcast(environment, link, io, frame);
            true
        }
        None => false,
    }
}
