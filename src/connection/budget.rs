//! Back-pressure inward: how many bytes may wait for JavaScript.
//!
//! An I/O thread decodes faster than a busy JavaScript thread takes. What has been decoded and not
//! yet delivered is counted per connection and for the whole process; above either bound the
//! connection's socket is not read, and TCP slows the peer down. A connection with nothing waiting
//! may always read once, so that one busy connection cannot starve the others.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What one connection may have waiting, in bytes.
const PER_CONNECTION: usize = 1024 * 1024;

/// What all connections of the process may have waiting together, in bytes.
const PER_PROCESS: usize = 64 * 1024 * 1024;

static PROCESS: AtomicUsize = AtomicUsize::new(0);

/// The count of one connection, shared by the thread that fills it and the one that empties it.
#[derive(Debug, Default)]
pub struct InboundBudget {
    waiting: AtomicUsize,
    stalled: AtomicBool,
    /// Bytes ever read from the socket.
    received: AtomicU64,
}

impl InboundBudget {
    /// Counts bytes that were read from the socket.
    pub fn count_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes ever read from the socket.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Counts `bytes` as waiting. Returns whether the socket must not be read until
    /// [`release`](Self::release) says so.
    pub fn charge(&self, bytes: usize) -> bool {
        let waiting = self.waiting.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let process = PROCESS.fetch_add(bytes, Ordering::SeqCst) + bytes;
        if waiting < PER_CONNECTION && process < PER_PROCESS {
            return false;
        }
        self.stalled.store(true, Ordering::SeqCst);
        // The other thread may have taken everything before it could see the flag.
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return !self.stalled.swap(false, Ordering::SeqCst);
        }
        true
    }

    /// Counts `bytes` as delivered. Returns whether the socket is to be read again.
    pub fn release(&self, bytes: usize) -> bool {
        PROCESS.fetch_sub(bytes, Ordering::SeqCst);
        let before = self.waiting.fetch_sub(bytes, Ordering::SeqCst);
        before - bytes < PER_CONNECTION / 2
            && (before == bytes || PROCESS.load(Ordering::SeqCst) < PER_PROCESS)
            && self.stalled.swap(false, Ordering::SeqCst)
    }
}

impl Drop for InboundBudget {
    fn drop(&mut self) {
        PROCESS.fetch_sub(*self.waiting.get_mut(), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_stalls_at_its_bound_and_goes_on_below_half_of_it() {
        let budget = InboundBudget::default();
        assert!(!budget.charge(PER_CONNECTION - 1));
        assert!(budget.charge(1));
        assert!(!budget.release(PER_CONNECTION / 4));
        assert!(budget.release(PER_CONNECTION / 2));
        assert!(!budget.release(PER_CONNECTION / 4));
    }
}
