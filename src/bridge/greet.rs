//! Connections before their opening handshake, on a port of our own.
//!
//! `lib/native-listener.js` gives the descriptors of sockets that Node has accepted and not begun to
//! read. Their request is looked at and left in the socket: JavaScript decides whether it is
//! [admitted](admit), which takes it off the socket and opens the connection, or
//! [dismissed](dismiss), after which Node reads it as if nobody had been there.

use std::collections::HashMap;
use std::rc::Rc;

use napi::sys;

use super::delivery::report_exception;
use super::environment::Environment;
use super::links::{Io, Reserved};
use super::open;
use super::panics;
use super::raw::{self, HandleScope, Outcome, Reference};
use crate::connection::ConnectionConfig;
use crate::driver::event_loop::{Interest, Poll};
use crate::driver::socket::{self, Received};
use crate::driver::{Home, takeover};
use crate::forced_panics::{Place, panic_if_forced};
use crate::protocol::{MAX_REQUEST_HEAD, UpgradeRequest, accept_key};

/// What `greet` returns if Node has to serve the socket.
const NOT_GREETED: f64 = -1.0;

/// What `admit` returns: bits.
const ADMITTED: i32 = 1;
const SCHEDULE_FLUSH: i32 = 2;

/// Bits that JavaScript is told of a request.
const OFFERS_EXTENSIONS: i32 = 1;
const OFFERS_PROTOCOLS: i32 = 2;

/// The sockets whose request is awaited, by the id of the connection they may become.
pub(super) type Greetings = HashMap<u64, Greeting>;

pub(super) struct Greeting {
    reserved: Reserved,
    receiver: Reference,
    async_context: sys::napi_async_context,
    /// Declared before the socket: watching ends before the descriptor is closed.
    poll: Poll,
    socket: socket2::Socket,
    /// The request that JavaScript has been told of.
    request: Option<UpgradeRequest>,
    /// Whether more has come than a request may be long.
    is_long: bool,
}

/// `configureGreeting(callback)`: whom to tell of requests. The callback is called on the connection
/// with its id, the head of the request (undefined if it is not a usual one), where its target
/// ends, and what it offers.
pub(super) fn configure_greeting(
    environment: &Rc<Environment>,
    args: [sys::napi_value; 1],
) -> Outcome {
    let env = environment.env;
    let callback = Reference::new(env, args[0])?;
    // As with delivery: the functions of all copies of `lib/` are the same.
    if let Some(before) = environment.greeter.replace(Some(callback)) {
        before.delete(env);
    }
    Ok(raw::undefined(env))
}

/// `greet(connection, fd)`: awaits the request on a socket. Returns the id of the connection to be,
/// or -1. The request may be there already: then it is told of within the call, unless so much is
/// behind it that the loop has to read on.
pub(super) fn greet(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let env = environment.env;
    let fd = raw::number(env, args[1])? as i32;
    let id = panics::caught(|| await_request(environment, args[0], fd)).unwrap_or(Ok(None))?;
    if let Some(id) = id {
        look(environment, id, Moment::Accepted);
    }
    Ok(raw::double(env, id.map_or(NOT_GREETED, |id| id as f64)))
}

fn await_request(
    environment: &Rc<Environment>,
    receiver: sys::napi_value,
    fd: i32,
) -> Result<Option<u64>, raw::Failure> {
    let Some(event_loop) = environment.event_loop else {
        return Ok(None);
    };
    if environment.is_closing() {
        return Ok(None);
    }
    let Ok(socket) = takeover::duplicate_accepted(fd) else {
        return Ok(None);
    };
    let reserved = open::reserve(environment)?;
    let Ok(poll) = open::watch(environment, event_loop, reserved.id, &socket) else {
        environment.links.borrow_mut().remove(reserved.id);
        return Ok(None);
    };
    let greeting = Greeting {
        reserved,
        receiver: Reference::new(environment.env, receiver)?,
        async_context: open::async_context(environment.env, receiver),
        poll,
        socket,
        request: None,
        is_long: false,
    };
    let mut greetings = environment.greetings.borrow_mut();
    greetings.insert(reserved.id, greeting);
    Ok(Some(reserved.id))
}

/// The loop says that a socket has become readable, or has failed.
pub(super) fn ready(environment: &Rc<Environment>, id: u64) {
    let mut is_long = false;
    environment.run(None, |environment| {
        is_long = look(environment, id, Moment::Readable)
    });
    if is_long && let Some(link) = environment.link(id as f64) {
        // There may be more than what came with the request. Node reads on before anything else, too,
        // if that was as much as it reads at a time.
        let reads = matches!(&*link.io.borrow(), Io::EventLoop(io)
            if io.may_read() && io.bytes_read >= FIRST_READ as u64);
        if reads {
            super::receive::ready(environment, &link, READABLE);
        }
    }
}

/// When a request is looked for.
#[derive(Debug, PartialEq, Eq)]
enum Moment {
    /// The socket has just been accepted.
    Accepted,
    /// The loop says that it is readable.
    Readable,
}

/// Looks for the request of a socket and, if there is anything, tells JavaScript. Returns whether
/// there is more than a request may be long.
fn look(environment: &Rc<Environment>, id: u64, moment: Moment) -> bool {
    let env = environment.env;
    let _scope = HandleScope::open(env);
    let (receiver, async_context, news, is_long) = {
        let mut greetings = environment.greetings.borrow_mut();
        let Some(greeting) = greetings.get_mut(&id) else {
            return false;
        };
        // Who cannot be looked at is left to Node, like any other unusual request.
        let news = panics::caught(|| greeting.look(environment));
        let news = news.unwrap_or_else(|| Some([raw::undefined(env); 3]));
        let Some(news) = news.filter(|_| moment == Moment::Readable || !greeting.is_long) else {
            greeting.poll.watch(READABLE);
            return false;
        };
        // Whatever is decided, nobody wants to hear of this request again.
        greeting.poll.watch(Interest::default());
        (
            greeting.receiver.get(env),
            greeting.async_context,
            [raw::double(env, id as f64), news[0], news[1], news[2]],
            greeting.is_long,
        )
    };
    let Some(greeter) = environment.greeter.get() else {
        return false;
    };
    let mut result = std::ptr::null_mut();
    // SAFETY: all values are of the present scope, no `RefCell` of ours is borrowed, and the context
    // is destroyed by `dismiss` or with the connection, after which it is not used here.
    let status = unsafe {
        let callback = greeter.get(env);
        let (count, news) = (news.len(), news.as_ptr());
        sys::napi_make_callback(
            env,
            async_context,
            receiver,
            callback,
            count,
            news,
            &mut result,
        )
    };
    if status == sys::Status::napi_pending_exception {
        report_exception(env);
    }
    is_long
}

const READABLE: Interest = Interest {
    read: true,
    write: false,
    end: false,
};

impl Greeting {
    /// The request as JavaScript is told of it, if anything has happened on the socket.
    fn look(&mut self, environment: &Environment) -> Option<[sys::napi_value; 3]> {
        let env = environment.env;
        panic_if_forced(Place::Greet);
        let mut head = environment.scratch.take();
        head.clear();
        head.reserve(MAX_REQUEST_HEAD);
        let received = socket::peek_into(&self.socket, &mut head, MAX_REQUEST_HEAD);
        let news = if let Received::WouldBlock = received {
            None
        } else {
            self.request = UpgradeRequest::read(&head);
            self.is_long = head.len() == MAX_REQUEST_HEAD;
            Some(match &self.request {
                Some(request) => {
                    let mut offers = 0;
                    if request.offers_extensions {
                        offers |= OFFERS_EXTENSIONS;
                    }
                    if request.offers_protocols {
                        offers |= OFFERS_PROTOCOLS;
                    }
                    let target_end = request.target_end as i32;
                    [
                        raw::ascii(env, &head[..request.length]),
                        raw::int32(env, target_end),
                        raw::int32(env, offers),
                    ]
                }
                None => [raw::undefined(env); 3],
            })
        };
        head.clear();
        environment.scratch.replace(head);
        news
    }

    /// Takes the request, which has been looked at, off the socket, and what came behind it. If the
    /// socket has failed meanwhile, the connection hears of it when it reads.
    fn take_request(&mut self, environment: &Environment) -> Option<Taken> {
        let request = self.request.take()?;
        let mut buffer = environment.take_read_buffer();
        let received = socket::receive(&self.socket, &mut buffer[..FIRST_READ]);
        let length = match received {
            Received::Bytes(length) => length,
            _ => request.length,
        };
        let behind = buffer.get(request.length..length);
        let head = behind.filter(|bytes| !bytes.is_empty()).map(Box::from);
        environment.give_back_read_buffer(buffer);
        Some(Taken {
            request,
            length,
            head,
        })
    }

    /// Reads what is behind a first read of so many bytes, and which nobody is to hear. The socket's
    /// error stays, for whoever writes to it.
    fn discard(&self, environment: &Environment, first: usize) {
        let mut buffer = environment.take_read_buffer();
        let mut last = first;
        while last == FIRST_READ {
            last = match socket::receive(&self.socket, &mut buffer[..FIRST_READ]) {
                Received::Bytes(length) => length,
                _ => 0,
            };
        }
        environment.give_back_read_buffer(buffer);
    }
}

/// What Node reads of a socket at a time, and has heard whatever becomes of the connection.
const FIRST_READ: usize = 64 * 1024;

/// What has been taken off a socket to open a connection.
struct Taken {
    request: UpgradeRequest,
    /// Of all of it.
    length: usize,
    /// The first bytes behind it.
    head: Option<Box<[u8]>>,
}

/// `admit(id, settings, response)`: takes the request off the socket and opens the connection. The
/// response leaves before anything else; without one, the engine writes what every accepted client
/// gets. Returns bits; 0 if no such request has been told of.
pub(super) fn admit(environment: &Rc<Environment>, args: [sys::napi_value; 3]) -> Outcome {
    let env = environment.env;
    let id = raw::number(env, args[0])? as u64;
    let config = open::settings(env, args[1])?;
    let mut response = Vec::new();
    raw::append_string(env, args[2], &mut response)?;
    let greeting = environment.greetings.borrow_mut().remove(&id);
    let Some(mut greeting) = greeting else {
        return Ok(raw::int32(env, 0));
    };
    let Some(mut taken) = greeting.take_request(environment) else {
        let_go(environment, greeting);
        return Ok(raw::int32(env, 0));
    };
    // Whom the answer cannot reach any more is not heard by Node either.
    if taken.head.is_some() && socket::has_failed(&greeting.socket) {
        taken.head = None;
        greeting.discard(environment, taken.length);
    }
    if response.is_empty() {
        response = plain_response(&taken.request);
    }
    panic_if_forced(Place::Admit);
    socket::set_no_delay(&greeting.socket, true);
    let schedule = open_connection(environment, greeting, config, response, taken);
    let flush = if schedule { SCHEDULE_FLUSH } else { 0 };
    Ok(raw::int32(env, ADMITTED | flush))
}

/// What a client is answered that has been given neither a subprotocol nor an extension. It is what
/// `acceptanceHead` of `lib/server-handshake.js` makes.
fn plain_response(request: &UpgradeRequest) -> Vec<u8> {
    let key = String::from_utf8_lossy(&request.key);
    format!(
        "HTTP/1.1 101 Switching Protocols\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(&key)
    )
    .into_bytes()
}

fn open_connection(
    environment: &Rc<Environment>,
    greeting: Greeting,
    config: ConnectionConfig,
    response: Vec<u8>,
    Taken { length, head, .. }: Taken,
) -> bool {
    let Greeting {
        reserved,
        receiver,
        async_context,
        poll,
        socket,
        ..
    } = greeting;
    let io = match open::choose_home(environment) {
        Home::EventLoop => open::on_event_loop(
            environment,
            reserved,
            config,
            poll,
            socket,
            response,
            length,
        ),
        Home::Thread(thread) => {
            drop(poll);
            open::on_thread(
                environment,
                reserved,
                config,
                socket,
                response,
                thread,
                length,
            )
        }
    };
    open::insert(environment, reserved, receiver, async_context, io);
    let link = environment.link(reserved.id as f64);
    link.is_some_and(|link| {
        link.head.set(head);
        environment.mark_dirty(&link)
    })
}

/// `dismiss(id)`: the socket is Node's again.
pub(super) fn dismiss(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let env = environment.env;
    let id = raw::number(env, args[0])? as u64;
    let greeting = environment.greetings.borrow_mut().remove(&id);
    if let Some(greeting) = greeting {
        let_go(environment, greeting);
    }
    Ok(raw::undefined(env))
}

fn let_go(environment: &Rc<Environment>, greeting: Greeting) {
    environment.links.borrow_mut().remove(greeting.reserved.id);
    greeting.receiver.delete(environment.env);
    abandon(environment, greeting);
}

/// Gives a socket up at the end of its environment.
pub(super) fn abandon(environment: &Rc<Environment>, greeting: Greeting) {
    open::destroy_context(environment.env, greeting.async_context);
}
