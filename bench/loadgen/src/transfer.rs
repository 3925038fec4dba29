//! One direction only. Upload: the client sends, and the server now and then answers how many messages and bytes it has
//! got. Download: the client asks for a batch, and the server sends it.

use std::collections::VecDeque;

use crate::client::{self, Permits, Piece, Work};
use crate::fault::{Fault, Result};
use crate::frame;
use crate::options::{Deflate, Options};
use crate::payload::{self, Kind};
use crate::script::{self, Script};
use crate::window::Window;

/// Sends up to `--in-flight` messages ahead of the server's answers.
pub(crate) fn upload(options: &Options) -> Result<()> {
    let (mut connections, _) = client::open_all(options, options.connections)?;
    let sender = || Sender {
        sent_at: VecDeque::new(),
        answered: 0,
        answer: [0; 16],
    };
    let mut work = Upload {
        script: Script::new(&script::payloads(options), frame::BINARY, Deflate::Off),
        ahead: options.in_flight,
        size: options.size as u64,
        connections: (0..options.connections).map(|_| sender()).collect(),
    };
    let mut window = Window::new(options);

    client::run(&mut connections, &mut work, &mut window)?;
    window.report("")
}

/// Asks for `--batch` messages whenever the ones before have come.
pub(crate) fn download(options: &Options) -> Result<()> {
    let (mut connections, _) = client::open_all(options, options.connections)?;
    let request = (options.batch as u64).to_le_bytes().to_vec();
    let mut work = Download {
        script: Script::new(&[request], frame::BINARY, Deflate::Off),
        expected: payload::build(Kind::Binary, options.size, 0),
        batch: options.batch,
        connections: vec![(0, 0); options.connections],
    };
    let mut window = Window::new(options);

    client::run(&mut connections, &mut work, &mut window)?;
    window.report("")
}

struct Upload {
    script: Script,
    ahead: usize,
    size: u64,
    connections: Vec<Sender>,
}

struct Sender {
    /// When the messages that are not answered were sent, oldest first.
    sent_at: VecDeque<u64>,
    answered: u64,
    /// Two numbers, little-endian: messages and bytes.
    answer: [u8; 16],
}

impl Work for Upload {
    fn script(&self, _who: usize) -> &Script {
        &self.script
    }

    fn start(&mut self, now: u64, permits: &mut Permits) {
        for (who, sender) in self.connections.iter_mut().enumerate() {
            sender.sent_at.extend((0..self.ahead).map(|_| now));
            permits.give(who, self.ahead);
        }
    }

    fn piece(&mut self, who: usize, piece: &Piece<'_>) -> Result<()> {
        let answer = &mut self.connections[who].answer;

        match answer.get_mut(piece.at..piece.at + piece.bytes.len()) {
            Some(place) => place.copy_from_slice(piece.bytes),
            None => return Err(Fault::new("the server's answer is too long")),
        }
        Ok(())
    }

    fn message(
        &mut self,
        who: usize,
        length: usize,
        now: u64,
        window: &mut Window,
        permits: &mut Permits,
    ) -> Result<()> {
        let sender = &mut self.connections[who];
        let messages = read_u64(&sender.answer[..8]);
        let bytes = read_u64(&sender.answer[8..]);
        let more = messages.wrapping_sub(sender.answered) as usize;

        if length != 16 || bytes != messages * self.size || more > sender.sent_at.len() {
            return Err(Fault::new(format!(
                "the server counted {messages} messages of {bytes} bytes"
            )));
        }

        sender.answered = messages;
        for sent in sender.sent_at.drain(..more) {
            window.operation(now - sent);
        }
        sender.sent_at.extend((0..more).map(|_| now));
        permits.give(who, more);
        Ok(())
    }
}

struct Download {
    script: Script,
    expected: Vec<u8>,
    batch: usize,
    /// How many of its batch a connection has, and when it asked.
    connections: Vec<(usize, u64)>,
}

impl Work for Download {
    fn script(&self, _who: usize) -> &Script {
        &self.script
    }

    fn start(&mut self, now: u64, permits: &mut Permits) {
        for (who, connection) in self.connections.iter_mut().enumerate() {
            connection.1 = now;
            permits.give(who, 1);
        }
    }

    fn piece(&mut self, _who: usize, piece: &Piece<'_>) -> Result<()> {
        match self.expected.get(piece.at..piece.at + piece.bytes.len()) {
            Some(expected) if expected == piece.bytes => Ok(()),
            _ => Err(Fault::new(
                "the server sent something else than it was asked for",
            )),
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
        if length != self.expected.len() {
            return Err(Fault::new(format!("a message of {length} bytes was sent")));
        }

        let (received, asked_at) = &mut self.connections[who];

        window.operation(now - *asked_at);
        *received += 1;
        if *received == self.batch {
            (*received, *asked_at) = (0, now);
            permits.give(who, 1);
        }
        Ok(())
    }
}

fn read_u64(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}
