//! Connections on I/O threads.
//!
//! A pool has N threads, started when the first connection needs them. Each runs a tokio
//! `current_thread` runtime; a connection stays on its thread, so nothing of it is locked. Reading,
//! decoding, inflating, encoding and deflating happen there.
//!
//! Two queues join a thread to JavaScript: [`Command`]s go in, with one wake-up for all the
//! commands of a turn; [`Delivery`]s come out, with one wake-up for all that a thread finds in a
//! turn, or for the first [`ENOUGH`] of them, and none while JavaScript has yet to look.

mod connection;
mod delivery;
mod progress;

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use socket2::Socket;
use tokio::sync::Notify;
use tokio::task::LocalSet;

use super::clock;
use crate::connection::{Broadcast, Connection, InboundBudget};
use crate::forced_panics::{Place as ForcedAt, panic_if_forced, stall_if_forced};
use crate::protocol::{Decoder, DecoderChange, Dictionary, MessageOptions};

use connection::ThreadConnection;
pub use delivery::{Delivery, Item, Place};
pub use progress::Progress;

/// Names a connection between its thread and the JavaScript side.
pub type Key = u64;

/// A socket that moves to a thread, with what the thread needs to serve it.
pub struct NewConnection {
    pub key: Key,
    pub socket: Socket,
    pub connection: Box<Connection>,
    /// What JavaScript counts as accepted of what has been queued: messages count before they are
    /// compressed.
    pub accounted: u64,
    pub reading: Reading,
    /// Whether something had come with the request, by the time the engine answered it, and has not
    /// been read: it is before the end.
    pub unheard: bool,
    pub budget: Arc<InboundBudget>,
    pub progress: Progress,
}

/// When the socket of a new connection is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// At once.
    Begun,
    /// After [`CommandKind::Start`].
    ToBegin,
    /// After [`CommandKind::GoOn`]: what has been read before is still being decoded elsewhere.
    Interrupted,
}

/// A connection that leaves its thread, with nothing on its way.
pub struct Returned {
    pub socket: Socket,
    pub connection: Box<Connection>,
    /// As in [`NewConnection`].
    pub accounted: u64,
    pub unheard: bool,
}

/// What JavaScript wants of a connection.
pub enum CommandKind {
    Open(Box<NewConnection>),
    /// Process bytes that were read before the takeover, then read the socket.
    Start {
        head: Vec<u8>,
        /// The decoder, which has begun elsewhere.
        decoder: Option<Box<Decoder>>,
    },
    /// Decode the rest of what has been read elsewhere, then read the socket.
    GoOn {
        rest: Vec<u8>,
        decoder: Box<Decoder>,
    },
    /// Frames that are encoded already, and the positions in them whose senders are to be told.
    Write {
        bytes: Vec<u8>,
        marks: Vec<usize>,
    },
    /// A message to encode (and compress) here. `mark` asks for word when it is written.
    Message {
        payload: Bytes,
        options: MessageOptions,
        mark: bool,
    },
    Pause,
    Resume,
    /// The inbound budget has room again.
    Unstall,
    Decoder(DecoderChange),
    DeflateDictionary(Dictionary),
    /// Whether the bytes are also handed over as they are read.
    Tap(bool),
    NoDelay(bool),
    /// Keep-alive probes after so many seconds (0: the system's default), or none.
    KeepAlive(Option<u32>),
    /// The coming close is to be a RST.
    Reset,
    /// Send a FIN after what is queued.
    Shutdown,
    /// Give the connection back, if it is open and nothing is on its way: [`Item::Returned`] or
    /// [`Item::Kept`] answers.
    Return,
    /// Write what the socket takes, and close it.
    Close {
        /// For what the socket has received, if reading it has not begun.
        decoder: Option<Box<Decoder>>,
    },
}

impl CommandKind {
    /// Whether this only queues something to be written.
    pub fn is_output(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Message { .. })
    }
}

/// A wish and whom it is for.
pub struct Command {
    pub key: Key,
    pub kind: CommandKind,
}

/// What waits for a thread.
enum Order {
    One(Command),
    /// A frame for each of many connections, in one piece: `Pool::broadcast`.
    Broadcast {
        frame: Bytes,
        keys: Vec<Key>,
    },
}

/// The threads of one environment.
pub struct Pool {
    threads: Vec<Thread>,
    outbox: Arc<Outbox>,
}

impl Pool {
    /// `wake` is called, from any thread, when there is something to [`collect`](Self::collect).
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            threads: Vec::new(),
            outbox: Arc::new(Outbox {
                gathered: Mutex::default(),
                wake: Box::new(wake),
            }),
        }
    }

    /// Starts a thread, and those before it, unless they run already.
    pub fn ensure(&mut self, thread: usize) -> std::io::Result<()> {
        while self.threads.len() <= thread {
            let thread = Thread::start(self.threads.len(), Arc::clone(&self.outbox))?;
            self.threads.push(thread);
        }
        Ok(())
    }

    /// Queues a command for a thread that has been started.
    pub fn command(&mut self, thread: usize, command: Command) {
        if let Some(thread) = self.threads.get_mut(thread) {
            thread.pending.push(Order::One(command));
        }
    }

    /// Queues a frame for a connection. The same frame for others right behind it costs no more
    /// than their keys.
    pub fn broadcast(&mut self, thread: usize, key: Key, frame: &Bytes) {
        let Some(thread) = self.threads.get_mut(thread) else {
            return;
        };
        match thread.pending.last_mut() {
            Some(Order::Broadcast { frame: last, keys }) if last.as_ptr() == frame.as_ptr() => {
                keys.push(key);
            }
            _ => thread.pending.push(Order::Broadcast {
                frame: frame.clone(),
                keys: vec![key],
            }),
        }
    }

    /// Hands the queued commands to their threads.
    pub fn flush(&mut self) {
        for thread in &mut self.threads {
            thread.flush();
        }
    }

    /// What the threads have to say since the last call.
    pub fn collect(&self) -> Vec<Delivery> {
        let mut gathered = lock(&self.outbox.gathered);
        gathered.announced = false;
        std::mem::take(&mut gathered.deliveries)
    }

    /// How long the threads have run, all together.
    pub fn time(&self) -> Duration {
        let threads = self.threads.iter();
        threads.map(|thread| clock::of_thread(&thread.join)).sum()
    }

    /// Waits, no longer than until `deadline`, for the threads to write what was queued.
    pub fn drain(&mut self, deadline: Instant) {
        let barrier = Arc::new(Barrier::default());
        for thread in &mut self.threads {
            thread.flush();
            thread.shared.request(Request::Drain {
                deadline,
                barrier: Arc::clone(&barrier),
            });
        }
        // The threads give up at the deadline by themselves; the margin is for their answer.
        barrier.wait(self.threads.len(), deadline + Duration::from_millis(50));
    }

    /// Writes what the sockets take without waiting, closes them and joins the threads. Returns
    /// what they have said since JavaScript has last looked.
    pub fn shut_down(mut self) -> Vec<Delivery> {
        for thread in &mut self.threads {
            thread.flush();
            thread.shared.request(Request::Exit);
        }
        for thread in self.threads {
            // A thread that panicked has nothing left to lose.
            let _ = thread.join.join();
        }
        std::mem::take(&mut lock(&self.outbox.gathered).deliveries)
    }
}

struct Thread {
    shared: Arc<Shared>,
    /// Commands of this turn that the thread has not been told of.
    pending: Vec<Order>,
    join: JoinHandle<()>,
}

impl Thread {
    fn start(index: usize, outbox: Arc<Outbox>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .on_thread_park({
                let outbox = Arc::clone(&outbox);
                // tokio would not survive a panic in here.
                move || drop(catch_unwind(AssertUnwindSafe(|| outbox.announce())))
            })
            .build()?;
        let join = std::thread::Builder::new()
            .name(format!("hawser-io-{index}"))
            .spawn({
                let shared = Arc::clone(&shared);
                move || LocalSet::new().block_on(&runtime, serve(&shared, &outbox))
            })?;
        Ok(Self {
            shared,
            pending: Vec::new(),
            join,
        })
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        lock(&self.shared.orders).append(&mut self.pending);
        self.shared.notify.notify_one();
    }
}

#[derive(Default)]
struct Shared {
    orders: Mutex<Vec<Order>>,
    requests: Mutex<Vec<Request>>,
    notify: Notify,
}

impl Shared {
    fn request(&self, request: Request) {
        lock(&self.requests).push(request);
        self.notify.notify_one();
    }
}

/// What is asked of a whole thread.
enum Request {
    Drain {
        deadline: Instant,
        barrier: Arc<Barrier>,
    },
    Exit,
}

/// What the threads have for JavaScript.
struct Outbox {
    gathered: Mutex<Gathered>,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Gathered {
    deliveries: Vec<Delivery>,
    /// JavaScript has been woken, and has not looked yet.
    announced: bool,
}

/// JavaScript begins with so many while the thread goes on: waking it for each would cost more
/// than the messages do.
const ENOUGH: usize = 32;

impl Outbox {
    /// Takes a delivery. JavaScript may hear of it only when the thread has nothing else to do.
    fn push(&self, delivery: Delivery) {
        let mut gathered = lock(&self.gathered);
        gathered.deliveries.push(delivery);
        if gathered.deliveries.len() >= ENOUGH {
            self.wake_for(gathered);
        }
    }

    /// Wakes JavaScript, if it has not been for what is there.
    fn announce(&self) {
        let gathered = lock(&self.gathered);
        if !gathered.deliveries.is_empty() {
            self.wake_for(gathered);
        }
    }

    fn wake_for(&self, mut gathered: MutexGuard<'_, Gathered>) {
        let announced = std::mem::replace(&mut gathered.announced, true);
        drop(gathered);
        if !announced {
            (self.wake)();
        }
    }
}

/// Counts the threads that have done something.
#[derive(Default)]
struct Barrier {
    arrived: Mutex<usize>,
    changed: Condvar,
}

impl Barrier {
    fn arrive(&self) {
        *lock(&self.arrived) += 1;
        self.changed.notify_all();
    }

    fn wait(&self, count: usize, deadline: Instant) {
        let mut arrived = lock(&self.arrived);
        while *arrived < count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            arrived = self
                .changed
                .wait_timeout(arrived, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// A panic elsewhere cannot leave our queues half changed: they are only pushed to and taken from.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The life of a thread.
async fn serve(shared: &Shared, outbox: &Arc<Outbox>) {
    let mut thread = ThreadState::new(outbox);
    loop {
        shared.notify.notified().await;
        stall_if_forced();
        // Requests first: whoever makes one has handed over the orders before it.
        let requests = std::mem::take(&mut *lock(&shared.requests));
        let orders = std::mem::take(&mut *lock(&shared.orders));
        // The connections catch their own panics: one here is nobody's, and must not end them all.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            // Commands may take long.
            outbox.announce();
            panic_if_forced(ForcedAt::ThreadTurn);
        }));
        for order in orders {
            let _ = catch_unwind(AssertUnwindSafe(|| thread.take(order)));
        }
        let _ = catch_unwind(AssertUnwindSafe(|| thread.flush()));
        for request in requests {
            match request {
                Request::Drain { deadline, barrier } => {
                    thread.each(|connection| connection.flush_until(deadline));
                    barrier.arrive();
                }
                Request::Exit => {
                    thread.each(|connection| {
                        connection.apply(CommandKind::Close { decoder: None });
                    });
                    return;
                }
            }
        }
    }
}

/// What a thread has.
struct ThreadState {
    connections: HashMap<Key, Rc<ThreadConnection>>,
    /// Those that have something to flush.
    dirty: Vec<Rc<ThreadConnection>>,
    shared: Rc<ThreadShared>,
}

/// What the connections of a thread share.
struct ThreadShared {
    outbox: Arc<Outbox>,
    read_buffer: RefCell<Box<[u8]>>,
    /// What others may be sent, too, of what is encoded here.
    broadcast: RefCell<Broadcast>,
}

impl ThreadState {
    fn new(outbox: &Arc<Outbox>) -> Self {
        Self {
            connections: HashMap::new(),
            dirty: Vec::new(),
            shared: Rc::new(ThreadShared {
                outbox: Arc::clone(outbox),
                read_buffer: RefCell::new(vec![0; super::socket::READ_BUFFER].into_boxed_slice()),
                broadcast: RefCell::default(),
            }),
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::One(Command { key, kind }) => self.obey(key, kind),
            Order::Broadcast { frame, keys } => self.broadcast(&frame, &keys),
        }
    }

    fn open(&mut self, new: NewConnection) {
        let key = new.key;
        let opened = catch_unwind(AssertUnwindSafe(|| {
            panic_if_forced(ForcedAt::OpenOnThread);
            ThreadConnection::open(new, Rc::clone(&self.shared))
        }));
        match opened {
            Ok(Some(connection)) => {
                self.dirty.push(Rc::clone(&connection));
                self.connections.insert(key, connection);
            }
            // JavaScript has been told.
            Ok(None) => {}
            Err(_) => {
                let mut delivery = Delivery::of(key, Item::Broken);
                delivery.items.push(Item::Closed);
                self.shared.outbox.push(delivery);
            }
        }
    }

    fn obey(&mut self, key: Key, kind: CommandKind) {
        if let CommandKind::Open(new) = kind {
            return self.open(*new);
        }
        if matches!(kind, CommandKind::Return) {
            return self.give_back(key);
        }
        let closes = matches!(kind, CommandKind::Close { .. });
        if let Some(connection) = self.connections.get(&key) {
            if guarded(connection, || connection.apply(kind)).unwrap_or(false) {
                self.dirty.push(Rc::clone(connection));
            }
            if closes {
                self.connections.remove(&key);
            }
        }
    }

    fn give_back(&mut self, key: Key) {
        let Some(connection) = self.connections.get(&key) else {
            return;
        };
        let item = match guarded(connection, || connection.give_back()).flatten() {
            Some(returned) => {
                self.connections.remove(&key);
                Item::Returned(Box::new(returned))
            }
            None => Item::Kept,
        };
        self.shared.outbox.push(Delivery::of(key, item));
    }

    fn broadcast(&mut self, frame: &Bytes, keys: &[Key]) {
        for key in keys {
            if let Some(connection) = self.connections.get(key) {
                guarded(connection, || connection.queue_shared(frame));
                self.dirty.push(Rc::clone(connection));
            }
        }
    }

    fn flush(&mut self) {
        self.shared.broadcast.borrow_mut().clear();
        for connection in self.dirty.drain(..) {
            guarded(&connection, || connection.flush());
        }
    }

    fn each(&self, work: impl Fn(&ThreadConnection)) {
        for connection in self.connections.values() {
            guarded(connection, || work(connection));
        }
    }
}

/// Does something for a connection. A panic is the end of that connection, not of the thread.
fn guarded<R>(connection: &ThreadConnection, work: impl FnOnce() -> R) -> Option<R> {
    let outcome = catch_unwind(AssertUnwindSafe(work));
    if outcome.is_err() {
        connection.break_down();
    }
    outcome.ok()
}

#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;
