//! The few functions of libuv that are used, looked up at run time.
//!
//! They are never linked: a host without them (Deno, Bun) must still load the addon and get the
//! stream driver.

use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;

/// `uv_loop_t`.
pub enum UvLoop {}
/// `uv_handle_t` and everything that begins like it.
pub enum UvHandle {}

type OnReady = unsafe extern "C" fn(*mut UvHandle, c_int, c_int);
type OnHandle = unsafe extern "C" fn(*mut UvHandle);

/// The value of `UV_ASYNC` in `uv_handle_type`.
pub(super) const UV_ASYNC: c_int = 1;
/// The value of `UV_POLL` in `uv_handle_type`.
pub(super) const UV_POLL: c_int = 8;
/// `UV_READABLE`.
pub(super) const UV_READABLE: c_int = 1;
/// `UV_WRITABLE`.
pub(super) const UV_WRITABLE: c_int = 2;
/// `UV_DISCONNECT`.
pub(super) const UV_DISCONNECT: c_int = 4;

macro_rules! functions {
    ($($field:ident: $symbol:literal as $type:ty;)*) => {
        /// libuv, as the host exports it.
        #[derive(Clone, Copy)]
        pub struct Libuv {
            $(pub(super) $field: $type,)*
        }

        impl Libuv {
            fn load() -> Option<Self> {
                // SAFETY: each name is that of a function of libuv's stable ABI (since 1.19), and
                // each type is its declaration in `uv.h` with opaque pointers.
                unsafe {
                    Some(Self {
                        $($field: std::mem::transmute::<*mut c_void, $type>(symbol($symbol)?),)*
                    })
                }
            }
        }
    };
}

functions! {
    handle_size: c"uv_handle_size" as unsafe extern "C" fn(c_int) -> usize;
    handle_get_data: c"uv_handle_get_data" as unsafe extern "C" fn(*const UvHandle) -> *mut c_void;
    handle_set_data: c"uv_handle_set_data" as unsafe extern "C" fn(*mut UvHandle, *mut c_void);
    poll_init: c"uv_poll_init" as unsafe extern "C" fn(*mut UvLoop, *mut UvHandle, c_int) -> c_int;
    poll_start: c"uv_poll_start" as unsafe extern "C" fn(*mut UvHandle, c_int, OnReady) -> c_int;
    poll_stop: c"uv_poll_stop" as unsafe extern "C" fn(*mut UvHandle) -> c_int;
    async_init: c"uv_async_init" as unsafe extern "C" fn(*mut UvLoop, *mut UvHandle, OnHandle) -> c_int;
    async_send: c"uv_async_send" as unsafe extern "C" fn(*mut UvHandle) -> c_int;
    now: c"uv_now" as unsafe extern "C" fn(*const UvLoop) -> u64;
    close: c"uv_close" as unsafe extern "C" fn(*mut UvHandle, Option<OnHandle>);
    reference: c"uv_ref" as unsafe extern "C" fn(*mut UvHandle);
    unreference: c"uv_unref" as unsafe extern "C" fn(*mut UvHandle);
}

impl Libuv {
    /// libuv, if the host has it.
    pub fn get() -> Option<&'static Self> {
        static LIBUV: OnceLock<Option<Libuv>> = OnceLock::new();
        LIBUV.get_or_init(Self::load).as_ref()
    }
}

fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: `name` is a C string; the default handle searches what is loaded already.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address)
}
