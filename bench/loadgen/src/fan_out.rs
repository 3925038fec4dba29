//! Fan-out: one connection sends, all others receive. The next message goes when the last receiver has the one before.
//! An operation is a delivery.

use crate::client::{self, Permits, Piece, Work};
use crate::fault::{Fault, Result};
use crate::frame;
use crate::options::{Deflate, Options};
use crate::script::{self, Script};
use crate::window::Window;

struct FanOut {
    payloads: Vec<Vec<u8>>,
    script: Script,
    receivers: usize,
    /// Which payload is under way, since when, and how many have not got it.
    number: usize,
    sent_at: u64,
    missing: usize,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let (mut connections, _) = client::open_all(options, options.connections + 1)?;
    let payloads = script::payloads(options);
    let mut work = FanOut {
        script: Script::new(&payloads, frame::BINARY, Deflate::Off),
        receivers: options.connections,
        number: 0,
        sent_at: 0,
        missing: 0,
        payloads,
    };
    let mut window = Window::new(options);

    client::run(&mut connections, &mut work, &mut window)?;
    window.report("")
}

impl FanOut {
    fn send(&mut self, now: u64, permits: &mut Permits) {
        self.sent_at = now;
        self.missing = self.receivers;
        permits.give(0, 1);
    }
}

impl Work for FanOut {
    fn script(&self, _who: usize) -> &Script {
        &self.script
    }

    fn start(&mut self, now: u64, permits: &mut Permits) {
        self.send(now, permits);
    }

    fn piece(&mut self, who: usize, piece: &Piece<'_>) -> Result<()> {
        let expected = &self.payloads[self.number];

        match expected.get(piece.at..piece.at + piece.bytes.len()) {
            Some(expected) if expected == piece.bytes && who != 0 => Ok(()),
            _ => Err(Fault::new(format!(
                "connection {who} got what was not sent to it"
            ))),
        }
    }

    fn message(
        &mut self,
        _who: usize,
        length: usize,
        now: u64,
        window: &mut Window,
        permits: &mut Permits,
    ) -> Result<()> {
        if length != self.payloads[self.number].len() {
            return Err(Fault::new(format!("a delivery of {length} bytes")));
        }

        window.operation(now - self.sent_at);
        self.missing -= 1;
        if self.missing == 0 {
            self.number = (self.number + 1) % self.payloads.len();
            self.send(now, permits);
        }
        Ok(())
    }
}
