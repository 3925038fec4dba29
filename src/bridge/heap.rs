//! Keeps the C library from giving back the memory that the next large messages need.
//!
//! V8 takes the memory of Buffers from `malloc`, and garbage collection frees it some 32 MB at a
//! time. As it starts out, glibc gives the end of its heap back to the system whenever 128 KB of it
//! are free; each page of the next messages then has to be had from the system again, which costs
//! more than receiving them. But glibc learns (`mallopt(3)`, "dynamic mmap threshold"): when a block
//! is freed that was so large that the system was asked for it, blocks of that size come from the
//! heap from then on, and twice as much may stay free at its end. Any process that has ever let go
//! of a message of 32 MB has taught it so.
//!
//! A process that has received much in large messages teaches it the same, with a block that is
//! never touched: up to 64 MB that were in use once stay with the process. One that has not is left
//! alone, and so is who has set a threshold (`MALLOC_TRIM_THRESHOLD_`): that turns learning off.

/// Counts a message that got a Buffer of its own.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn count_message(length: usize) {
    use std::sync::atomic::{AtomicUsize, Ordering};

    static RECEIVED: AtomicUsize = AtomicUsize::new(0);

    if length < LARGE || RECEIVED.load(Ordering::Relaxed) >= MUCH {
        return;
    }
    let before = RECEIVED.fetch_add(length, Ordering::Relaxed);
    if before < MUCH && before + length >= MUCH {
        let mut block = Vec::<u8>::new();
        // Without so much memory there is nothing to be kept either.
        let _ = block.try_reserve_exact(LARGEST_LESSON);
        // What is not looked at might not be allocated at all.
        std::hint::black_box(&mut block);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn count_message(_length: usize) {}

/// Smaller messages are a matter of calls, not of memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: usize = 16 * 1024;

/// What a process receives before it teaches: about what V8 lets gather before it collects garbage
/// for the third time.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MUCH: usize = 64 * 1024 * 1024;

/// glibc learns nothing from blocks of more than 32 MB, its own part of the block included.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGEST_LESSON: usize = 32 * 1024 * 1024 - 64 * 1024;
