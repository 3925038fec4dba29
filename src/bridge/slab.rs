//! Memory for small payloads, which many messages view together.
//!
//! A slab is an `ArrayBuffer` of 16 KiB that `lib/delivery.js` makes. JavaScript can reach it
//! through a message's `buffer`, and could detach it: its address is asked for whenever a batch
//! begins, and used only until JavaScript runs again.

use std::mem::MaybeUninit;
use std::ptr::null_mut;

use napi::sys;

use super::raw::{Failure, Reference};

/// Payloads up to this go into the slab.
pub(super) const SLAB_PAYLOAD: usize = 4096;
/// A batch does not begin with less room than this.
const ROOM_TO_BEGIN: usize = SLAB_PAYLOAD;
/// A batch does not go on with less room than this.
const ROOM_TO_GO_ON: usize = 256;

/// The present slab, if there is one.
#[derive(Default)]
pub(super) struct Slab {
    buffer: Option<Reference>,
    used: usize,
}

impl Slab {
    /// The slab if it has room for a batch; otherwise it is given up.
    pub(super) fn view(&mut self, env: sys::napi_env) -> Option<SlabView> {
        let buffer = self.buffer?;
        let view = SlabView::of(env, buffer.get(env), self.used);
        if view.length.saturating_sub(view.used) >= ROOM_TO_BEGIN {
            return Some(view);
        }
        buffer.delete(env);
        self.buffer = None;
        None
    }

    /// Takes a new slab into use.
    pub(super) fn replace(
        &mut self,
        env: sys::napi_env,
        value: sys::napi_value,
    ) -> Result<SlabView, Failure> {
        let view = SlabView::of(env, value, 0);
        if view.length < ROOM_TO_BEGIN {
            return Err(Failure::argument("a larger ArrayBuffer was expected"));
        }
        self.buffer = Some(Reference::new(env, value)?);
        self.used = 0;
        Ok(view)
    }

    /// Keeps what a batch has used of it.
    pub(super) fn keep(&mut self, view: &SlabView) {
        self.used = view.used;
    }
}

/// The slab and its address, for one batch. No JavaScript runs while it is used.
pub(super) struct SlabView {
    pub(super) value: sys::napi_value,
    data: *mut u8,
    length: usize,
    used: usize,
    /// Something small did not fit any more.
    is_full: bool,
}

impl SlabView {
    fn of(env: sys::napi_env, value: sys::napi_value, used: usize) -> Self {
        let mut data = null_mut();
        let mut length = 0;
        // SAFETY: the out-pointers are valid; a detached buffer has length 0.
        let status = unsafe { sys::napi_get_arraybuffer_info(env, value, &mut data, &mut length) };
        if status != sys::Status::napi_ok || data.is_null() {
            length = 0;
        }
        Self {
            value,
            data: data.cast(),
            length,
            used: used.min(length),
            is_full: false,
        }
    }

    /// Whether a batch may go on. Once something did not fit it had better end, and the next one
    /// begin with a new slab.
    pub(super) fn has_room(&self) -> bool {
        !self.is_full && self.length - self.used >= ROOM_TO_GO_ON
    }

    /// Memory for a small payload, and its offset; `None` if the payload is not for here.
    pub(super) fn take(&mut self, length: usize) -> Option<(usize, &mut [MaybeUninit<u8>])> {
        let offset = self.used;
        if length > SLAB_PAYLOAD {
            return None;
        }
        if length > self.length - offset {
            self.is_full = true;
            return None;
        }
        // Aligned, so that a consumer may view its message as wider integers.
        self.used = (offset + length).next_multiple_of(8).min(self.length);
        if length == 0 {
            return Some((offset, &mut []));
        }
        // SAFETY: `offset + length` is within the slab, whose address was asked for when this view
        // was made; no JavaScript has run since, and nobody views this part of it yet.
        let target = unsafe {
            let start = self.data.add(offset).cast::<MaybeUninit<u8>>();
            std::slice::from_raw_parts_mut(start, length)
        };
        Some((offset, target))
    }
}
