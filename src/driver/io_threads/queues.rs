//! What joins the threads to JavaScript's: all that is locked, for as long as it takes to push or take.
//!
//! Each thread has an [`Inbox`], and they share one [`Outbox`]. Nothing is decoded, written or called
//! while either is locked, so nobody waits for somebody else's work. Who pushes sees to it that the
//! other side wakes up: a thread at once, JavaScript when there is [`ENOUGH`] or nothing else to do.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::Delivery;
use super::command::Order;

/// What waits for a thread.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) orders: Mutex<Vec<Order>>,
    pub(super) requests: Mutex<Vec<Request>>,
    pub(super) notify: Notify,
}

impl Inbox {
    pub(super) fn request(&self, request: Request) {
        lock(&self.requests).push(request);
        self.notify.notify_one();
    }
}

/// What is asked of a whole thread.
pub(super) enum Request {
    Drain {
        deadline: Instant,
        barrier: Arc<Barrier>,
    },
    Exit,
}

/// What the threads have for JavaScript.
pub(super) struct Outbox {
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
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            gathered: Mutex::default(),
            wake: Box::new(wake),
        }
    }

    /// Takes a delivery. JavaScript may hear of it only when the thread has nothing else to do.
    pub(super) fn push(&self, delivery: Delivery) {
        let mut gathered = lock(&self.gathered);
        gathered.deliveries.push(delivery);
        if gathered.deliveries.len() >= ENOUGH {
            self.wake_for(gathered);
        }
    }

    /// What has been taken since the last call.
    pub(super) fn collect(&self) -> Vec<Delivery> {
        let mut gathered = lock(&self.gathered);
        gathered.announced = false;
        std::mem::take(&mut gathered.deliveries)
    }

    /// Wakes JavaScript, if it has not been for what is there.
    pub(super) fn announce(&self) {
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
pub(super) struct Barrier {
    arrived: Mutex<usize>,
    changed: Condvar,
}

impl Barrier {
    pub(super) fn arrive(&self) {
        *lock(&self.arrived) += 1;
        self.changed.notify_all();
    }

    pub(super) fn wait(&self, count: usize, deadline: Instant) {
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
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
