//! Idle: opens connections and holds them, silent, until stdin ends. Whoever watches the server reads its memory
//! meanwhile. With `--used yes` each has had one message echoed before, as any real connection has.

use std::io::{self, Read, Write};

use crate::client::{self, Permits, Piece, Work};
use crate::fault::{Fault, Result};
use crate::frame;
use crate::options::{Deflate, Options};
use crate::script::{self, Script};
use crate::window::Window;

/// How long all echoes together may take.
const PATIENCE: f64 = 30.0;

pub(crate) fn run(options: &Options) -> Result<()> {
    let (mut connections, _) = client::open_all(options, options.connections)?;

    if options.used {
        use_once(&mut connections, options)?;
    }

    println!(
        "{{\"event\":\"open\",\"connections\":{}}}",
        connections.len()
    );
    io::stdout().flush()?;

    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn use_once(connections: &mut [client::Connection], options: &Options) -> Result<()> {
    let all = connections.len() as u64;
    let mut work = Once {
        script: Script::new(&script::payloads(options), frame::BINARY, Deflate::Off),
        waiting: connections.len(),
    };
    let mut window = Window::new(&Options {
        warm_up: 0.0,
        seconds: PATIENCE,
        operations: Some(all),
        pid: None,
        ..options.clone()
    });

    client::run(connections, &mut work, &mut window)?;
    if work.waiting > 0 {
        return Err(Fault::new(format!(
            "{} connections had no echo",
            work.waiting
        )));
    }
    Ok(())
}

/// One message on every connection.
struct Once {
    script: Script,
    waiting: usize,
}

impl Work for Once {
    fn script(&self, _who: usize) -> &Script {
        &self.script
    }

    fn start(&mut self, _now: u64, permits: &mut Permits) {
        for who in 0..self.waiting {
            permits.give(who, 1);
        }
    }

    fn piece(&mut self, _who: usize, _piece: &Piece<'_>) -> Result<()> {
        Ok(())
    }

    fn message(
        &mut self,
        _who: usize,
        _length: usize,
        _now: u64,
        window: &mut Window,
        _permits: &mut Permits,
    ) -> Result<()> {
        self.waiting -= 1;
        window.operation(0);
        Ok(())
    }
}
