//! Connections on I/O threads.
//!
//! A pool has N threads, started when the first connection needs them. Each runs a tokio
//! `current_thread` runtime; a connection stays on its thread, so nothing of it is locked. Reading,
//! decoding, inflating, encoding and deflating happen there.
//!
//! Two queues join a thread to JavaScript: [`Command`]s go in, with one wake-up for all the
//! commands of a turn; [`Delivery`]s come out, with one wake-up for all that a thread finds in a
//! turn, or for the first few of them, and none while JavaScript has yet to look.

mod command;
mod connection;
mod delivery;
mod progress;
mod queues;
mod thread;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::LocalSet;

use super::clock;
use command::Order;
use queues::{Barrier, Inbox, Outbox, Request, lock};
use thread::serve;

pub use command::{Command, CommandKind, NewConnection, Reading, Returned};
pub use delivery::{Delivery, Item, Place};
pub use progress::Progress;

/// Names a connection between its thread and the JavaScript side.
pub type Key = u64;

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
            outbox: Arc::new(Outbox::new(wake)),
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
        self.outbox.collect()
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
            thread.inbox.request(Request::Drain {
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
            thread.inbox.request(Request::Exit);
        }
        for thread in self.threads {
            // A thread that panicked has nothing left to lose.
            let _ = thread.join.join();
        }
        self.outbox.collect()
    }
}

struct Thread {
    inbox: Arc<Inbox>,
    /// Commands of this turn that the thread has not been told of.
    pending: Vec<Order>,
    join: JoinHandle<()>,
}

impl Thread {
    fn start(index: usize, outbox: Arc<Outbox>) -> std::io::Result<Self> {
        let inbox = Arc::new(Inbox::default());
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
                let inbox = Arc::clone(&inbox);
                move || LocalSet::new().block_on(&runtime, serve(&inbox, &outbox))
            })?;
        Ok(Self {
            inbox,
            pending: Vec::new(),
            join,
        })
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        lock(&self.inbox.orders).append(&mut self.pending);
        self.inbox.notify.notify_one();
    }
}

#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;
