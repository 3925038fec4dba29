//! What JavaScript sends.
//!
//! Nothing here keeps memory of JavaScript's: when a call returns, its payload has been encoded, or
//! written, or copied.

use std::rc::Rc;

use napi::sys;

use super::environment::Environment;
use super::external_memory::buffer_owning;
use super::links::{Io, Link};
use super::raw::{self, Failure, Outcome};
use crate::protocol::{
    MAX_HEADER_LENGTH, MaskKey, MessageOptions, Opcode, encode_control, random_mask_key,
};

/// Flags of the calls below. `lib/frame-flags.js` has the same list.
mod flag {
    pub(super) const BINARY: u32 = 1;
    pub(super) const FIN: u32 = 2;
    pub(super) const COMPRESS: u32 = 4;
    pub(super) const MASK: u32 = 8;
    /// The masking key is the fourth argument; otherwise a random one is taken.
    pub(super) const HAS_KEY: u32 = 16;
    /// A callback waits for the bytes to be written.
    pub(super) const MARK: u32 = 32;
    /// The payload is a string.
    pub(super) const STRING: u32 = 64;
    /// The opcode of a control frame begins at this bit.
    pub(super) const OPCODE_SHIFT: u32 = 8;
}

/// What `send` and its like return: whether to flush in the next tick, and whether the callback may
/// be called there, as bits; or that the connection is gone.
const SCHEDULE_FLUSH: i32 = 1;
const TAKEN: i32 = 2;
const GONE: i32 = -1;
/// What everything here returns for a connection in whose service there was a panic: it makes no
/// messages any more.
pub(super) const BROKEN: i32 = -2;

/// From this size up a payload goes straight from its owner's memory to the socket.
#[cfg(unix)]
const WRITE_THROUGH_FROM: usize = 8 * 1024;

/// `send(id, data, flags, key)`: queues a message or a fragment of one.
pub(super) fn send(environment: &Rc<Environment>, args: [sys::napi_value; 4]) -> Outcome {
    let env = environment.env;
    let Some(link) = open_link(environment, args[0])? else {
        return Ok(raw::int32(env, GONE));
    };
    if link.is_broken.get() {
        return Ok(raw::int32(env, BROKEN));
    }
    let flags = raw::bits(env, args[2]);
    let options = message_options(env, flags, args[3]);
    let mark = flags & flag::MARK != 0;
    let mut queued = Queued::default();
    with_payload(environment, args[1], flags, |payload| {
        queued = queue_message(environment, &link, payload, options, mark);
    })?;
    Ok(raw::int32(env, finish(environment, &link, queued)))
}

/// `sendControl(id, data, flags, key)`: queues a control frame of at most 125 bytes.
pub(super) fn send_control(environment: &Rc<Environment>, args: [sys::napi_value; 4]) -> Outcome {
    let env = environment.env;
    let Some(link) = open_link(environment, args[0])? else {
        return Ok(raw::int32(env, GONE));
    };
    let flags = raw::bits(env, args[2]);
    let frame = control_frame(environment, args[1], flags, args[3])?;
    let queued = queue_bytes(&link, &frame, flags & flag::MARK != 0);
    Ok(raw::int32(env, finish(environment, &link, queued)))
}

/// `write(id, bytes, flags)`: queues bytes as they are, in order with the frames.
pub(super) fn write(environment: &Rc<Environment>, args: [sys::napi_value; 3]) -> Outcome {
    let env = environment.env;
    let Some(link) = open_link(environment, args[0])? else {
        return Ok(raw::int32(env, GONE));
    };
    let flags = raw::bits(env, args[2]);
    let mut queued = Queued::default();
    with_payload(environment, args[1], flags, |bytes| {
        queued = queue_bytes(&link, bytes, flags & flag::MARK != 0);
    })?;
    Ok(raw::int32(env, finish(environment, &link, queued)))
}

/// `encode(id, data, flags, key)`: the frame of a message, for a stream to write. Undefined if the
/// encoder is not on this thread.
pub(super) fn encode(environment: &Rc<Environment>, args: [sys::napi_value; 4]) -> Outcome {
    let env = environment.env;
    let flags = raw::bits(env, args[2]);
    let options = message_options(env, flags, args[3]);
    let Some(link) = environment.link(raw::number(env, args[0])?) else {
        return Ok(raw::undefined(env));
    };
    if link.is_broken.get() {
        return Ok(raw::int32(env, BROKEN));
    }
    let mut frame = Vec::new();
    let mut encoded = false;
    with_payload(environment, args[1], flags, |payload| {
        if let Some(encoder) = link.io.borrow_mut().encoder() {
            encoder.message(payload, options, &mut frame);
            encoded = true;
        }
    })?;
    Ok(if encoded {
        frame_buffer(env, frame)
    } else {
        raw::undefined(env)
    })
}

/// `encodeInto(id, data, flags, key, out)`: writes the frame of a message into a `Uint8Array` of
/// its length, and returns that; or 0 if it has to be compressed.
pub(super) fn encode_into(environment: &Rc<Environment>, args: [sys::napi_value; 5]) -> Outcome {
    let env = environment.env;
    let flags = raw::bits(env, args[2]);
    let options = message_options(env, flags, args[3]);
    let Some(link) = environment.link(raw::number(env, args[0])?) else {
        return Ok(raw::int32(env, 0));
    };
    if link.is_broken.get() {
        return Ok(raw::int32(env, BROKEN));
    }
    // Not at once to its place: that might be a part of the payload.
    let mut frame = environment.frame.take();
    frame.clear();
    with_payload(environment, args[1], flags, |payload| {
        if let Some(encoder) = link.io.borrow_mut().encoder() {
            encoder.message_as_it_is(payload, options, &mut frame);
        }
    })?;
    let out = raw::byte_array(env, args[4])?;
    // SAFETY: no JavaScript runs before this returns, and no other view of JavaScript's memory is
    // held.
    unsafe { out.as_mut_slice() }
        .get_mut(..frame.len())
        .ok_or_else(|| Failure::argument("the frame is longer"))?
        .copy_from_slice(&frame);
    let length = frame.len();
    environment.frame.replace(frame);
    Ok(raw::int32(env, length as i32))
}

/// `encodeHeader(id, length, flags, out)`: writes the header of a frame whose payload goes out as
/// it is into a `Uint8Array` of at least ten bytes, and returns its length; or 0 if the payload has
/// to be compressed or masked.
pub(super) fn encode_header(environment: &Rc<Environment>, args: [sys::napi_value; 4]) -> Outcome {
    let env = environment.env;
    let length = raw::number(env, args[1])? as usize;
    let flags = raw::bits(env, args[2]);
    let options = message_options(env, flags & !flag::HAS_KEY, args[3]);
    let out = raw::byte_array(env, args[3])?;
    let Some(link) = environment.link(raw::number(env, args[0])?) else {
        return Ok(raw::int32(env, 0));
    };
    if link.is_broken.get() {
        return Ok(raw::int32(env, BROKEN));
    }
    let mut io = link.io.borrow_mut();
    let header = io.encoder().and_then(|it| it.plain_header(length, options));
    let Some(header) = header else {
        return Ok(raw::int32(env, 0));
    };
    let mut bytes = [0; MAX_HEADER_LENGTH];
    let header_length = header.encode(&mut bytes);
    // SAFETY: no JavaScript runs before this returns.
    let out = unsafe { out.as_mut_slice() };
    let Some(out) = out.get_mut(..header_length) else {
        return Err(Failure::argument("a header has up to ten bytes"));
    };
    out.copy_from_slice(&bytes[..header_length]);
    Ok(raw::int32(env, header_length as i32))
}

/// `encodeControl(data, flags, key)`: a control frame, for a stream to write.
pub(super) fn encode_control_frame(
    environment: &Rc<Environment>,
    args: [sys::napi_value; 3],
) -> Outcome {
    let flags = raw::bits(environment.env, args[1]);
    let frame = control_frame(environment, args[0], flags, args[2])?;
    Ok(frame_buffer(environment.env, frame))
}

/// A control frame. `lib/sender.js` has refused payloads of more than 125 bytes.
fn control_frame(
    environment: &Environment,
    payload: sys::napi_value,
    flags: u32,
    key: sys::napi_value,
) -> Result<Vec<u8>, Failure> {
    let mask = mask_key(environment.env, flags, key);
    let mut frame = Vec::new();
    with_payload(environment, payload, flags, |payload| {
        let payload = payload.get(..125).unwrap_or(payload);
        encode_control(opcode(flags), payload, mask, &mut frame);
    })?;
    Ok(frame)
}

/// The connection that a first argument names, unless JavaScript has closed it.
fn open_link(environment: &Environment, id: sys::napi_value) -> Result<Option<Rc<Link>>, Failure> {
    let link = environment.link(raw::number(environment.env, id)?);
    Ok(link.filter(|link| !link.closed.get()))
}

fn frame_buffer(env: sys::napi_env, frame: Vec<u8>) -> sys::napi_value {
    /// Below this, copying costs less than handing memory over.
    const OWN_FROM: usize = 16 * 1024;

    if frame.len() < OWN_FROM {
        raw::buffer_copy(env, &frame)
    } else {
        buffer_owning(env, frame)
    }
}

/// What came of queueing something.
#[derive(Default)]
struct Queued {
    /// The sender may be told without waiting for word of the socket.
    taken: bool,
    /// It is not with its connection any more: only commands have to be handed over.
    is_command: bool,
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

fn queue_message(
    environment: &Rc<Environment>,
    link: &Rc<Link>,
    payload: &[u8],
    options: MessageOptions,
    mark: bool,
) -> Queued {
    #[cfg(unix)]
    super::large_messages::before_sending(environment, link, payload.len(), options);
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
                None => super::threads::send_message(environment, link, io, payload, options, mark),
            })
        }
        Io::Closing(_) | Io::Closed => Queued::default(),
    }
}

#[cfg(unix)]
fn queue_on_event_loop(
    environment: &Environment,
    link: &Rc<Link>,
    io: &mut super::links::EventLoopIo,
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
        super::large_messages::time(&environment.mover, payload.len(), queue);
    } else {
        queue();
    }
}

/// Queues a message for a thread without a copy of its own, if others are sent the same in this
/// turn and nothing waits before it here.
#[cfg(unix)]
fn broadcast_to_thread(
    environment: &Environment,
    link: &Link,
    io: &mut super::links::ThreadIo,
    payload: &[u8],
    options: MessageOptions,
) -> bool {
    if !io.cork.is_empty() || !io.marks.is_empty() || io.is_returning() {
        return false;
    }
    let Some(encoder) = &mut io.encoder else {
        return false;
    };
    let mut broadcast = environment.broadcast.borrow_mut();
    match broadcast.frame(link.id, payload, encoder, options) {
        Some(frame) => {
            super::threads::broadcast(environment, link, io, frame);
            true
        }
        None => false,
    }
}

/// As [`queue_message`], for bytes as they are.
fn queue_bytes(link: &Rc<Link>, bytes: &[u8], mark: bool) -> Queued {
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
fn finish_queueing(io: &mut super::links::EventLoopIo, link: &Link, mark: bool) {
    use crate::driver::socket;

    let outbound = &mut io.connection.outbound;
    if mark {
        outbound.mark();
    }
    link.counters.set_accepted(outbound.accepted());
    let waiting = outbound.accepted() - outbound.flushed();
    if waiting > super::links::MAX_CORK && !io.write_blocked && !io.write_failed && !io.shutdown {
        // What comes of it is told by the flush of this turn; an error is met again there.
        if let Ok(socket::Flushed::Blocked) = socket::flush(&io.socket, outbound) {
            io.write_blocked = true;
            link.counters.set_blocked(true);
        }
        link.counters.set_released(outbound.flushed());
    }
}

/// Writes what waits and the message behind it, without copying the message. Returns false, having
/// done nothing, if the message needs encoding or the socket takes nothing now.
#[cfg(unix)]
fn write_through(
    io: &mut super::links::EventLoopIo,
    payload: &[u8],
    options: MessageOptions,
) -> bool {
    use crate::driver::socket;

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

fn finish(environment: &Rc<Environment>, link: &Rc<Link>, queued: Queued) -> i32 {
    let answer = if queued.taken { TAKEN } else { 0 };
    if environment.exit_deadline().is_some() {
        // There is no next tick.
        super::flush::drain_until_deadline(environment);
        return answer;
    }
    let schedule = if queued.is_command {
        environment.wants_flush()
    } else {
        environment.mark_dirty(link)
    };
    if schedule {
        answer | SCHEDULE_FLUSH
    } else {
        answer
    }
}

/// Calls `work` with the bytes of a payload, which is a string or a `Uint8Array`.
fn with_payload(
    environment: &Environment,
    value: sys::napi_value,
    flags: u32,
    work: impl FnOnce(&[u8]),
) -> Result<(), Failure> {
    let env = environment.env;
    if flags & flag::STRING == 0 {
        let bytes = raw::byte_array(env, value)?;
        // SAFETY: no JavaScript runs during `work`, and it only reads.
        work(unsafe { bytes.as_mut_slice() });
        return Ok(());
    }
    let mut scratch = environment.scratch.take();
    let result = raw::append_string(env, value, &mut scratch);
    if result.is_ok() {
        work(&scratch);
    }
    scratch.clear();
    scratch.shrink_to(MAX_SCRATCH);
    environment.scratch.replace(scratch);
    result
}

/// What is kept for the next string.
const MAX_SCRATCH: usize = 64 * 1024;

fn message_options(env: sys::napi_env, flags: u32, key: sys::napi_value) -> MessageOptions {
    MessageOptions {
        binary: flags & flag::BINARY != 0,
        fin: flags & flag::FIN != 0,
        compress: flags & flag::COMPRESS != 0,
        mask: mask_key(env, flags, key),
    }
}

fn mask_key(env: sys::napi_env, flags: u32, key: sys::napi_value) -> Option<MaskKey> {
    if flags & flag::MASK == 0 {
        None
    } else if flags & flag::HAS_KEY != 0 {
        Some(raw::bits(env, key).to_be_bytes())
    } else {
        Some(random_mask_key())
    }
}

fn opcode(flags: u32) -> Opcode {
    match flags >> flag::OPCODE_SHIFT {
        0x8 => Opcode::Close,
        0x9 => Opcode::Ping,
        _ => Opcode::Pong,
    }
}
