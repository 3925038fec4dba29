//! A large message while it arrives, in the memory that JavaScript will have it in.
//!
//! The Buffer is made when the decoder offers the message, and held by a reference until it is
//! delivered or the connection is forgotten. No code of JavaScript's can reach it before, so that
//! nobody detaches its memory, and garbage collection does not move it.

use std::mem::MaybeUninit;
use std::ptr::null_mut;

use napi::sys;

use super::heap;
use super::raw::Reference;
use crate::protocol::copy_masked;

pub(super) struct Incoming {
    buffer: Reference,
    data: *mut u8,
    length: usize,
    filled: usize,
}

impl Incoming {
    /// Memory for a message of so many bytes, if there is so much; within a handle scope.
    pub(super) fn new(env: sys::napi_env, length: usize) -> Option<Self> {
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
        Some(Self {
            buffer: Reference::new(env, value).ok()?,
            data: data.cast(),
            length,
            filled: 0,
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
