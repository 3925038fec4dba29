//! Frames that are handed back to JavaScript, for a stream to write (the stream driver).
//!
//! What is sent once a stream is the connection's way out must be laid out by the encoder that the
//! connection has had from its beginning: its context, if it compresses, is a part of the stream.

use std::rc::Rc;

use napi::sys;

use super::{BROKEN, control_frame, flag, message_options, with_payload};
use crate::bridge::environment::Environment;
use crate::bridge::external_memory::buffer_owning;
use crate::bridge::raw::{self, Failure, Outcome};
use crate::protocol::MAX_HEADER_LENGTH;

/// `encode(id, data, flags, key)`: the frame of a message, for a stream to write. Undefined if the
/// encoder is not on this thread.
pub(in crate::bridge) fn encode(
    environment: &Rc<Environment>,
    args: [sys::napi_value; 4],
) -> Outcome {
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
pub(in crate::bridge) fn encode_into(
    environment: &Rc<Environment>,
    args: [sys::napi_value; 5],
) -> Outcome {
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
pub(in crate::bridge) fn encode_header(
    environment: &Rc<Environment>,
    args: [sys::napi_value; 4],
) -> Outcome {
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
pub(in crate::bridge) fn encode_control_frame(
    environment: &Rc<Environment>,
    args: [sys::napi_value; 3],
) -> Outcome {
    let flags = raw::bits(environment.env, args[1]);
    let frame = control_frame(environment, args[0], flags, args[2])?;
    Ok(frame_buffer(environment.env, frame))
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
