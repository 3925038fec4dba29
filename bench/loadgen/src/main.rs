//! Drives a WebSocket server and measures it: raw epoll on one thread, no WebSocket library, frames encoded and masked
//! beforehand, and everything that comes back is checked. It is to cost much less than any server that it drives, and
//! says when it does not (`"limited": true`).
//!
//! ```text
//! loadgen MODE --port PORT [--pid PID] [--connections N] [--in-flight N] [--size BYTES] [--seconds S] ...
//!
//! echo      messages that come back           --payload binary | ascii | text | json  --deflate takeover | no-takeover
//! connect   connections that open and close
//! idle      connections that do nothing       --used yes
//! fan-out   one sends, N receive
//! upload    the server counts
//! download  the server sends                  --batch N
//! serve     echoes to clients, which are what is measured
//! ```
//!
//! The result is one line of JSON on stdout: rate, latency in microseconds, CPU microseconds an operation of the process
//! `--pid`, of all its threads and of its main one.

mod churn;
mod client;
mod echo;
mod fan_out;
mod fault;
mod frame;
mod handshake;
mod histogram;
mod idle;
mod inflate;
mod options;
mod payload;
mod poll;
mod process;
mod script;
mod serve;
mod socket;
mod transfer;
mod window;

use std::process::ExitCode;

use fault::{Fault, Result};
use options::Options;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("loadgen: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args();
    let _program = arguments.next();
    let mode = arguments
        .next()
        .ok_or_else(|| Fault::new("which mode? echo, connect, idle, fan-out, ..."))?;
    let options = Options::parse(arguments)?;

    match mode.as_str() {
        "echo" => echo::run(&options),
        "connect" => churn::run(&options),
        "idle" => idle::run(&options),
        "fan-out" => fan_out::run(&options),
        "upload" => transfer::upload(&options),
        "download" => transfer::download(&options),
        "serve" => serve::run(),
        _ => Err(Fault::new(format!("unknown mode {mode}"))),
    }
}
