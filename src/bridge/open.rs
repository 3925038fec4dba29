//! The beginning of a connection.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use napi::sys;
#[cfg(unix)]
use socket2::Socket;

use super::environment::Environment;
use super::links::{Io, Link, Reserved};
use super::panics;
use super::raw::{self, Failure, Outcome, Reference};
use crate::connection::{Connection, ConnectionConfig};
#[cfg(unix)]
use crate::driver::{
    Home,
    event_loop::{EventLoop, Poll},
};
use crate::forced_panics::{Place, panic_if_forced};
use crate::protocol::{DecoderConfig, DeflatePolicy, DeflaterConfig, InflaterConfig, Limits, Role};

/// What `openSocket` returns if the socket cannot be taken over: the stream driver serves then.
const NOT_TAKEN: f64 = -1.0;

/// `openStream(receiver, settings)`: a connection whose bytes Node moves. Returns its id.
pub(super) fn open_stream(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let env = environment.env;
    let config = settings(env, args[1])?;
    let reserved = reserve(environment)?;
    // Events only come from within `receive`, whose caller has the object; `lib/connection.js`
    // closes the connection when the object is no longer used.
    let receiver = Reference::weak(env, args[0])?;
    let io = Io::Stream(Box::new(Connection::new(&config)));
    insert(environment, reserved, receiver, std::ptr::null_mut(), io);
    Ok(raw::double(env, reserved.id as f64))
}

/// `openSocket(receiver, settings, fd, response)`: takes a socket over. The response to the opening
/// handshake, if there is one, leaves before anything else. Returns the id, or -1.
///
/// Nothing is read before `start`.
pub(super) fn open_socket(environment: &Rc<Environment>, args: [sys::napi_value; 4]) -> Outcome {
    let env = environment.env;
    let config = settings(env, args[1])?;
    let fd = raw::number(env, args[2])? as i32;
    let mut response = Vec::new();
    raw::append_string(env, args[3], &mut response)?;
    // A socket that cannot be taken over is served by the stream driver, for whatever reason.
    let id = panics::caught(|| take_over(environment, config, fd, response, args[0]));
    let id = id.unwrap_or(Ok(None))?;
    Ok(raw::double(env, id.unwrap_or(NOT_TAKEN)))
}

/// `start(id, head)`: delivers the bytes that were read before the takeover, then reads the socket.
/// Returns whether bytes are kept instead, because the connection is paused: to be called again, with
/// none, when it is resumed.
pub(super) fn start(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let env = environment.env;
    let id = raw::number(env, args[0])?;
    let head = raw::byte_array(env, args[1])?;
    let mut keeps = false;
    #[cfg(unix)]
    if let Some(link) = environment.link(id) {
        // SAFETY: the bytes are copied at once.
        let mut head = unsafe { &*head.as_mut_slice() }.to_vec();
        if let Some(kept) = link.head.take() {
            head.extend_from_slice(&kept);
        }
        let on_thread = matches!(&*link.io.borrow(), Io::Thread(_));
        if on_thread {
            super::threads::start(environment, &link, head);
        } else {
            keeps = super::receive::start(environment, &link, head);
        }
    }
    Ok(raw::int32(env, i32::from(keeps)))
}

/// `counters(index)`: the page of counters of the connections from `index * 1024` on, four doubles
/// each: bytes accepted, bytes written, 1 while the socket takes no more, and how many more bytes
/// messages became on their I/O thread (fewer, if it is negative).
pub(super) fn counters(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    panic_if_forced(Place::Counters);
    let index = raw::bits(environment.env, args[0]) as usize;
    Ok(match environment.page(index) {
        Some(page) => page.get(environment.env),
        None => raw::undefined(environment.env),
    })
}

pub(super) fn reserve(environment: &Environment) -> Result<Reserved, Failure> {
    environment.ensure_page()?;
    let reserved = environment.links.borrow_mut().reserve();
    reserved.ok_or_else(|| Failure {
        code: "HAWSER_ERR_TOO_MANY_CONNECTIONS",
        message: "too many connections".to_owned(),
    })
}

pub(super) fn insert(
    environment: &Environment,
    reserved: Reserved,
    receiver: Reference,
    async_context: sys::napi_async_context,
    io: Io,
) {
    let link = Link {
        id: reserved.id,
        receiver,
        async_context,
        counters: reserved.counters,
        dirty: Cell::new(false),
        closed: Cell::new(false),
        was_tapped: Cell::new(false),
        in_hand: Cell::new(false),
        is_broken: Cell::new(false),
        io: RefCell::new(io),
        head: Cell::default(),
        incoming: RefCell::default(),
    };
    environment.links.borrow_mut().insert(Rc::new(link));
    environment.limits.opened();
}

#[cfg(not(unix))]
fn take_over(
    _environment: &Rc<Environment>,
    _config: ConnectionConfig,
    _fd: i32,
    _response: Vec<u8>,
    _receiver: sys::napi_value,
) -> Result<Option<f64>, Failure> {
    Ok(None)
}

#[cfg(unix)]
fn take_over(
    environment: &Rc<Environment>,
    config: ConnectionConfig,
    fd: i32,
    response: Vec<u8>,
    receiver: sys::napi_value,
) -> Result<Option<f64>, Failure> {
    use crate::driver::takeover;

    if !environment.can_take_over() || environment.is_closing() {
        return Ok(None);
    }
    let Ok(socket) = takeover::duplicate(fd) else {
        return Ok(None);
    };
    // With one that has failed Node goes on as it would: what it has read is not heard if the answer
    // cannot be written.
    if crate::driver::socket::has_failed(&socket) {
        return Ok(None);
    }
    panic_if_forced(Place::Open);
    let reserved = reserve(environment)?;
    let io = match choose_home(environment) {
        Home::EventLoop => {
            let event_loop = environment.event_loop;
            let poll = event_loop.and_then(|it| watch(environment, it, reserved.id, &socket).ok());
            let Some(poll) = poll else {
                environment.links.borrow_mut().remove(reserved.id);
                return Ok(None);
            };
            on_event_loop(environment, reserved, config, poll, socket, response, 0)
        }
        Home::Thread(thread) => {
            on_thread(environment, reserved, config, socket, response, thread, 0)
        }
    };
    let reference = Reference::new(environment.env, receiver)?;
    let context = async_context(environment.env, receiver);
    insert(environment, reserved, reference, context, io);
    if let Some(link) = environment.link(reserved.id as f64) {
        // Not before `lib/native-socket.js` has put everything in place for what may come of it:
        // it schedules the flush.
        environment.mark_dirty(&link);
    }
    Ok(Some(reserved.id as f64))
}

/// Where the next connection is to live. Its thread, if it gets one, runs.
#[cfg(unix)]
pub(super) fn choose_home(environment: &Rc<Environment>) -> Home {
    let count = environment.sockets_opened.get();
    environment.sockets_opened.set(count + 1);
    match environment.io_threads.get().choose(count) {
        // No thread to be had: the event loop needs none.
        Home::Thread(thread) if super::threads::ensure(environment, thread).is_err() => {
            Home::EventLoop
        }
        home => home,
    }
}

/// Prepares to watch the socket of a connection, or of one that is still to be greeted.
#[cfg(unix)]
pub(super) fn watch(
    environment: &Rc<Environment>,
    event_loop: EventLoop,
    id: u64,
    socket: &Socket,
) -> std::io::Result<Poll> {
    let weak = Rc::downgrade(environment);
    let open = environment.count_handle();
    Poll::new(event_loop, socket, move |ready| {
        let _counted = &open;
        let Some(environment) = weak.upgrade() else {
            return;
        };
        match environment.link(id as f64) {
            Some(link) => super::receive::ready(&environment, &link, ready),
            None => super::greet::ready(&environment, id),
        }
    })
}

#[cfg(unix)]
pub(super) fn on_event_loop(
    environment: &Environment,
    reserved: Reserved,
    config: ConnectionConfig,
    poll: Poll,
    socket: Socket,
    response: Vec<u8>,
    bytes_read: usize,
) -> Io {
    use super::links::EventLoopIo;

    let mut connection = Connection::new(&config);
    if !response.is_empty() {
        connection.outbound.push(response);
    }
    reserved
        .counters
        .set_accepted(connection.outbound.accepted());
    super::large_messages::prepare(&environment.mover, &mut connection.decoder);
    Io::EventLoop(Box::new(EventLoopIo {
        bytes_read: bytes_read as u64,
        ..EventLoopIo::new(connection, poll, socket)
    }))
}

#[cfg(unix)]
pub(super) fn on_thread(
    environment: &Rc<Environment>,
    reserved: Reserved,
    config: ConnectionConfig,
    socket: Socket,
    response: Vec<u8>,
    thread: usize,
    bytes_read: usize,
) -> Io {
    use super::links::ThreadIo;
    use crate::connection::InboundBudget;
    use crate::driver::io_threads::{CommandKind, NewConnection, Progress, Reading};
    use crate::protocol::Encoder;
    use std::sync::Arc;

    let names = crate::driver::socket::names(&socket);
    let budget = Arc::new(InboundBudget::default());
    budget.count_received(bytes_read);
    // SAFETY: the page of counters lives as long as the environment, which joins its threads.
    let progress = unsafe { Progress::new(reserved.counters.progress_cells()) };
    // The decoder stays here until reading begins.
    let to_write = ConnectionConfig {
        decoder: DecoderConfig {
            inflate: None,
            ..config.decoder
        },
        ..config
    };
    let new = NewConnection {
        key: reserved.id,
        socket,
        connection: Box::new(Connection::new(&to_write)),
        accounted: 0,
        reading: Reading::ToBegin,
        budget: Arc::clone(&budget),
        progress,
    };
    let open = CommandKind::Open(Box::new(new));
    super::threads::command_thread(environment, thread, reserved.id, open);
    // What has to be compressed is encoded by the thread.
    let encoder = config.deflate.is_none().then(|| Encoder::new(None));
    let decoder = Some(Box::new(config.decoder()));
    let mut io = ThreadIo::new(thread, decoder, encoder, budget, names);
    io.accepted = response.len() as u64;
    io.cork = response;
    reserved.counters.set_accepted(io.accepted);
    super::threads::set_referenced(environment, reserved.id, &mut io, true);
    Io::Thread(Box::new(io))
}

/// The context in which the connection's callbacks run: that of the present call.
#[cfg(unix)]
pub(super) fn async_context(
    env: sys::napi_env,
    resource: sys::napi_value,
) -> sys::napi_async_context {
    let name = raw::string(env, "WebSocket");
    let mut context = std::ptr::null_mut();
    // SAFETY: both are values of the present scope.
    unsafe { sys::napi_async_init(env, resource, name, &mut context) };
    context
}

pub(super) fn destroy_context(env: sys::napi_env, context: sys::napi_async_context) {
    if !context.is_null() {
        // SAFETY: the context was made for one connection. It is destroyed once: either when the
        // connection is forgotten, or when it is abandoned, after which nothing is called for it.
        unsafe { sys::napi_async_destroy(env, context) };
    }
}

/// Places in the settings array, which `lib/connection-settings.js` fills in the same order.
mod place {
    pub(super) const FLAGS: usize = 0;
    pub(super) const MAX_PAYLOAD: usize = 1;
    pub(super) const MAX_FRAGMENTS: usize = 2;
    pub(super) const MAX_BUFFERED_CHUNKS: usize = 3;
    pub(super) const LEVEL: usize = 4;
    pub(super) const DEFLATE_WINDOW_BITS: usize = 5;
    pub(super) const MEM_LEVEL: usize = 6;
    pub(super) const STRATEGY: usize = 7;
    pub(super) const DEFLATE_NO_TAKEOVER: usize = 8;
    pub(super) const THRESHOLD: usize = 9;
    pub(super) const INFLATE_WINDOW_BITS: usize = 10;
    pub(super) const INFLATE_NO_TAKEOVER: usize = 11;
    pub(super) const COUNT: usize = 12;
}

/// Bits of the first setting.
mod flag {
    pub(super) const SERVER: u32 = 1;
    pub(super) const SKIP_UTF8_VALIDATION: u32 = 2;
    pub(super) const KEEP_FRAGMENTS: u32 = 4;
    pub(super) const DEFLATE: u32 = 8;
}

/// Reads the settings of a connection from a `Float64Array`.
pub(super) fn settings(
    env: sys::napi_env,
    value: sys::napi_value,
) -> Result<ConnectionConfig, Failure> {
    let mut kind = 0;
    let mut length = 0;
    let mut data = std::ptr::null_mut();
    // SAFETY: the out-pointers are valid; a value of another type gives an error status.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut length,
            &mut data,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
    let is_doubles = kind == sys::TypedarrayType::float64_array;
    if status != sys::Status::napi_ok || !is_doubles || length < place::COUNT {
        return Err(Failure::argument("a Float64Array of settings was expected"));
    }
    // SAFETY: the array has at least `COUNT` doubles, and no JavaScript runs while they are read.
    let values = unsafe { std::slice::from_raw_parts(data.cast::<f64>(), place::COUNT) };
    let flags = values[place::FLAGS] as u32;
    let deflates = flags & flag::DEFLATE != 0;
    // Casts from doubles saturate, so that no value is out of range.
    let limit = |value: f64| (value >= 1.0).then_some(value as usize);
    let count = |value: f64| (value >= 1.0).then_some(value as u32);
    Ok(ConnectionConfig {
        decoder: DecoderConfig {
            role: if flags & flag::SERVER != 0 {
                Role::Server
            } else {
                Role::Client
            },
            limits: Limits {
                max_payload: limit(values[place::MAX_PAYLOAD]),
                max_fragments: count(values[place::MAX_FRAGMENTS]),
                max_buffered_chunks: count(values[place::MAX_BUFFERED_CHUNKS]),
            },
            skip_utf8_validation: flags & flag::SKIP_UTF8_VALIDATION != 0,
            inflate: deflates.then_some(InflaterConfig {
                window_bits: values[place::INFLATE_WINDOW_BITS] as u8,
                no_context_takeover: values[place::INFLATE_NO_TAKEOVER] != 0.0,
            }),
        },
        deflate: deflates.then_some(DeflatePolicy {
            deflater: DeflaterConfig {
                level: values[place::LEVEL] as i32,
                window_bits: values[place::DEFLATE_WINDOW_BITS] as u8,
                mem_level: values[place::MEM_LEVEL] as i32,
                strategy: values[place::STRATEGY] as i32,
                no_context_takeover: values[place::DEFLATE_NO_TAKEOVER] != 0.0,
            },
            threshold: values[place::THRESHOLD] as usize,
        }),
        keep_fragments: flags & flag::KEEP_FRAGMENTS != 0,
    })
}
