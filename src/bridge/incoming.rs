//! A large message while it arrives, in the memory that JavaScript will have it in.
//!
//! The Buffer is made when the decoder offers the message, and held by a reference until it is
//! delivered or the connection is forgotten. No code of JavaScript's can reach it before, so that
//! nobody detaches its memory, and garbage collection does not move it.
//!
//! What has been made and not arrived is bounded for each environment: peers that begin many messages
//! and finish none do not get more memory for that than [`MOST_AHEAD`].

use std::cell::Cell;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::rc::Rc;

use napi::sys;

use super::heap;
use super::raw::Reference;
use crate::protocol::copy_masked;

pub(super) struct Incoming {
    buffer: Reference,
    data: *mut u8,
    length: usize,
    filled: usize,
    ahead: Rc<Ahead>,
}

/// Bytes of the messages of an environment that have memory and have not arrived.
#[derive(Debug, Default)]
pub(super) struct Ahead(Cell<usize>);

/// The most of them. Messages that would need more are put together as they arrive.
const MOST_AHEAD: usize = 32 * 1024 * 1024;

impl Ahead {
    fn has_room(&self, bytes: usize) -> bool {
        self.0.get() + bytes <= MOST_AHEAD
    }

    fn add(&self, bytes: usize) {
        self.0.set(self.0.get() + bytes);
    }

    fn remove(&self, bytes: usize) {
        self.0.set(self.0.get() - bytes);
    }
}

impl Incoming {
    /// Memory for a message of so many bytes, of which `arrived` have, if there is so much; within a
    /// handle scope.
    pub(super) fn new(
        env: sys::napi_env,
        length: usize,
        arrived: usize,
        ahead: &Rc<Ahead>,
    ) -> Option<Self> {
        // One that has arrived for the most part does not depend on the others.
        if (!ahead.has_room(length) && arrived < length / 2) || !is_to_be_had(length) {
            return None;
        }
        let mut data = null_mut();
        let mut value = null_mut();
        // SAFETY: the out-pointers are valid.
        let status = unsafe { sys::napi_create_buffer(env, length, &mut data, &mut value) };
        if status != sys::Status::napi_ok || data.is_null() {
            let mut error = null_mut();
            // SAFETY: the out-pointer is valid. What could not be had is put together elsewhere.
            unsafe { sys::napi_get_and_clear_last_exception(env, &mut error) };
            return None;
        }
        heap::count_message(length);
        let buffer = Reference::new(env, value).ok()?;
        ahead.add(length);
        Some(Self {
            buffer,
            data: data.cast(),
            length,
            filled: 0,
            ahead: Rc::clone(ahead),
        })
    }

    /// Copies bytes that have been received elsewhere, and are not too many.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        copy_masked(bytes, &mut self.rest()[..bytes.len()], [0; 4]);
        self.commit(bytes.len());
    }

    /// Memory for what is missing.
    pub(super) fn rest(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: `data` is the memory of a Buffer of `length` bytes, which the reference keeps, and
        // which JavaScript has not been given: see the top of this file.
        unsafe {
            let start = self.data.add(self.filled).cast();
            std::slice::from_raw_parts_mut(start, self.length - self.filled)
        }
    }

    /// Counts bytes that have been written to the beginning of [`rest`](Self::rest); returns them.
    pub(super) fn commit(&mut self, written: usize) -> &mut [u8] {
        let written = written.min(self.length - self.filled);
        // SAFETY: as above; and the caller has had these bytes written.
        let piece = unsafe { std::slice::from_raw_parts_mut(self.data.add(self.filled), written) };
        self.filled += written;
        self.ahead.remove(written);
        piece
    }

    /// The Buffer, for the message that is complete; within a handle scope.
    pub(super) fn into_buffer(self, env: sys::napi_env) -> (sys::napi_value, usize) {
        let value = self.buffer.get(env);
        self.buffer.delete(env);
        (value, self.length)
    }

    /// Gives the Buffer up.
    pub(super) fn discard(self, env: sys::napi_env) {
        self.buffer.delete(env);
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.ahead.remove(self.length - self.filled);
    }
}

/// Whether there seems to be memory for a long message. Node ends the process when it cannot make a
/// Buffer; the decoder, which is left to put the message together then, ends the connection.
fn is_to_be_had(length: usize) -> bool {
    if length < LONG {
        return true;
    }
    let mut probe = Vec::<u8>::new();
    let is_there = probe.try_reserve_exact(length).is_ok();
    // Otherwise the compiler might leave out memory that nobody uses.
    black_box(probe);
    is_there
}

/// From here on asking costs nothing beside receiving the message.
const LONG: usize = 4 * 1024 * 1024;
