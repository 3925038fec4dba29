//! The state of one JavaScript environment, and its end.
//!
//! The main thread and every worker that loads the addon have one each, and share nothing but what
//! is counted for the whole process. When an environment ends (a worker is terminated, the process
//! exits) an asynchronous cleanup hook joins the I/O threads and closes every libuv handle: libuv
//! aborts the process over handles that are left open. Where no socket can be taken over there are
//! none, and the hook is a plain one.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use napi::sys;

use super::delivery::{Call, DeliveryState};
use super::links::{COUNTERS, Link, Links, PER_PAGE};
use super::panics;
use super::raw::{Failure, HandleScope, Reference};
use crate::connection::Broadcast;
use crate::driver::IoThreads;
#[cfg(unix)]
use crate::driver::socket::READ_BUFFER;

pub(super) struct Environment {
    pub(super) env: sys::napi_env,
    pub(super) links: RefCell<Links>,
    pub(super) delivery: DeliveryState,
    /// Connections that have something to flush.
    pub(super) dirty: RefCell<Vec<Rc<Link>>>,
    /// How many calls from libuv are on the stack: their end flushes.
    depth: Cell<u32>,
    /// JavaScript has been asked to flush in its next tick.
    pub(super) flush_scheduled: Cell<bool>,
    pub(super) io_threads: Cell<IoThreads>,
    /// Somebody has said how many threads there are to be.
    pub(super) is_configured: Cell<bool>,
    pub(super) limits: super::limits::Holdings,
    #[cfg(unix)]
    pub(super) sockets_opened: Cell<usize>,
    /// When connections move.
    #[cfg(unix)]
    pub(super) mover: super::migration::Mover,
    #[cfg(unix)]
    pub(super) event_loop: Option<crate::driver::event_loop::EventLoop>,
    #[cfg(unix)]
    pub(super) threads: RefCell<Option<super::threads::Threads>>,
    /// Memory for messages that have not arrived.
    pub(super) ahead: Rc<super::incoming::Ahead>,
    /// What sockets are read into; taken out while it is in use.
    #[cfg(unix)]
    read_buffer: RefCell<Option<Box<[u8]>>>,
    /// What may be sent to others in the same turn.
    pub(super) broadcast: RefCell<Broadcast>,
    /// Where strings are encoded; taken out while it is in use.
    pub(super) scratch: RefCell<Vec<u8>>,
    /// Where small frames for streams are made.
    pub(super) frame: RefCell<Vec<u8>>,
    /// Sockets before their opening handshake, and whom to tell of their requests.
    #[cfg(unix)]
    pub(super) greetings: RefCell<super::greet::Greetings>,
    #[cfg(unix)]
    pub(super) greeter: Cell<Option<Reference>>,
    pages: RefCell<Vec<Reference>>,
    /// Until when what is queued may hold up the end of the process, once that has begun.
    exit_deadline: Cell<Option<Instant>>,
    closing: Cell<bool>,
    open_handles: Cell<usize>,
    cleanup: Cell<sys::napi_async_cleanup_hook_handle>,
}

/// How long what is queued may hold up the end of a process.
const EXIT_PATIENCE: Duration = Duration::from_millis(500);

impl Environment {
    /// Makes the state of an environment and arranges for its end.
    pub(super) fn new(env: sys::napi_env) -> Rc<Self> {
        let environment = Rc::new(Self {
            env,
            links: RefCell::default(),
            delivery: DeliveryState::default(),
            dirty: RefCell::default(),
            depth: Cell::new(0),
            flush_scheduled: Cell::new(false),
            io_threads: Cell::new(IoThreads::Auto),
            is_configured: Cell::new(false),
            limits: super::limits::Holdings::default(),
            #[cfg(unix)]
            sockets_opened: Cell::new(0),
            #[cfg(unix)]
            mover: super::migration::Mover::default(),
            #[cfg(unix)]
            event_loop: event_loop(env),
            #[cfg(unix)]
            threads: RefCell::default(),
            ahead: Rc::default(),
            #[cfg(unix)]
            read_buffer: RefCell::default(),
            broadcast: RefCell::default(),
            scratch: RefCell::default(),
            frame: RefCell::default(),
            #[cfg(unix)]
            greetings: RefCell::default(),
            #[cfg(unix)]
            greeter: Cell::new(None),
            pages: RefCell::default(),
            exit_deadline: Cell::new(None),
            closing: Cell::new(false),
            open_handles: Cell::new(0),
            cleanup: Cell::new(null_mut()),
        });
        let data = Rc::into_raw(Rc::clone(&environment)).cast_mut().cast();
        if environment.can_take_over() {
            let mut handle = null_mut();
            // SAFETY: `data` is a reference that only `clean_up` gives up, and Node calls that once.
            unsafe { sys::napi_add_async_cleanup_hook(env, Some(clean_up), data, &mut handle) };
            environment.cleanup.set(handle);
        } else {
            // Deno frees the handle of an asynchronous hook twice when the hook removes it.
            // SAFETY: as above.
            unsafe { sys::napi_add_env_cleanup_hook(env, Some(clean_up_at_once), data) };
        }
        environment
    }

    /// Whether sockets can be taken over here at all.
    pub(super) fn can_take_over(&self) -> bool {
        #[cfg(unix)]
        return self.event_loop.is_some();
        #[cfg(not(unix))]
        false
    }

    pub(super) fn link(&self, id: f64) -> Option<Rc<Link>> {
        self.links.borrow().get(id)
    }

    /// Runs what libuv calls: within a handle scope, and, if it is not part of a larger run, with a
    /// flush at its end. A panic is caught and fails `link`.
    pub(super) fn run(self: &Rc<Self>, link: Option<&Rc<Link>>, body: impl FnOnce(&Rc<Self>)) {
        if self.is_closing() {
            return;
        }
        let _scope = HandleScope::open(self.env);
        if self.depth.get() == 0 {
            self.delivery.count_turn();
        }
        self.depth.set(self.depth.get() + 1);
        match link {
            Some(link) => panics::guarded(self, link, Call::Callback, || body(self)),
            None => panics::caught(|| body(self)),
        };
        if self.depth.get() == 1 {
            panics::caught(|| super::flush::flush_dirty(self));
            #[cfg(unix)]
            panics::caught(|| super::migration::consider(self, Call::Callback));
        }
        self.depth.set(self.depth.get() - 1);
    }

    /// How JavaScript is to be called now.
    #[cfg(unix)]
    pub(super) fn present_call(&self) -> Call {
        if self.depth.get() > 0 {
            Call::Callback
        } else {
            Call::Nested
        }
    }

    /// Whether nothing of a connection's is being handled: no bytes of it are half decoded, say.
    #[cfg(unix)]
    pub(super) fn is_between_turns(&self, call: Call) -> bool {
        match call {
            // At the end of a callback, unless that came from within another.
            Call::Callback => self.depth.get() <= 1,
            Call::Nested => self.depth.get() == 0,
        }
    }

    /// Remembers that `link` has something to flush. Returns whether JavaScript must arrange for
    /// that, in its next tick.
    pub(super) fn mark_dirty(&self, link: &Rc<Link>) -> bool {
        if !link.dirty.replace(true) {
            self.dirty.borrow_mut().push(Rc::clone(link));
        }
        self.wants_flush()
    }

    /// Whether JavaScript must arrange for a flush in its next tick.
    pub(super) fn wants_flush(&self) -> bool {
        self.depth.get() == 0 && !self.flush_scheduled.replace(true)
    }

    /// A page of counters that JavaScript can read.
    pub(super) fn ensure_page(&self) -> Result<(), Failure> {
        if !self.links.borrow().needs_page() {
            return Ok(());
        }
        let mut data = null_mut();
        let mut value = null_mut();
        let length = COUNTERS * PER_PAGE * size_of::<AtomicU64>();
        // SAFETY: the out-pointers are valid.
        unsafe { sys::napi_create_arraybuffer(self.env, length, &mut data, &mut value) };
        if data.is_null() {
            return Err(Failure {
                code: "ERR_MEMORY_ALLOCATION_FAILED",
                message: "no memory for another connection".to_owned(),
            });
        }
        // The reference keeps the page for good. JavaScript code of ours alone sees the array
        // buffer, and never detaches it.
        self.pages
            .borrow_mut()
            .push(Reference::new(self.env, value)?);
        self.links.borrow_mut().add_page(data.cast::<AtomicU64>());
        Ok(())
    }

    pub(super) fn page(&self, index: usize) -> Option<Reference> {
        self.pages.borrow().get(index).copied()
    }

    #[cfg(unix)]
    pub(super) fn take_read_buffer(&self) -> Box<[u8]> {
        let taken = self.read_buffer.borrow_mut().take();
        taken.unwrap_or_else(|| vec![0; READ_BUFFER].into_boxed_slice())
    }

    #[cfg(unix)]
    pub(super) fn give_back_read_buffer(&self, buffer: Box<[u8]>) {
        *self.read_buffer.borrow_mut() = Some(buffer);
    }

    /// The process is about to end.
    pub(super) fn begin_exit(&self) {
        if self.exit_deadline.get().is_none() {
            self.exit_deadline.set(Some(Instant::now() + EXIT_PATIENCE));
        }
    }

    pub(super) fn exit_deadline(&self) -> Option<Instant> {
        self.exit_deadline.get()
    }

    /// The environment is ending: JavaScript must not be called.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// Counts a libuv handle, until what this returns is dropped.
    #[cfg(unix)]
    pub(super) fn count_handle(self: &Rc<Self>) -> OpenHandle {
        self.open_handles.set(self.open_handles.get() + 1);
        OpenHandle(Rc::clone(self))
    }

    fn finish_if_closed(&self) {
        if self.closing.get() && self.open_handles.get() == 0 {
            let cleanup = self.cleanup.replace(null_mut());
            if !cleanup.is_null() {
                // SAFETY: the handle is the one that Node gave for this hook, used once.
                unsafe { sys::napi_remove_async_cleanup_hook(cleanup) };
            }
        }
    }
}

/// Belongs to a callback of a libuv handle, and so lives until libuv has closed that, however it
/// came to be closed.
#[cfg(unix)]
pub(super) struct OpenHandle(Rc<Environment>);

#[cfg(unix)]
impl Drop for OpenHandle {
    fn drop(&mut self) {
        let Self(environment) = self;
        environment
            .open_handles
            .set(environment.open_handles.get() - 1);
        environment.finish_if_closed();
    }
}

#[cfg(unix)]
fn event_loop(env: sys::napi_env) -> Option<crate::driver::event_loop::EventLoop> {
    use crate::driver::event_loop::EventLoop;
    use crate::driver::libuv::{Libuv, UvLoop};

    // Bun and Deno have functions of libuv's names, too: Bun's end the process, and Deno's know
    // nothing of its sockets.
    if !super::raw::host_is_node(env) {
        return None;
    }
    let uv = Libuv::get()?;
    let mut raw = null_mut();
    // SAFETY: the out-pointer is valid.
    let status = unsafe { sys::napi_get_uv_event_loop(env, &mut raw) };
    let raw = std::ptr::NonNull::new(raw.cast::<UvLoop>())?;
    if status != sys::Status::napi_ok {
        return None;
    }
    // SAFETY: the loop runs this thread, and Node keeps it until the environment's cleanup hooks,
    // which close every handle, have finished.
    Some(unsafe { EventLoop::new(uv, raw) })
}

/// The cleanup hook where nothing has to be waited for.
unsafe extern "C" fn clean_up_at_once(data: *mut c_void) {
    // SAFETY: the caller's promise is the same, and `clean_up` does not use the handle.
    unsafe { clean_up(null_mut(), data) };
}

/// The asynchronous cleanup hook.
unsafe extern "C" fn clean_up(_handle: sys::napi_async_cleanup_hook_handle, data: *mut c_void) {
    // SAFETY: `data` is the reference that `Environment::new` gave up.
    let environment = unsafe { Rc::from_raw(data.cast::<Environment>().cast_const()) };
    environment.closing.set(true);
    panics::caught(|| environment.dirty.borrow_mut().clear());
    #[cfg(unix)]
    {
        // Each by itself: a handle that stays open would keep the environment from ending.
        panics::caught(|| {
            if let Some(threads) = environment.threads.take() {
                threads.shut_down(&environment);
            }
        });
        for link in environment.links.borrow().all() {
            panics::caught(|| super::control::abandon(&environment, &link));
        }
        for (_, greeting) in environment.greetings.take() {
            panics::caught(|| super::greet::abandon(&environment, greeting));
        }
    }
    environment.finish_if_closed();
    panics::caught(|| drop(environment));
}
