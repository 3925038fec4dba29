//! Calling JavaScript with a batch.
//!
//! While a listener runs, nothing of ours is borrowed, and the records behind the batch's are free for
//! batches within it. Afterwards the cursor is as it was before.

use std::ptr::null_mut;

use napi::sys;

use super::table::{Callbacks, HEADER, Table, WORDS};
use super::{Batch, Call};
use crate::bridge::links::Link;
use crate::bridge::raw;

impl Batch<'_> {
    /// Calls JavaScript with what has been gathered.
    pub(in crate::bridge) fn dispatch(self, link: &Link, call: Call) {
        let state = &self.environment.delivery;
        state.slab.borrow_mut().keep(&self.slab);
        if self.count == 0 {
            return;
        }
        let Some(callbacks) = state.callbacks.get() else {
            return;
        };
        let first = self.table.top;
        let end = first + self.count;
        // SAFETY: the first word is the cursor; the table lives as long as the environment.
        let cursor_before = unsafe { *self.table.words };
        state.table.set(Table {
            top: end,
            ..self.table
        });
        self.run(callbacks, link, call, first, end);
        // SAFETY: as above.
        unsafe { *self.table.words = cursor_before };
    }

    /// Calls `dispatch`, again after each listener that throws, until all records are done.
    fn run(&self, callbacks: Callbacks, link: &Link, call: Call, first: usize, end: usize) {
        let env = self.environment.env;
        let chunk = match self.chunk {
            Some(chunk) => chunk.array_buffer,
            None => raw::undefined(env),
        };
        let buffers = self.buffer_list();
        // A listener may close the connection, or load a copy of `lib/`, and end these references.
        let receiver = link.receiver.get(env);
        let function = callbacks.dispatch.get(env);
        let mut next = first;
        while next < end {
            let args = [
                raw::int32(env, (HEADER + next * WORDS) as i32),
                raw::int32(env, (HEADER + end * WORDS) as i32),
                self.slab.value,
                chunk,
                buffers,
            ];
            let mut result = null_mut();
            // SAFETY: all values are of the present scope, and no `RefCell` of ours is borrowed.
            let status = unsafe {
                if call == Call::Callback {
                    sys::napi_make_callback(
                        env,
                        link.async_context,
                        receiver,
                        function,
                        args.len(),
                        args.as_ptr(),
                        &mut result,
                    )
                } else {
                    sys::napi_call_function(
                        env,
                        receiver,
                        function,
                        args.len(),
                        args.as_ptr(),
                        &mut result,
                    )
                }
            };
            if status != sys::Status::napi_pending_exception {
                return;
            }
            report_exception(env);
            // SAFETY: the cursor is the table's first word. It names the record after the one
            // whose listener threw.
            let cursor = unsafe { *self.table.words } as usize;
            let reached = cursor.saturating_sub(HEADER) / WORDS;
            if reached <= next {
                // JavaScript did not even begin: the environment is ending.
                return;
            }
            next = reached;
        }
    }

    fn buffer_list(&self) -> sys::napi_value {
        let env = self.environment.env;
        if self.buffers.is_empty() {
            return raw::undefined(env);
        }
        let mut list = null_mut();
        // SAFETY: the out-pointer is valid and the buffers are values of the present scope.
        unsafe {
            sys::napi_create_array_with_length(env, self.buffers.len(), &mut list);
            for (index, buffer) in self.buffers.iter().enumerate() {
                sys::napi_set_element(env, list, index as u32, *buffer);
            }
        }
        list
    }
}

/// Hands an exception to `process`'s `uncaughtException`.
pub(in crate::bridge) fn report_exception(env: sys::napi_env) {
    let mut error = null_mut();
    // SAFETY: the out-pointer is valid; without an exception the result is `undefined`.
    unsafe {
        if sys::napi_get_and_clear_last_exception(env, &mut error) == sys::Status::napi_ok {
            sys::napi_fatal_exception(env, error);
        }
    }
}
