//! What a connection writes.
//!
//! Nothing here waits for the socket but [`ThreadConnection::flush_until`]: when it takes no more, the
//! connection's task goes on once it does. JavaScript is told what senders wait for, when the socket is
//! free again, and when what waits for it becomes too much.

use std::time::Instant;

use bytes::Bytes;

use super::ThreadConnection;
use crate::connection::Outbound;
use crate::driver::io_threads::{Delivery, Item};
use crate::driver::socket::{self, Flushed};

impl ThreadConnection {
    /// Queues a frame that is encoded already, and that others may hold, too.
    pub(in crate::driver::io_threads) fn queue_shared(&self, frame: &Bytes) {
        self.accounted
            .set(self.accounted.get() + frame.len() as u64);
        self.state.borrow_mut().outbound.push_shared(frame);
    }

    /// Writes what the socket takes.
    pub(in crate::driver::io_threads) fn flush(&self) {
        if self.flow.closed.get() || self.flow.write_failed.get() {
            return;
        }
        if !self.flow.write_blocked.get() {
            self.write();
        } else if self.overflows(&mut self.state.borrow_mut().outbound) {
            let delivery = Delivery::of(self.key, Item::Overflowed);
            self.thread.outbox.push(delivery);
        }
    }

    /// Writes what is queued, waiting for the socket until `deadline`.
    pub(in crate::driver::io_threads) fn flush_until(&self, deadline: Instant) {
        let outbound = &mut self.state.borrow_mut().outbound;
        let _ = socket::flush_until(self.socket.get_ref(), outbound, deadline);
    }

    pub(super) fn write(&self) {
        let mut state = self.state.borrow_mut();
        let outbound = &mut state.outbound;
        let had_blocked = self.flow.write_blocked.take();
        let result = socket::flush(self.socket.get_ref(), outbound);
        let mut delivery = Delivery::new(self.key);
        let completed = outbound.take_completed();
        if completed > 0 {
            delivery.items.push(Item::Sent(completed));
        }
        match result {
            Ok(Flushed::Blocked) => {
                self.flow.write_blocked.set(true);
                let waiting = outbound.accepted() - outbound.flushed();
                let written = self.accounted.get().saturating_sub(waiting);
                self.progress.set(written, true);
                if self.overflows(outbound) {
                    delivery.items.push(Item::Overflowed);
                }
                self.changed.notify_one();
            }
            Ok(Flushed::All) => {
                self.progress.set(self.accounted.get(), false);
                if self.flow.drain_awaited.take() || had_blocked {
                    delivery.items.push(Item::Drained);
                }
                if self.flow.shutdown.take() {
                    let _ = self.socket.get_ref().shutdown(std::net::Shutdown::Write);
                    delivery.items.push(Item::ShutDown);
                }
                let awaited = self.flow.written_awaited.take();
                if awaited > 0 {
                    delivery.items.push(Item::Written(awaited));
                }
            }
            Err(error) => {
                self.flow.write_failed.set(true);
                delivery.items.push(Item::WriteFailed(error));
            }
        }
        drop(state);
        if !delivery.items.is_empty() {
            self.thread.outbox.push(delivery);
        }
    }

    /// Counts what waits for a socket that takes no more. Returns whether JavaScript is to be told
    /// that it is too much.
    fn overflows(&self, outbound: &mut Outbound) -> bool {
        outbound.hold().is_err() && !self.flow.overflowed.replace(true)
    }
}
