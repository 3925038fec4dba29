//! What runs on a thread: its connections, and what JavaScript wants of them.
//!
//! A turn begins when there is an order or a request. All orders are obeyed first, and what they
//! queued is written behind them: a connection's frames of a turn leave together. A panic is the end
//! of the connection in whose service it was, and of no other.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use super::command::Order;
use super::connection::ThreadConnection;
use super::queues::{Inbox, Outbox, Request, lock};
use super::{Command, CommandKind, Delivery, Item, Key, NewConnection};
use crate::connection::Broadcast;
use crate::driver::socket;
use crate::forced_panics::{Place, panic_if_forced, stall_if_forced};

/// The life of a thread.
pub(super) async fn serve(inbox: &Inbox, outbox: &Arc<Outbox>) {
    let mut thread = ThreadState::new(outbox);
    loop {
        inbox.notify.notified().await;
        stall_if_forced();
        // Requests first: whoever makes one has handed over the orders before it.
        let requests = std::mem::take(&mut *lock(&inbox.requests));
        let orders = std::mem::take(&mut *lock(&inbox.orders));
        // The connections catch their own panics: one here is nobody's, and must not end them all.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            // Commands may take long.
            outbox.announce();
            panic_if_forced(Place::ThreadTurn);
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
                        connection.apply(CommandKind::Close);
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
pub(super) struct ThreadShared {
    pub(super) outbox: Arc<Outbox>,
    pub(super) read_buffer: RefCell<Box<[u8]>>,
    /// What others may be sent, too, of what is encoded here.
    pub(super) broadcast: RefCell<Broadcast>,
}

impl ThreadState {
    fn new(outbox: &Arc<Outbox>) -> Self {
        Self {
            connections: HashMap::new(),
            dirty: Vec::new(),
            shared: Rc::new(ThreadShared {
                outbox: Arc::clone(outbox),
                read_buffer: RefCell::new(vec![0; socket::READ_BUFFER].into_boxed_slice()),
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
            panic_if_forced(Place::OpenOnThread);
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
        let closes = matches!(kind, CommandKind::Close);
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
