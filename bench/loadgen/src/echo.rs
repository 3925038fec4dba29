//! Echo: a number of messages in flight on each connection; each that comes back, and is what was sent, lets the next
//! one go.

use std::collections::VecDeque;

use crate::client::{self, Permits, Piece, Work};
use crate::fault::{Fault, Result};
use crate::frame;
use crate::handshake::Agreed;
use crate::inflate::Inflater;
use crate::options::{Deflate, Options};
use crate::script::{self, Script};
use crate::window::Window;

struct Echo {
    payloads: Vec<Vec<u8>>,
    script: Script,
    text: bool,
    in_flight: usize,
    connections: Vec<Echoes>,
    /// What each payload came back as, compressed without a context.
    compressed: Vec<Vec<u8>>,
    /// How many echoes came, and how many bytes they had on the wire.
    echoes: u64,
    bytes: u64,
}

/// What one connection waits for.
struct Echoes {
    /// When the messages in flight were sent, oldest first.
    sent_at: VecDeque<u64>,
    /// Which payload comes next.
    next: usize,
    inflater: Option<Inflater>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let (mut connections, agreed) = client::open_all(options, options.connections)?;
    let mut echo = prepare(options, agreed);
    let mut window = Window::new(options);

    client::run(&mut connections, &mut echo, &mut window)?;
    window.report(&if agreed.deflate {
        format!(
            ",\"agreed\":{{\"serverTakeover\":{},\"clientTakeover\":{}}},\"compressedSize\":{:.1}",
            agreed.server_takeover,
            agreed.client_takeover,
            echo.bytes as f64 / echo.echoes.max(1) as f64
        )
    } else {
        String::new()
    })
}

fn prepare(options: &Options, agreed: Agreed) -> Echo {
    let payloads = script::payloads(options);
    let opcode = if options.payload.is_text() {
        frame::TEXT
    } else {
        frame::BINARY
    };
    // A server may decline to keep the client's context, and then must not be sent what refers to it.
    let outgoing = match options.deflate {
        Deflate::Takeover if !agreed.client_takeover => Deflate::NoTakeover,
        other => other,
    };
    let takeover = options.deflate == Deflate::Takeover && agreed.server_takeover;
    let waiting = || Echoes {
        sent_at: VecDeque::with_capacity(options.in_flight),
        next: 0,
        inflater: agreed
            .deflate
            .then(|| Inflater::new(takeover, options.size)),
    };

    Echo {
        script: Script::new(&payloads, opcode, outgoing),
        text: options.payload.is_text(),
        in_flight: options.in_flight,
        connections: (0..options.connections).map(|_| waiting()).collect(),
        compressed: vec![Vec::new(); payloads.len()],
        echoes: 0,
        bytes: 0,
        payloads,
    }
}

impl Work for Echo {
    fn script(&self, _who: usize) -> &Script {
        &self.script
    }

    fn start(&mut self, now: u64, permits: &mut Permits) {
        for (who, connection) in self.connections.iter_mut().enumerate() {
            connection.sent_at.extend((0..self.in_flight).map(|_| now));
            permits.give(who, self.in_flight);
        }
    }

    fn piece(&mut self, who: usize, piece: &Piece<'_>) -> Result<()> {
        let connection = &mut self.connections[who];

        if piece.text != self.text {
            return Err(Fault::new("an echo of the other type"));
        }
        if piece.compressed {
            let inflater = connection
                .inflater
                .as_mut()
                .ok_or_else(|| Fault::new("compressed, but not agreed to"))?;
            inflater.push(piece.at, piece.bytes);
            return Ok(());
        }

        match self.payloads[connection.next].get(piece.at..piece.at + piece.bytes.len()) {
            Some(expected) if expected == piece.bytes => Ok(()),
            _ => Err(Fault::new(format!(
                "connection {who}: an echo is not what was sent"
            ))),
        }
    }

    fn message(
        &mut self,
        who: usize,
        length: usize,
        now: u64,
        window: &mut Window,
        permits: &mut Permits,
    ) -> Result<()> {
        let connection = &mut self.connections[who];
        let expected = &self.payloads[connection.next];

        match &mut connection.inflater {
            Some(inflater) => inflater.finish(expected, &mut self.compressed[connection.next])?,
            None if length != expected.len() => {
                return Err(Fault::new(format!(
                    "an echo of {length} bytes, sent were {}",
                    expected.len()
                )));
            }
            None => {}
        }

        self.echoes += 1;
        self.bytes += length as u64;
        connection.next = (connection.next + 1) % self.payloads.len();
        if let Some(sent) = connection.sent_at.pop_front() {
            window.operation(now - sent);
        }
        connection.sent_at.push_back(now);
        permits.give(who, 1);
        Ok(())
    }
}
