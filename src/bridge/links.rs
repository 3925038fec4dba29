//! The connections of an environment.
//!
//! JavaScript names a connection by a number: its place in a table, and how often that place had
//! been used before. A number is never given twice, so that a late call for a connection that is
//! gone finds nothing.

use std::cell::{Cell, RefCell};
#[cfg(unix)]
use std::collections::VecDeque;
use std::rc::Rc;
#[cfg(unix)]
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use napi::sys;

use super::incoming::Incoming;
use super::raw::Reference;
use crate::connection::Connection;
#[cfg(unix)]
use crate::connection::InboundBudget;
#[cfg(unix)]
use crate::driver::io_threads::{CommandKind, Delivery};
#[cfg(unix)]
use crate::protocol::Decoder;
use crate::protocol::Encoder;

/// One connection, as the bridge sees it.
pub(super) struct Link {
    pub(super) id: u64,
    /// The object of `lib/connection.js` that its events go to.
    pub(super) receiver: Reference,
    /// In which its callbacks run; null where the caller's own context is right (streams).
    pub(super) async_context: sys::napi_async_context,
    pub(super) counters: Counters,
    /// Something waits to be flushed.
    pub(super) dirty: Cell<bool>,
    /// JavaScript has let go of it, or it was never opened completely.
    pub(super) closed: Cell<bool>,
    /// Somebody listened to the bytes of its socket when that was closed.
    pub(super) was_tapped: Cell<bool>,
    /// What has been read of it on the loop is being decoded, further up the stack.
    pub(super) in_hand: Cell<bool>,
    /// There has been a panic in its service: see `panics`.
    pub(super) is_broken: Cell<bool>,
    pub(super) io: RefCell<Io>,
    /// What came behind a request that the engine has answered, until reading begins. Of other
    /// requests JavaScript has it.
    pub(super) head: Cell<Option<Box<[u8]>>>,
    /// The message that is being put together in JavaScript's memory.
    pub(super) incoming: RefCell<Option<Incoming>>,
}

/// Who moves the bytes, with what that driver needs.
pub(super) enum Io {
    /// Node moves the bytes.
    Stream(Box<Connection>),
    #[cfg(unix)]
    EventLoop(Box<EventLoopIo>),
    #[cfg(unix)]
    Thread(Box<ThreadIo>),
    /// The socket is being closed; what was read of it is still being delivered.
    Closing(Box<Connection>),
    /// Nothing is left.
    Closed,
}

impl Io {
    /// What makes frames of messages, if it is on this thread.
    pub(super) fn encoder(&mut self) -> Option<&mut Encoder> {
        match self {
            Self::Stream(connection) | Self::Closing(connection) => Some(&mut connection.encoder),
            #[cfg(unix)]
            Self::EventLoop(io) => Some(&mut io.connection.encoder),
            #[cfg(unix)]
            Self::Thread(io) => io.encoder.as_mut(),
            Self::Closed => None,
        }
    }
}

#[cfg(unix)]
pub(super) struct EventLoopIo {
    pub(super) connection: Connection,
    /// Declared before the socket: watching ends before the descriptor is closed.
    pub(super) poll: crate::driver::event_loop::Poll,
    pub(super) socket: socket2::Socket,
    pub(super) started: bool,
    pub(super) paused: bool,
    /// What was read before the takeover, if the connection was paused by then.
    pub(super) head: Vec<u8>,
    pub(super) read_ended: bool,
    /// While paused, the peer's end has been looked for, behind what is unread.
    pub(super) end_sought: bool,
    pub(super) write_blocked: bool,
    pub(super) write_failed: bool,
    /// A FIN is wanted after what is queued.
    pub(super) shutdown: bool,
    /// JavaScript also wants the bytes as they are read.
    pub(super) tapped: bool,
    pub(super) bytes_read: u64,
    /// It keeps the process alive.
    pub(super) referenced: bool,
    /// Reads and writes since the busiest have been looked for.
    pub(super) turns: u32,
}

#[cfg(unix)]
impl EventLoopIo {
    pub(super) fn new(
        connection: Connection,
        poll: crate::driver::event_loop::Poll,
        socket: socket2::Socket,
    ) -> Self {
        Self {
            connection,
            poll,
            socket,
            started: false,
            paused: false,
            head: Vec::new(),
            read_ended: false,
            end_sought: false,
            write_blocked: false,
            write_failed: false,
            shutdown: false,
            tapped: false,
            bytes_read: 0,
            referenced: true,
            turns: 0,
        }
    }

    /// Whether the connection is simply open, in both directions.
    pub(super) fn is_plain(&self) -> bool {
        self.may_read()
            && !self.write_blocked
            && !self.write_failed
            && !self.shutdown
            && !self.tapped
            && self.head.is_empty()
    }

    pub(super) fn may_read(&self) -> bool {
        self.started && !self.paused && !self.read_ended
    }

    pub(super) fn seeks_end(&self) -> bool {
        self.started && self.paused && !self.read_ended && !self.end_sought
    }

    /// Says whether the connection keeps the process alive: what its peer does not take yet does, as
    /// it would with Node.
    pub(super) fn update_reference(&self) {
        let is_writing = self.write_blocked && !self.write_failed;
        self.poll.set_referenced(self.referenced || is_writing);
    }

    /// Watches for what can be done now.
    pub(super) fn update_interest(&self) {
        if !self.referenced {
            self.update_reference();
        }
        self.poll.watch(crate::driver::event_loop::Interest {
            read: self.may_read(),
            write: self.write_blocked && !self.write_failed,
            // A peer that goes away is noticed while paused, too; and a paused connection keeps the
            // process alive, as any other.
            end: self.seeks_end(),
        });
    }
}

#[cfg(unix)]
pub(super) struct ThreadIo {
    pub(super) thread: usize,
    /// Here until reading begins: what was read before the takeover is decoded at once.
    pub(super) decoder: Option<Box<Decoder>>,
    /// Here unless messages may have to be compressed, which is the thread's work.
    pub(super) encoder: Option<Encoder>,
    /// Frames of this turn, and the positions in them whose senders want to know.
    pub(super) cork: Vec<u8>,
    pub(super) marks: Vec<usize>,
    /// Senders who have not been told yet.
    pub(super) untold: u32,
    pub(super) budget: Arc<InboundBudget>,
    pub(super) paused: bool,
    /// JavaScript also wants the bytes as they are read.
    pub(super) tapped: bool,
    /// What arrived while paused.
    pub(super) held: VecDeque<Delivery>,
    /// JavaScript wants it to keep the process alive.
    pub(super) referenced: bool,
    /// It does not, but something of its is under way: how often the thread has yet to answer.
    pub(super) unanswered: u32,
    /// What is counted for these two.
    pub(super) keeps_alive: bool,
    /// Of this end and the peer's: the thread has the socket.
    pub(super) names: [Option<String>; 2],
    pub(super) accepted: u64,
    /// What is wanted of the connection while it is on its way back from the thread.
    pub(super) waiting: RefCell<Option<Vec<CommandKind>>>,
}

#[cfg(unix)]
impl ThreadIo {
    /// On `thread`, which reads the socket already if there is no decoder.
    pub(super) fn new(
        thread: usize,
        decoder: Option<Box<Decoder>>,
        encoder: Option<Encoder>,
        budget: Arc<InboundBudget>,
        names: [Option<String>; 2],
    ) -> Self {
        Self {
            thread,
            decoder,
            encoder,
            cork: Vec::new(),
            marks: Vec::new(),
            untold: 0,
            budget,
            paused: false,
            tapped: false,
            held: VecDeque::new(),
            referenced: false,
            unanswered: 0,
            keeps_alive: false,
            accepted: 0,
            waiting: RefCell::new(None),
            names,
        }
    }

    pub(super) fn is_returning(&self) -> bool {
        self.waiting.borrow().is_some()
    }
}

/// What `bufferedAmount` is made of, in memory that JavaScript reads without a call: bytes ever
/// accepted, bytes of those ever written, whether the socket took no more, and by how much an I/O
/// thread made messages shorter (or longer) than they were accepted. Each has one writer.
#[derive(Clone, Copy)]
pub(super) struct Counters {
    accepted: *const AtomicU64,
    released: *const AtomicU64,
    blocked: *const AtomicU64,
    correction: *const AtomicU64,
}

impl Counters {
    pub(super) fn set_accepted(self, bytes: u64) {
        // SAFETY: the page that the pointers lead into lives as long as its environment.
        unsafe { &*self.accepted }.store((bytes as f64).to_bits(), Ordering::Relaxed);
    }

    pub(super) fn set_released(self, bytes: u64) {
        // SAFETY: as above.
        unsafe { &*self.released }.store((bytes as f64).to_bits(), Ordering::Relaxed);
    }

    pub(super) fn set_blocked(self, blocked: bool) {
        // SAFETY: as above.
        unsafe { &*self.blocked }.store(f64::from(u8::from(blocked)).to_bits(), Ordering::Relaxed);
    }

    /// Whether all of `accepted` bytes are as good as written: the socket takes what it gets, and
    /// little of them is on its way to it.
    #[cfg(unix)]
    pub(super) fn keeps_up(self, accepted: u64) -> bool {
        // SAFETY: as above.
        let (released, blocked) = unsafe { (&*self.released, &*self.blocked) };
        let released = f64::from_bits(released.load(Ordering::Relaxed));
        blocked.load(Ordering::Relaxed) == 0 && accepted as f64 - released <= MAX_CORK as f64
    }

    pub(super) fn clear_correction(self) {
        // SAFETY: as above; no thread has the connection.
        unsafe { &*self.correction }.store(0, Ordering::Relaxed);
    }

    /// For another thread to write: all but the first.
    #[cfg(unix)]
    pub(super) fn progress_cells(self) -> [*const AtomicU64; 3] {
        [self.released, self.blocked, self.correction]
    }
}

/// More than this is not held back until the end of a turn. What is held back counts as written, as
/// it would be without that; `lib/connection-counters.js` has the same
/// number.
#[cfg(unix)]
pub(super) const MAX_CORK: u64 = 64 * 1024;

/// Doubles that a connection has in its page.
pub(super) const COUNTERS: usize = 4;

/// Connections that share one page of counters.
pub(super) const PER_PAGE: usize = 1024;

/// Bits of an id that name the place in the table.
const PLACE_BITS: u32 = 22;
const MAX_PLACES: usize = 1 << PLACE_BITS;
/// An id must be a safe integer in JavaScript.
const MAX_GENERATION: u64 = (1 << (53 - PLACE_BITS)) - 1;

/// The table.
#[derive(Default)]
pub(super) struct Links {
    places: Vec<Place>,
    free: Vec<usize>,
    /// Where the pages of counters are, in JavaScript's memory.
    pages: Vec<*const AtomicU64>,
}

#[derive(Default)]
struct Place {
    generation: u64,
    link: Option<Rc<Link>>,
}

/// A place that has been set aside for a new connection.
#[derive(Clone, Copy)]
pub(super) struct Reserved {
    pub(super) id: u64,
    pub(super) counters: Counters,
}

impl Links {
    /// Whether another page of counters is needed before the next [`reserve`](Self::reserve).
    pub(super) fn needs_page(&self) -> bool {
        self.free.is_empty() && self.places.len() == self.pages.len() * PER_PAGE
    }

    /// `page` is the memory of [`COUNTERS`] * [`PER_PAGE`] doubles, valid as long as the environment.
    pub(super) fn add_page(&mut self, page: *const AtomicU64) {
        self.pages.push(page);
    }

    pub(super) fn reserve(&mut self) -> Option<Reserved> {
        let place = match self.free.pop() {
            Some(place) => place,
            None if self.places.len() < MAX_PLACES => {
                self.places.push(Place::default());
                self.places.len() - 1
            }
            None => return None,
        };
        let page = *self.pages.get(place / PER_PAGE)?;
        let index = COUNTERS * (place % PER_PAGE);
        // SAFETY: the page has `COUNTERS` doubles for each of its places.
        let counters = unsafe {
            Counters {
                accepted: page.add(index),
                released: page.add(index + 1),
                blocked: page.add(index + 2),
                correction: page.add(index + 3),
            }
        };
        counters.set_accepted(0);
        counters.set_released(0);
        counters.set_blocked(false);
        counters.clear_correction();
        let id = self.places[place].generation << PLACE_BITS | place as u64;
        Some(Reserved { id, counters })
    }

    pub(super) fn insert(&mut self, link: Rc<Link>) {
        let place = place_of(link.id);
        self.places[place].link = Some(link);
    }

    pub(super) fn get(&self, id: f64) -> Option<Rc<Link>> {
        if !(0.0..9_007_199_254_740_992.0).contains(&id) {
            return None;
        }
        let id = id as u64;
        let link = self.places.get(place_of(id))?.link.as_ref()?;
        (link.id == id).then(|| Rc::clone(link))
    }

    /// Removes a connection, or gives back a reserved place.
    pub(super) fn remove(&mut self, id: u64) {
        let place = place_of(id);
        let entry = &mut self.places[place];
        entry.link = None;
        entry.generation += 1;
        // A place that has been used up is never used again.
        if entry.generation <= MAX_GENERATION {
            self.free.push(place);
        }
    }

    pub(super) fn all(&self) -> Vec<Rc<Link>> {
        let links = self.places.iter();
        links.filter_map(|place| place.link.clone()).collect()
    }
}

fn place_of(id: u64) -> usize {
    (id & (MAX_PLACES as u64 - 1)) as usize
}
