//! The time in which is measured: after a warm-up, for some seconds or some number of operations. Announces its start
//! on stdout, so that whoever watches the server can begin too, and at its end prints what was measured as JSON.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::fault::{Fault, Result};
use crate::histogram::Histogram;
use crate::options::Options;
use crate::process::{self, CpuTime};

/// From this share of one processor on, the generator may be what limits the rate.
const LIMIT: f64 = 0.9;

pub(crate) struct Window {
    epoch: Instant,
    warm_up: Duration,
    length: Duration,
    most_operations: u64,
    pid: Option<u32>,
    open: Option<Opened>,
    operations: u64,
    latencies: Histogram,
}

struct Opened {
    at: Duration,
    own: Duration,
    server: CpuTime,
}

impl Window {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            epoch: Instant::now(),
            warm_up: Duration::from_secs_f64(options.warm_up),
            length: Duration::from_secs_f64(options.seconds),
            most_operations: options.operations.unwrap_or(u64::MAX),
            pid: options.pid,
            open: None,
            operations: 0,
            latencies: Histogram::new(),
        }
    }

    /// Nanoseconds since the run began: what operations are timed with.
    pub(crate) fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    /// Counts an operation that took some nanoseconds.
    pub(crate) fn operation(&mut self, latency: u64) {
        if self.open.is_some() {
            self.operations += 1;
            self.latencies.record(latency);
        }
    }

    /// Opens the window when the warm-up is over. Says whether the measurement is complete.
    pub(crate) fn is_over(&mut self) -> Result<bool> {
        let now = self.epoch.elapsed();

        match &self.open {
            None if now >= self.warm_up => {
                println!("{{\"event\":\"measuring\"}}");
                std::io::stdout().flush()?;
                self.open = Some(Opened {
                    own: process::own_cpu_time(),
                    server: self
                        .pid
                        .map(process::cpu_time)
                        .transpose()?
                        .unwrap_or_default(),
                    at: self.epoch.elapsed(),
                });
                Ok(false)
            }
            None => Ok(false),
            Some(opened) => {
                Ok(now - opened.at >= self.length || self.operations >= self.most_operations)
            }
        }
    }

    /// Prints the result. `more` is JSON to be added, such as `,"agreed":true`.
    pub(crate) fn report(&self, more: &str) -> Result<()> {
        let Some(opened) = &self.open else {
            return Ok(());
        };
        if self.operations == 0 {
            return Err(Fault::new("no operation was completed in the whole window"));
        }

        let seconds = (self.epoch.elapsed() - opened.at).as_secs_f64();
        let own = (process::own_cpu_time() - opened.own).as_secs_f64() / seconds;
        let operations = self.operations as f64;
        let microseconds = |latency: u64| latency as f64 / 1000.0;
        let mut server = String::new();

        if let Some(pid) = self.pid {
            let after = process::cpu_time(pid)?;
            let each = |time: Duration| time.as_secs_f64() * 1e6 / operations;

            server = format!(
                ",\"server\":{{\"cpu\":{:.4},\"mainThreadCpu\":{:.4},\"load\":{:.4},\"rss\":{}}}",
                each(after.all - opened.server.all),
                each(after.main - opened.server.main),
                (after.all - opened.server.all).as_secs_f64() / seconds,
                process::resident(pid)?,
            );
        }

        println!(
            "{{\"event\":\"result\",\"operations\":{},\"seconds\":{seconds:.4},\"rate\":{:.2},\
             \"latency\":{{\"p50\":{:.2},\"p99\":{:.2},\"max\":{:.2}}},\
             \"generator\":{{\"load\":{own:.4},\"limited\":{}}}{server}{more}}}",
            self.operations,
            self.operations as f64 / seconds,
            microseconds(self.latencies.percentile(0.5)),
            microseconds(self.latencies.percentile(0.99)),
            microseconds(self.latencies.max()),
            own >= LIMIT,
        );
        Ok(())
    }
}
