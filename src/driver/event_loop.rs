//! Sockets and wake-ups on Node's own libuv loop.
//!
//! [`Poll`] tells when a socket is ready; [`Wake`] lets another thread wake the loop. Both own
//! their libuv handle: its memory lives until libuv has called back that it is closed, which is
//! never within `uv_close` itself.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use socket2::Socket;

use super::libuv::{
    Libuv, UV_ASYNC, UV_DISCONNECT, UV_POLL, UV_READABLE, UV_WRITABLE, UvHandle, UvLoop,
};

/// The loop of one environment. Only its own thread may use it.
#[derive(Clone, Copy)]
pub struct EventLoop {
    uv: &'static Libuv,
    raw: NonNull<UvLoop>,
}

impl EventLoop {
    /// # Safety
    ///
    /// `raw` is the loop that runs the calling thread, and outlives every handle made from it.
    pub unsafe fn new(uv: &'static Libuv, raw: NonNull<UvLoop>) -> Self {
        Self { uv, raw }
    }

    /// Milliseconds, as of the beginning of the loop's present iteration.
    pub fn now(self) -> u64 {
        // SAFETY: the loop is the thread's own (see `new`).
        unsafe { (self.uv.now)(self.raw.as_ptr()) }
    }
}

/// What a socket is ready for, or is to be watched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest {
    pub read: bool,
    pub write: bool,
    /// The peer's end, while nothing is read.
    pub end: bool,
}

/// Watches a socket.
pub struct Poll {
    handle: Handle,
}

impl Poll {
    /// Begins to watch nothing of `socket`, which must stay open until the poll is closed.
    /// `on_ready` is told what the socket is ready for; an error of the socket counts as all.
    pub fn new(
        event_loop: EventLoop,
        socket: &Socket,
        on_ready: impl Fn(Interest) + 'static,
    ) -> io::Result<Self> {
        let fd = socket.as_raw_fd();
        let init = |uv: &Libuv, handle| {
            // SAFETY: the loop is the thread's own (see `EventLoop::new`), `handle` has the size
            // that libuv asks for, and `fd` is an open socket.
            unsafe { (uv.poll_init)(event_loop.raw.as_ptr(), handle, fd) }
        };
        let handle = Handle::new(event_loop.uv, UV_POLL, Box::new(on_ready), init)?;
        Ok(Self { handle })
    }

    /// Changes what is watched for. Costs nothing if that is no change.
    pub fn watch(&self, interest: Interest) {
        // SAFETY: the handle is open.
        let callbacks = unsafe { callbacks(self.handle.uv, self.handle.raw.as_ptr()) };
        if callbacks.watched.replace(interest) == interest {
            return;
        }
        let mut events = 0;
        if interest.read {
            events |= UV_READABLE;
        }
        if interest.write {
            events |= UV_WRITABLE;
        }
        if interest.end {
            events |= UV_DISCONNECT;
        }
        let uv = self.handle.uv;
        // SAFETY: the handle was initialized by `uv_poll_init` and is not closed: closing it
        // consumes `self`.
        unsafe {
            if events == 0 {
                (uv.poll_stop)(self.handle.raw.as_ptr());
            } else {
                (uv.poll_start)(self.handle.raw.as_ptr(), events, ready);
            }
        }
    }

    /// Whether watching keeps the loop alive.
    pub fn set_referenced(&self, referenced: bool) {
        self.handle.set_referenced(referenced);
    }

    /// Stops watching at once, as dropping it does; `on_closed` is called from the loop, later. The
    /// socket may be closed as soon as this returns.
    pub fn close(self, on_closed: impl FnOnce() + 'static) {
        self.handle.close(Box::new(on_closed));
    }
}

/// Wakes a loop from other threads.
pub struct Wake {
    handle: Handle,
}

impl Wake {
    /// `on_wake` is called from the loop once or more after each [`WakeSender::wake`].
    pub fn new(event_loop: EventLoop, on_wake: impl Fn() + 'static) -> io::Result<Self> {
        let init = |uv: &Libuv, handle| {
            // SAFETY: as in `Poll::new`.
            unsafe { (uv.async_init)(event_loop.raw.as_ptr(), handle, woken) }
        };
        let on_ready = Box::new(move |_| on_wake());
        let handle = Handle::new(event_loop.uv, UV_ASYNC, on_ready, init)?;
        Ok(Self { handle })
    }

    /// What other threads wake the loop with.
    ///
    /// # Safety
    ///
    /// Every copy is gone before this is dropped.
    pub unsafe fn sender(&self) -> WakeSender {
        WakeSender {
            uv: self.handle.uv,
            handle: self.handle.raw,
        }
    }

    /// Whether the possibility of a wake-up keeps the loop alive.
    pub fn set_referenced(&self, referenced: bool) {
        self.handle.set_referenced(referenced);
    }
}

/// The sending side of a [`Wake`].
#[derive(Clone)]
pub struct WakeSender {
    uv: &'static Libuv,
    handle: NonNull<UvHandle>,
}

impl WakeSender {
    pub fn wake(&self) {
        // SAFETY: the handle is open as long as senders exist (see `Wake::sender`), and
        // `uv_async_send` is the one function of libuv that any thread may call.
        unsafe { (self.uv.async_send)(self.handle.as_ptr()) };
    }
}

// SAFETY: the only use of the handle is `uv_async_send`, which is safe from any thread.
unsafe impl Send for WakeSender {}
// SAFETY: as above.
unsafe impl Sync for WakeSender {}

type OnReady = Box<dyn Fn(Interest)>;
type OnClosed = Box<dyn FnOnce()>;

/// A libuv handle with its memory and its callbacks.
struct Handle {
    uv: &'static Libuv,
    raw: NonNull<UvHandle>,
    closed: bool,
}

/// What a handle's `data` points to. Freed, with the handle's memory, when libuv has closed it.
struct Callbacks {
    uv: &'static Libuv,
    on_ready: OnReady,
    /// What a poll watches for.
    watched: Cell<Interest>,
    on_closed: Cell<Option<OnClosed>>,
    /// The handle's own memory, in words for its alignment.
    _memory: Box<[u64]>,
}

impl Handle {
    fn new(
        uv: &'static Libuv,
        kind: c_int,
        on_ready: OnReady,
        init: impl FnOnce(&Libuv, *mut UvHandle) -> c_int,
    ) -> io::Result<Self> {
        // SAFETY: the function only maps a handle type to its size.
        let size = unsafe { (uv.handle_size)(kind) };
        let mut memory = vec![0u64; size.div_ceil(8)].into_boxed_slice();
        let raw = NonNull::from(&mut *memory).cast::<UvHandle>();
        let status = init(uv, raw.as_ptr());
        if status < 0 {
            return Err(io::Error::from_raw_os_error(-status));
        }
        let callbacks = Box::new(Callbacks {
            uv,
            on_ready,
            watched: Cell::default(),
            on_closed: Cell::new(None),
            _memory: memory,
        });
        // SAFETY: the handle has just been initialized; `data` belongs to its user. Moving the box
        // of the memory into `callbacks` did not move the memory.
        unsafe { (uv.handle_set_data)(raw.as_ptr(), Box::into_raw(callbacks).cast::<c_void>()) };
        Ok(Self {
            uv,
            raw,
            closed: false,
        })
    }

    fn set_referenced(&self, referenced: bool) {
        let change = if referenced {
            self.uv.reference
        } else {
            self.uv.unreference
        };
        // SAFETY: the handle is open.
        unsafe { change(self.raw.as_ptr()) };
    }

    fn close(mut self, on_closed: OnClosed) {
        // SAFETY: the handle is open, so its callbacks are there.
        let callbacks = unsafe { callbacks(self.uv, self.raw.as_ptr()) };
        callbacks.on_closed.set(Some(on_closed));
        self.start_closing();
    }

    fn start_closing(&mut self) {
        if !std::mem::replace(&mut self.closed, true) {
            // SAFETY: the handle is open and is closed only here, once.
            unsafe { (self.uv.close)(self.raw.as_ptr(), Some(closed)) };
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.start_closing();
    }
}

/// # Safety
///
/// `handle` was made by [`Handle::new`] and its close callback has not run. The result must not be
/// used once it has.
unsafe fn callbacks<'a>(uv: &Libuv, handle: *mut UvHandle) -> &'a Callbacks {
    // SAFETY: `data` is the `Callbacks` that `Handle::new` set; only `closed` frees it.
    unsafe { &*(uv.handle_get_data)(handle).cast::<Callbacks>() }
}

unsafe extern "C" fn ready(handle: *mut UvHandle, status: c_int, events: c_int) {
    let Some(uv) = Libuv::get() else { return };
    // SAFETY: libuv calls back for an open handle of ours. Should the callback close it, the memory
    // stays until `closed`, which libuv calls from the loop and never from within `uv_close`.
    let callbacks = unsafe { callbacks(uv, handle) };
    if status < 0 {
        // libuv has stopped watching; whoever still wants to has to say so again.
        callbacks.watched.set(Interest::default());
    }
    // Whoever is called catches the panics of its connections; none must get into libuv.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        (callbacks.on_ready)(Interest {
            read: status < 0 || events & UV_READABLE != 0,
            write: status < 0 || events & UV_WRITABLE != 0,
            end: status < 0 || events & UV_DISCONNECT != 0,
        });
    }));
}

unsafe extern "C" fn woken(handle: *mut UvHandle) {
    // SAFETY: as for any callback of an open handle.
    unsafe { ready(handle, 0, UV_READABLE) };
}

unsafe extern "C" fn closed(handle: *mut UvHandle) {
    let Some(uv) = Libuv::get() else { return };
    // SAFETY: `data` is the box that `Handle::new` gave up, and libuv is done with the handle.
    let callbacks = unsafe { Box::from_raw((uv.handle_get_data)(handle).cast::<Callbacks>()) };
    debug_assert!(std::ptr::eq(callbacks.uv, uv));
    if let Some(on_closed) = callbacks.on_closed.take() {
        let _ = catch_unwind(AssertUnwindSafe(on_closed));
    }
    let _ = catch_unwind(AssertUnwindSafe(|| drop(callbacks)));
}
