//! How far a thread has got with what a connection is to write.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where a thread says how many bytes it has written of what was accepted, whether the socket took
/// no more, and how many more bytes messages have become by encoding them here, as the bits of
/// doubles: JavaScript reads them without a call.
#[derive(Clone, Copy)]
pub struct Progress {
    written: *const AtomicU64,
    blocked: *const AtomicU64,
    correction: *const AtomicU64,
}

impl Progress {
    /// # Safety
    ///
    /// The cells are valid, and written by nobody else, until the thread has been joined.
    pub unsafe fn new([written, blocked, correction]: [*const AtomicU64; 3]) -> Self {
        Self {
            written,
            blocked,
            correction,
        }
    }

    pub(super) fn set(self, written: u64, blocked: bool) {
        // SAFETY: the cells outlive the thread (see `new`).
        let (written_cell, blocked_cell) = unsafe { (&*self.written, &*self.blocked) };
        written_cell.store((written as f64).to_bits(), Ordering::Relaxed);
        blocked_cell.store(f64::from(u8::from(blocked)).to_bits(), Ordering::Relaxed);
    }

    pub(super) fn correct(self, by: i64) {
        // SAFETY: as above.
        let cell = unsafe { &*self.correction };
        let before = f64::from_bits(cell.load(Ordering::Relaxed));
        cell.store((before + by as f64).to_bits(), Ordering::Relaxed);
    }
}

// SAFETY: the cells are atomic and outlive the thread (see `Progress::new`).
unsafe impl Send for Progress {}
