//! What Linux tells of a process: the CPU time of all its threads and of its main one, and its memory.

use std::fs;
use std::time::Duration;

use crate::fault::{Fault, Result};

/// CPU time since the process began.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CpuTime {
    pub(crate) all: Duration,
    /// Of the thread that the process began with: the one that runs JavaScript.
    pub(crate) main: Duration,
}

/// Reads the CPU time of another process, to the nanosecond.
pub(crate) fn cpu_time(pid: u32) -> Result<CpuTime> {
    let mut time = CpuTime::default();

    for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
        let entry = entry?;
        // A thread may end between the two calls.
        let Ok(statistics) = fs::read_to_string(entry.path().join("schedstat")) else {
            continue;
        };
        let run = statistics
            .split(' ')
            .next()
            .and_then(|field| field.parse().ok())
            .map(Duration::from_nanos);
        let run = run.ok_or_else(|| Fault::new("schedstat has no number"))?;

        time.all += run;
        if entry.file_name().to_string_lossy() == pid.to_string() {
            time.main = run;
        }
    }

    Ok(time)
}

/// The memory of a process that is resident now, in KiB.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;

    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()
        })
        .ok_or_else(|| Fault::new("the process has no VmRSS"))
}

/// The CPU time of this process.
pub(crate) fn own_cpu_time() -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: getrusage fills the struct, for which all zeros is a value as well.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };

    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|time| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_run_and_has_memory() {
        let pid = std::process::id();

        assert!(cpu_time(pid).unwrap().all >= cpu_time(pid).unwrap().main);
        assert!(resident(pid).unwrap() > 100);
        assert!(cpu_time(u32::MAX).is_err());
    }
}
