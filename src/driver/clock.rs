//! How long threads have run: their own processor time.

use std::thread::JoinHandle;
use std::time::Duration;

/// The thread that asks.
pub fn of_this_thread() -> Duration {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Another thread, which need not run any more.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub fn of_thread<T>(thread: &JoinHandle<T>) -> Duration {
    use std::os::unix::thread::JoinHandleExt;

    let mut clock = libc::CLOCK_THREAD_CPUTIME_ID;
    // The standard library and `libc` may describe the handle differently (on musl they do).
    // SAFETY: the thread is not joined or detached as long as its handle is there, and the
    // out-pointer is valid.
    let status = unsafe { libc::pthread_getcpuclockid(thread.as_pthread_t() as _, &mut clock) };
    if status == 0 {
        read(clock)
    } else {
        Duration::ZERO
    }
}

/// Where the time of one cannot be had, that of everything beside the thread that asks stands for
/// it: too much rather than too little.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub fn of_thread<T>(_thread: &JoinHandle<T>) -> Duration {
    read(libc::CLOCK_PROCESS_CPUTIME_ID).saturating_sub(of_this_thread())
}

fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the out-pointer is valid; where the clock is missing the time stays 0.
    unsafe { libc::clock_gettime(clock, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_for_who_works() {
        let until = |enough: Duration| while of_this_thread() < enough {};
        let begin = of_this_thread();
        until(begin + Duration::from_millis(5));
        assert!(of_this_thread() >= begin + Duration::from_millis(5));

        let (done, wait) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            until(Duration::from_millis(5));
            done.send(()).unwrap();
            let _ = ended.recv();
        });
        wait.recv().unwrap();
        assert!(of_thread(&thread) >= Duration::from_millis(5));
        drop(end);
        thread.join().unwrap();
    }
}
