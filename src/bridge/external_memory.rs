//! Buffers whose memory is ours and not V8's.
//!
//! Handing memory over saves a copy. A host may forbid it: where V8 keeps all that JavaScript sees in
//! a region of its own, as in Electron, Node-API refuses, and the bytes are copied.

use std::ffi::c_void;
use std::ptr::null_mut;

use napi::sys;

use super::raw;

/// A Buffer that owns the memory of `bytes`, or has a copy of it.
pub(super) fn buffer_owning(env: sys::napi_env, mut bytes: Vec<u8>) -> sys::napi_value {
    unsafe extern "C" fn free(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
        // SAFETY: `hint` is the box that was given up below; Node calls this once.
        drop(unsafe { Box::from_raw(hint.cast::<Vec<u8>>()) });
    }

    if bytes.capacity() > bytes.len() + bytes.len() / 4 {
        bytes.shrink_to_fit();
    }
    let data = bytes.as_mut_ptr();
    let length = bytes.len();
    let owner = Box::into_raw(Box::new(bytes));
    let mut value = null_mut();
    let status = if forced::refuses() {
        sys::Status::napi_no_external_buffers_allowed
    } else {
        // SAFETY: `data` and `length` describe the vector's memory, which stays where it is while
        // the vector is owned by the box that `free` is given.
        unsafe {
            sys::napi_create_external_buffer(
                env,
                length,
                data.cast(),
                Some(free),
                owner.cast(),
                &mut value,
            )
        }
    };
    if status == sys::Status::napi_no_external_buffers_allowed {
        // SAFETY: this is found out before anything else is done, so that Node has not taken the
        // vector. After any other failure it may have, and have freed it.
        let bytes = unsafe { Box::from_raw(owner) };
        return raw::buffer_copy(env, &bytes);
    }
    value
}

#[cfg(not(feature = "forced-panics"))]
mod forced {
    pub(super) fn refuses() -> bool {
        false
    }
}

/// A build for tests plays such a host when it is told to.
#[cfg(feature = "forced-panics")]
pub(super) mod forced {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    static FORBIDDEN: AtomicBool = AtomicBool::new(false);
    static REFUSED: AtomicU32 = AtomicU32::new(0);

    /// Forbids memory of ours, or allows it again. Returns how often it has been refused.
    pub(in crate::bridge) fn forbid(is_forbidden: bool) -> u32 {
        FORBIDDEN.store(is_forbidden, Ordering::Relaxed);
        REFUSED.load(Ordering::Relaxed)
    }

    pub(super) fn refuses() -> bool {
        let refuses = FORBIDDEN.load(Ordering::Relaxed);
        if refuses {
            REFUSED.fetch_add(1, Ordering::Relaxed);
        }
        refuses
    }
}
