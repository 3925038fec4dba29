//! What encoders make, decoders read: masks, fragments, compression, frames that are shared between
//! connections, and every way to have a frame made.

use arbitrary::Arbitrary;
use hawser::connection::Broadcast;
use hawser::protocol::{
    Decoder, DecoderConfig, DeflatePolicy, Encoder, Limits, MAX_HEADER_LENGTH, MessageKind,
    MessageOptions, Opcode, Role, encode_control,
};

use crate::driving::{Driven, Manner};
use crate::material::{Body, Compression, Cuts, Times};
use crate::reference::{Reference, Seen};

#[derive(Debug, Arbitrary)]
pub struct Input {
    ends: [End; 3],
    payloads: [Body; 3],
    sends: Vec<Send>,
    cuts: Cuts,
}

/// A connection that is sent on, and its peer.
#[derive(Debug, Arbitrary)]
struct End {
    is_client: bool,
    compression: Option<(Compression, Times)>,
    manner: Manner,
}

#[derive(Debug, Arbitrary)]
enum Send {
    Message {
        to: u8,
        payload: u8,
        binary: bool,
        fin: bool,
        compress: bool,
        key: [u8; 4],
        way: Way,
    },
    Control {
        to: u8,
        opcode: u8,
        payload: u8,
        key: [u8; 4],
    },
    /// The program changes what it has sent.
    Scribble {
        payload: u8,
        at: u16,
        with: u8,
    },
    EndOfTurn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
enum Way {
    Encoded,
    AsItIs,
    HeaderAlone,
    Shared,
}

pub fn check(input: Input) {
    let mut payloads = input.payloads.each_ref().map(Body::bytes);
    let mut connections = input.ends.each_ref().map(Sending::new);
    let mut broadcast = Broadcast::default();
    for send in &input.sends {
        let length: usize = connections.iter().map(|each| each.stream.len()).sum();
        if length > LONGEST {
            break;
        }
        match send {
            Send::Message {
                to,
                payload,
                binary,
                fin,
                compress,
                key,
                way,
            } => {
                let to = usize::from(*to) % connections.len();
                let payload = &payloads[usize::from(*payload) % payloads.len()];
                let options = MessageOptions {
                    binary: *binary,
                    fin: *fin,
                    compress: *compress,
                    mask: input.ends[to].is_client.then_some(*key),
                };
                connections[to].message(to as u64, payload, options, *way, &mut broadcast);
            }
            Send::Control {
                to,
                opcode,
                payload,
                key,
            } => {
                let to = usize::from(*to) % connections.len();
                let payload = &payloads[usize::from(*payload) % payloads.len()];
                let mask = input.ends[to].is_client.then_some(*key);
                connections[to].control(*opcode, &payload[..payload.len().min(125)], mask);
            }
            Send::Scribble { payload, at, with } => {
                let payload = &mut payloads[usize::from(*payload) % input.payloads.len()];
                if let Some(byte) = payload.get_mut(usize::from(*at)) {
                    *byte = *with;
                }
            }
            Send::EndOfTurn => broadcast.clear(),
        }
    }
    for (connection, end) in connections.into_iter().zip(&input.ends) {
        connection.receive(end, &input.cuts);
    }
}

const LONGEST: usize = 600_000;

struct Sending {
    encoder: Encoder,
    stream: Vec<u8>,
    expected: Vec<Seen>,
    /// The message whose last fragment has not been sent.
    open: Option<(MessageKind, Vec<u8>)>,
}

impl Sending {
    fn new(end: &End) -> Self {
        let policy = end
            .compression
            .map(|(compression, Times(threshold))| DeflatePolicy {
                deflater: compression.deflater(),
                threshold,
            });
        Self {
            encoder: Encoder::new(policy),
            stream: Vec::new(),
            expected: Vec::new(),
            open: None,
        }
    }

    fn message(
        &mut self,
        id: u64,
        payload: &[u8],
        options: MessageOptions,
        way: Way,
        broadcast: &mut Broadcast,
    ) {
        self.write(id, payload, options, way, broadcast);
        let kind = if options.binary {
            MessageKind::Binary
        } else {
            MessageKind::Text
        };
        let (_, message) = self.open.get_or_insert_with(|| (kind, Vec::new()));
        message.extend_from_slice(payload);
        if options.fin
            && let Some((kind, message)) = self.open.take()
        {
            self.expected.push(Seen::Message(kind, message));
        }
    }

    fn write(
        &mut self,
        id: u64,
        payload: &[u8],
        options: MessageOptions,
        way: Way,
        broadcast: &mut Broadcast,
    ) {
        let before = self.stream.len();
        match way {
            Way::Encoded => {}
            Way::AsItIs => {
                if self
                    .encoder
                    .message_as_it_is(payload, options, &mut self.stream)
                {
                    return;
                }
                assert_eq!(self.stream.len(), before, "nothing has changed");
            }
            Way::HeaderAlone => {
                if let Some(header) = self.encoder.plain_header(payload.len(), options) {
                    let mut bytes = [0; MAX_HEADER_LENGTH];
                    let length = header.encode(&mut bytes);
                    self.stream.extend_from_slice(&bytes[..length]);
                    self.stream.extend_from_slice(payload);
                    return;
                }
            }
            Way::Shared => {
                if let Some(frame) = broadcast.frame(id, payload, &mut self.encoder, options) {
                    self.stream.extend_from_slice(frame);
                    return;
                }
            }
        }
        self.encoder.message(payload, options, &mut self.stream);
    }

    fn control(&mut self, opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) {
        let is_ping = opcode.is_multiple_of(2);
        let opcode = if is_ping { Opcode::Ping } else { Opcode::Pong };
        encode_control(opcode, payload, mask, &mut self.stream);
        let body = payload.to_vec();
        self.expected.push(if is_ping {
            Seen::Ping(body)
        } else {
            Seen::Pong(body)
        });
    }

    /// The other end.
    fn receive(self, end: &End, cuts: &Cuts) {
        let config = DecoderConfig {
            role: if end.is_client {
                Role::Server
            } else {
                Role::Client
            },
            limits: Limits::default(),
            skip_utf8_validation: true,
            inflate: end
                .compression
                .map(|(compression, _)| compression.inflater()),
        };
        let mut driven = Driven::new(Decoder::new(config), end.manner);
        let mut reference = Reference::new(config);
        let mut rest = &self.stream[..];
        for size in cuts.sizes(rest.len()) {
            if rest.is_empty() {
                break;
            }
            let size = size.min(rest.len()).min(driven.wants());
            let (piece, behind) = rest.split_at(size);
            driven.take(piece);
            reference.feed(piece);
            rest = behind;
        }
        assert!(!driven.has_ended() && !reference.is_unsure());
        assert_eq!(driven.seen, self.expected);
        assert_eq!(reference.seen(), self.expected);
    }
}
