//! What JavaScript sends.
//!
//! Nothing here keeps memory of JavaScript's: when a call returns, its payload has been encoded, or
//! written, or copied.
//!
//! A message is [queued](queue) where its connection lives. Or, if a stream of JavaScript's is the way
//! out, it is [encoded](mod@encode) and handed back.

mod encode;
mod queue;

use std::rc::Rc;

use napi::sys;

use super::environment::Environment;
use super::links::Link;
use super::raw::{self, Failure, Outcome};
use crate::protocol::{MaskKey, MessageOptions, Opcode, encode_control, random_mask_key};
use queue::{Queued, queue_bytes, queue_message};

pub(super) use encode::{encode, encode_control_frame, encode_header, encode_into};

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
