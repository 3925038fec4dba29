//! Events, from what has been decoded.
//!
//! While it decodes, the decoder needs all of itself and of the input. So an event is described
//! first, without borrowing anything, and made of that when the decoder is done.

use super::super::close::{NO_STATUS, parse_close_body};
use super::super::{Event, Input, MaskKey, Masked, MessageKind, Opcode, Payload, ProtocolError};
use super::{Decoder, State};

/// An event, described without borrowing anything.
pub(super) enum Ready {
    Whole(MessageKind, InInput),
    Assembled(MessageKind, Vec<u8>),
    Claimed(MessageKind),
    Fragment(Piece),
    FragmentsEnd,
    Control(Option<(usize, usize)>),
}

pub(super) enum Piece {
    Input(InInput),
    Owned(Vec<u8>),
}

/// Where in the input a payload is, and what it is masked with.
pub(super) struct InInput {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) key: MaskKey,
}

impl InInput {
    fn of<'a>(self, input: &'a mut Input<'_>) -> Payload<'a> {
        Payload::Borrowed(Masked {
            bytes: &mut input.bytes[self.start..self.end],
            key: self.key,
        })
    }
}

impl Piece {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Input(place) => place.start == place.end,
            Self::Owned(buffer) => buffer.is_empty(),
        }
    }
}

impl Decoder {
    /// The event, with what it borrows of the decoder or of the input.
    pub(super) fn event<'a>(
        &'a mut self,
        ready: Ready,
        input: &'a mut Input<'_>,
    ) -> Result<Event<'a>, ProtocolError> {
        Ok(match ready {
            Ready::Whole(kind, place) => Event::Message {
                kind,
                payload: place.of(input),
            },
            Ready::Assembled(kind, buffer) => Event::Message {
                kind,
                payload: Payload::Owned(buffer),
            },
            Ready::Claimed(kind) => Event::Message {
                kind,
                payload: Payload::Claimed,
            },
            Ready::Fragment(Piece::Input(place)) => Event::Fragment(place.of(input)),
            Ready::Fragment(Piece::Owned(buffer)) => Event::Fragment(Payload::Owned(buffer)),
            Ready::FragmentsEnd => Event::FragmentsEnd,
            Ready::Control(range) => {
                let body: &[u8] = match range {
                    Some((start, end)) => &input.bytes[start..end],
                    None => &self.control,
                };
                match self.frame.opcode {
                    Opcode::Ping => Event::Ping(body),
                    Opcode::Pong => Event::Pong(body),
                    _ => {
                        self.state = State::Ended;
                        self.message = None;
                        let skip = self.config.skip_utf8_validation;
                        let (code, reason) = parse_close_body(body, skip)?;
                        debug_assert!(code != NO_STATUS || reason.is_empty());
                        Event::Close { code, reason }
                    }
                }
            }
        })
    }
}
