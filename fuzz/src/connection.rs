//! Two connections and the wires between them, which take less than they are offered, nothing for a
//! while, or nothing ever again.
//!
//! Whatever the order of operations: each byte arrives once and in order, each mark is told once and
//! in order, when its bytes have been written and not before, and a reader that was stopped because
//! too much waits is told to go on.

use std::collections::VecDeque;
use std::io::IoSlice;

use arbitrary::Arbitrary;
use bytes::Bytes;
use hawser::connection::{Connection, ConnectionConfig, InboundBudget};
use hawser::protocol::{
    DecoderConfig, DeflatePolicy, Encoder, Limits, MAX_HEADER_LENGTH, MaskKey, MessageKind,
    MessageOptions, Opcode, Role, encode_control,
};

use crate::driving::{Driven, Manner};
use crate::material::{Body, Compression, Times};
use crate::reference::Seen;

#[derive(Debug, Arbitrary)]
pub struct Input {
    compression: Option<(Compression, Times)>,
    manner: Manner,
    operations: Vec<(bool, Operation)>,
}

/// What one of the two ends does, or has done to it.
#[derive(Debug, Arbitrary)]
enum Operation {
    Send {
        body: Body,
        binary: bool,
        fin: bool,
        compress: bool,
        key: MaskKey,
        mark: bool,
    },
    Control {
        is_ping: bool,
        body: Body,
        key: MaskKey,
        mark: bool,
    },
    /// Frames that were encoded elsewhere, with marks behind some of them.
    Encoded(Vec<(Body, bool)>, MaskKey),
    /// A frame that others hold, too.
    Shared(Body, MaskKey),
    /// A payload that is written from where it is, as far as the wire takes it.
    Through(Body, Wire),
    Mark,
    Flush(Wire),
    Read(Times),
    /// JavaScript takes what waits for it.
    Deliver(u8),
    /// The connection goes to another driver.
    Move,
    /// Other connections of the process have this many bytes waiting.
    Others(u32),
}

/// How a wire answers a write.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Wire {
    Takes(Times),
    TakesAll,
    Pending,
    Fails,
}

pub fn check(input: Input) {
    let mut ends = [
        End::new(Role::Client, &input),
        End::new(Role::Server, &input),
    ];
    let mut others: Option<(InboundBudget, usize)> = None;
    let mut work = 0;
    for (first, operation) in &input.operations {
        let index = usize::from(*first);
        let end = &mut ends[index];
        match operation {
            Operation::Send {
                body,
                binary,
                fin,
                compress,
                key,
                mark,
            } => {
                let body = body.bytes();
                work += body.len();
                end.send(&body, *binary, *fin, *compress, *key);
                if *mark {
                    end.mark();
                }
            }
            Operation::Control {
                is_ping,
                body,
                key,
                mark,
            } => {
                let mut body = body.bytes();
                body.truncate(125);
                end.control(*is_ping, &body, *key);
                if *mark {
                    end.mark();
                }
            }
            Operation::Encoded(frames, key) => end.encoded(frames, *key),
            Operation::Shared(body, key) => {
                let body = body.bytes();
                work += body.len();
                end.shared(&body, *key);
            }
            Operation::Through(body, wire) => {
                let body = body.bytes();
                work += body.len();
                end.through(&body, *wire);
            }
            Operation::Mark => end.mark(),
            Operation::Flush(wire) => {
                end.flush(*wire);
            }
            Operation::Read(Times(most)) => read(&mut ends, index, *most),
            Operation::Deliver(count) => end.reader.deliver(usize::from(*count)),
            Operation::Move => {
                let moved = std::mem::replace(&mut end.connection, Connection::spent());
                end.connection = *Box::new(moved);
            }
            Operation::Others(bytes) => {
                let bytes = *bytes as usize % (80 << 20);
                let (budget, waiting) = others.get_or_insert_with(Default::default);
                budget.charge(bytes);
                budget.release(std::mem::replace(waiting, bytes));
            }
        }
        if work > MOST_WORK {
            break;
        }
    }
    finish(ends);
}

const MOST_WORK: usize = 1 << 20;

/// Has everything arrive that can.
fn finish(mut ends: [End; 2]) {
    for end in &mut ends {
        // A message that is under way ends, so that it can be compared.
        if end.open.is_some() {
            end.send(b"", false, true, false, [9, 9, 9, 9]);
        }
        end.mark();
        end.flush(Wire::TakesAll);
        end.check_ends();
    }
    for index in 0..2 {
        while !ends[1 - index].wire.is_empty() || !ends[index].reader.waiting.is_empty() {
            let before = (ends[1 - index].wire.len(), ends[index].reader.waiting.len());
            read(&mut ends, index, usize::MAX);
            ends[index].reader.deliver(usize::MAX);
            let after = (ends[1 - index].wire.len(), ends[index].reader.waiting.len());
            assert_ne!(before, after, "a reader that was stopped goes on");
        }
    }
    for index in 0..2 {
        let (sender, reader) = (&ends[1 - index], &ends[index].reader);
        let seen = &reader.driven.seen;
        assert!(!reader.driven.has_ended());
        if sender.failed {
            assert_eq!(
                *seen,
                sender.sent[..seen.len()],
                "what arrives is the beginning"
            );
        } else {
            assert_eq!(*seen, sender.sent);
        }
    }
}

/// One end: a connection, what it should have sent, and its half of the wires.
struct End {
    connection: Connection,
    role: Role,
    sent: Vec<Seen>,
    open: Option<(MessageKind, Vec<u8>)>,
    /// Positions behind which a sender wants to be told, that have not been told.
    marks: VecDeque<u64>,
    made: u32,
    told: u32,
    /// What has been written and the other end has not read.
    wire: VecDeque<u8>,
    written: u64,
    failed: bool,
    reader: Reader,
}

/// The receiving half, with its budget.
struct Reader {
    driven: Driven,
    budget: InboundBudget,
    stalled: bool,
    /// The sizes of what waits for JavaScript.
    waiting: VecDeque<usize>,
    received: u64,
}

impl End {
    fn new(role: Role, input: &Input) -> Self {
        let config = ConnectionConfig {
            decoder: DecoderConfig {
                role,
                limits: Limits::default(),
                skip_utf8_validation: true,
                inflate: input
                    .compression
                    .map(|(compression, _)| compression.inflater()),
            },
            deflate: input
                .compression
                .map(|(compression, Times(threshold))| DeflatePolicy {
                    deflater: compression.deflater(),
                    threshold,
                }),
            keep_fragments: false,
        };
        Self {
            connection: Connection::new(&config),
            role,
            sent: Vec::new(),
            open: None,
            marks: VecDeque::new(),
            made: 0,
            told: 0,
            wire: VecDeque::new(),
            written: 0,
            failed: false,
            reader: Reader {
                driven: Driven::new(config.decoder(), input.manner),
                budget: InboundBudget::default(),
                stalled: false,
                waiting: VecDeque::new(),
                received: 0,
            },
        }
    }

    fn mask(&self, key: MaskKey) -> Option<MaskKey> {
        (self.role == Role::Client).then_some(key)
    }

    fn send(&mut self, body: &[u8], binary: bool, fin: bool, compress: bool, key: MaskKey) {
        let options = MessageOptions {
            binary,
            fin,
            compress,
            mask: self.mask(key),
        };
        self.connection.send(body, options);
        self.note_message(body, binary, fin);
    }

    fn note_message(&mut self, body: &[u8], binary: bool, fin: bool) {
        let kind = if binary {
            MessageKind::Binary
        } else {
            MessageKind::Text
        };
        let (_, message) = self.open.get_or_insert_with(|| (kind, Vec::new()));
        message.extend_from_slice(body);
        if fin && let Some((kind, message)) = self.open.take() {
            self.sent.push(Seen::Message(kind, message));
        }
    }

    fn control(&mut self, is_ping: bool, body: &[u8], key: MaskKey) {
        let opcode = if is_ping { Opcode::Ping } else { Opcode::Pong };
        self.connection.send_control(opcode, body, self.mask(key));
        let body = body.to_vec();
        self.sent.push(if is_ping {
            Seen::Ping(body)
        } else {
            Seen::Pong(body)
        });
    }

    fn encoded(&mut self, frames: &[(Body, bool)], key: MaskKey) {
        let (mut bytes, mut places) = (Vec::new(), Vec::new());
        for (body, mark) in frames {
            let mut body = body.bytes();
            body.truncate(125);
            encode_control(Opcode::Ping, &body, self.mask(key), &mut bytes);
            self.sent.push(Seen::Ping(body));
            if *mark {
                places.push(bytes.len());
            }
        }
        let before = self.connection.outbound.accepted();
        self.connection.write(bytes, &places);
        for place in places {
            self.made += 1;
            self.marks.push_back(before + place as u64);
        }
        self.tell();
    }

    fn shared(&mut self, body: &[u8], key: MaskKey) {
        if self.open.is_some() {
            return;
        }
        let options = MessageOptions {
            binary: true,
            fin: true,
            compress: false,
            mask: self.mask(key),
        };
        let mut frame = Vec::new();
        Encoder::new(None).message(body, options, &mut frame);
        self.connection.outbound.push_shared(&Bytes::from(frame));
        self.note_message(body, true, true);
    }

    /// As the driver of an event loop does: what waits, then the message, in one write.
    fn through(&mut self, body: &[u8], wire: Wire) {
        let options = MessageOptions {
            binary: true,
            fin: true,
            compress: false,
            mask: self.mask([1, 2, 3, 4]),
        };
        if self.open.is_some() || !self.flush(Wire::TakesAll) {
            return;
        }
        let Some(header) = self.connection.encoder.plain_header(body.len(), options) else {
            return;
        };
        let mut bytes = [0; MAX_HEADER_LENGTH];
        let length = header.encode(&mut bytes);
        let frame = [&bytes[..length], body].concat();
        let taken = match wire {
            Wire::Takes(Times(most)) => most.min(frame.len()),
            Wire::TakesAll => frame.len(),
            Wire::Pending | Wire::Fails => 0,
        };
        let outbound = &mut self.connection.outbound;
        self.wire.extend(&frame[..taken]);
        self.written += taken as u64;
        outbound.wrote_through(taken);
        outbound.append(|out| out.extend_from_slice(&frame[taken..]));
        self.note_message(body, true, true);
        self.tell();
    }

    fn mark(&mut self) {
        self.connection.outbound.mark();
        self.made += 1;
        self.marks.push_back(self.connection.outbound.accepted());
        self.tell();
    }

    /// Writes what the wire takes. Returns whether that was all.
    fn flush(&mut self, wire: Wire) -> bool {
        if matches!(wire, Wire::Fails) {
            self.failed = true;
        }
        let mut budget = match wire {
            Wire::Takes(Times(most)) => most,
            Wire::TakesAll => usize::MAX,
            Wire::Pending | Wire::Fails => 0,
        };
        while !self.failed && !self.connection.outbound.is_empty() {
            let outbound = &self.connection.outbound;
            let waiting = outbound.accepted() - outbound.flushed();
            let mut slices = Vec::new();
            outbound.slices(&mut slices);
            let run: Vec<u8> = match outbound.single() {
                Some(bytes) => {
                    let all: Vec<&[u8]> = slices.iter().map(|slice| &**slice).collect();
                    assert_eq!(bytes, all.concat(), "two views of the same");
                    assert_eq!(bytes.len() as u64, waiting, "a single run is all there is");
                    bytes.to_vec()
                }
                None => slices
                    .iter()
                    .flat_map(|slice: &IoSlice| slice.to_vec())
                    .collect(),
            };
            assert!(run.len() as u64 <= waiting);
            let taken = run.len().min(budget);
            budget -= taken;
            self.wire.extend(&run[..taken]);
            self.written += taken as u64;
            self.connection.outbound.advance(taken);
            self.tell();
            if budget == 0 {
                break;
            }
        }
        !self.failed && self.connection.outbound.is_empty()
    }

    /// Tells of marks that have been passed: as many as the model knows of, and in order, since they
    /// are only counted.
    fn tell(&mut self) {
        let outbound = &mut self.connection.outbound;
        assert_eq!(outbound.flushed(), self.written);
        let mut passed = 0;
        while self.marks.front().is_some_and(|&mark| mark <= self.written) {
            self.marks.pop_front();
            passed += 1;
        }
        assert_eq!(outbound.take_completed(), passed);
        assert_eq!(outbound.take_completed(), 0, "a mark is told once");
        self.told += passed;
    }

    fn check_ends(&mut self) {
        let outbound = &self.connection.outbound;
        assert_eq!(self.told + outbound.untold(), self.made);
        if !self.failed {
            assert!(outbound.is_empty());
            assert_eq!(outbound.untold(), 0);
            assert!(outbound.single().is_none_or(<[u8]>::is_empty));
        }
    }
}

/// Has an end read what the other has written.
fn read(ends: &mut [End; 2], index: usize, most: usize) {
    let [client, server] = ends;
    let (reader, wire) = match index {
        0 => (&mut client.reader, &mut server.wire),
        _ => (&mut server.reader, &mut client.wire),
    };
    if reader.stalled || wire.is_empty() {
        return;
    }
    let length = most
        .min(wire.len())
        .min(READ_MOST)
        .min(reader.driven.wants());
    let piece: Vec<u8> = wire.drain(..length).collect();
    reader.driven.take(&piece);
    reader.receive(length);
}

/// What is read at once.
const READ_MOST: usize = 256 * 1024;

/// The bounds that `InboundBudget` documents.
const MOST_WAITING: usize = 1024 * 1024;

impl Reader {
    fn receive(&mut self, length: usize) {
        self.budget.count_received(length);
        self.received += length as u64;
        assert_eq!(self.budget.received(), self.received);
        self.waiting.push_back(length);
        let waiting: usize = self.waiting.iter().sum();
        assert!(waiting < MOST_WAITING + READ_MOST, "{waiting} bytes wait");
        if self.budget.charge(length) {
            self.stalled = true;
        }
    }

    fn deliver(&mut self, count: usize) {
        for _ in 0..count {
            let Some(length) = self.waiting.pop_front() else {
                break;
            };
            if self.budget.release(length) {
                assert!(self.stalled, "only who was stopped is told to go on");
                self.stalled = false;
            }
        }
        assert!(
            !(self.waiting.is_empty() && self.stalled),
            "nothing waits, and nobody reads"
        );
    }
}
