//! The header of a frame (RFC 6455 section 5.2), in whatever pieces it arrives.
//!
//! A part of a header is read once all of it is there; until then its beginning is kept, which is
//! eight bytes at most. What the header says is held against the limits at once: a message that
//! will be too large fails before its payload comes, and nothing is allocated for it.

use super::super::frame::{Expectations, FrameStart};
use super::super::message::Message;
use super::super::{Input, MessageKind, Opcode, ProtocolError};
use super::{Decoder, Frame, State, Step};

impl Decoder {
    /// The first two bytes, which may begin a message.
    pub(super) fn read_start(&mut self, input: &mut Input<'_>) -> Result<Step, ProtocolError> {
        let Some(bytes) = self.take::<2>(input) else {
            return Ok(Step::NeedInput);
        };
        let start = FrameStart::parse(
            bytes,
            Expectations {
                role: self.config.role,
                compression: self.inflater.is_some(),
                in_message: self.message.is_some(),
            },
        )?;
        self.frame = Frame {
            start: Some(start),
            fin: start.fin,
            opcode: start.opcode,
            ..Frame::NONE
        };
        self.control.clear();
        let kind = match start.opcode {
            Opcode::Text => Some(MessageKind::Text),
            Opcode::Binary => Some(MessageKind::Binary),
            _ => None,
        };
        if let Some(kind) = kind {
            let validate = !self.config.skip_utf8_validation;
            self.message = Some(Message::new(kind, start.rsv1, validate));
        }
        if start.extended_length_bytes() > 0 {
            self.state = State::Length;
            return Ok(Step::Again);
        }
        self.have_length(start, &[])
    }

    /// The length, if the first two bytes had no room for it.
    pub(super) fn read_length(&mut self, input: &mut Input<'_>) -> Result<Step, ProtocolError> {
        let Some(start) = self.frame.start else {
            return Ok(Step::NeedInput);
        };
        if start.extended_length_bytes() == 2 {
            let Some(bytes) = self.take::<2>(input) else {
                return Ok(Step::NeedInput);
            };
            self.have_length(start, &bytes)
        } else {
            let Some(bytes) = self.take::<8>(input) else {
                return Ok(Step::NeedInput);
            };
            self.have_length(start, &bytes)
        }
    }

    fn have_length(&mut self, start: FrameStart, extended: &[u8]) -> Result<Step, ProtocolError> {
        let length = start.payload_length(extended)?;
        self.frame.length = length;
        if !start.opcode.is_control()
            && let Some(message) = &mut self.message
        {
            message.announced = message.announced.saturating_add(length);
            let most = self.config.limits.max_payload;
            if length > 0 && most.is_some_and(|most| message.announced > most as u64) {
                return Err(ProtocolError::MessageTooLarge);
            }
            self.frame.excess = !message.takes_another_frame(self.config.limits.max_fragments);
        }
        self.state = if start.masked {
            State::Key
        } else {
            State::Payload
        };
        Ok(Step::Again)
    }

    /// The next `N` bytes of a header, once they are all there.
    pub(super) fn take<const N: usize>(&mut self, input: &mut Input<'_>) -> Option<[u8; N]> {
        if self.partial_length == 0
            && let Some(bytes) = input.bytes[input.position..].first_chunk::<N>()
        {
            input.position += N;
            self.progressed = true;
            return Some(*bytes);
        }
        let wanted = (N - self.partial_length).min(input.remaining());
        let piece = &input.bytes[input.position..input.position + wanted];
        self.partial[self.partial_length..self.partial_length + wanted].copy_from_slice(piece);
        self.partial_length += wanted;
        input.position += wanted;
        if self.partial_length < N {
            return None;
        }
        self.partial_length = 0;
        self.progressed = true;
        self.partial.first_chunk::<N>().copied()
    }
}
