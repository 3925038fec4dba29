//! The payload of a frame: what becomes of it.
//!
//! A message of one frame that lies whole in the input stays there. Anything else is unmasked,
//! inflated and put together in the message, and counted while it waits there; the payload of a
//! control frame that comes in pieces is put together beside it.

use super::super::message::Custody;
use super::super::{Input, MessageKind, ProtocolError, apply_mask};
use super::ready::{InInput, Piece, Ready};
use super::{Decoder, State, Step};

impl Decoder {
    /// The payload of a control frame, which is handed out whole.
    pub(super) fn read_control(&mut self, input: &mut Input<'_>) -> Step {
        let length = self.frame.length as usize;
        if self.control.is_empty() && input.remaining() >= length {
            let start = input.position;
            input.position += length;
            apply_mask(&mut input.bytes[start..input.position], self.frame.key, 0);
            self.end_frame();
            return Step::Ready(Ready::Control(Some((start, input.position))));
        }
        let take = input.remaining().min(length - self.control.len());
        let piece = &input.bytes[input.position..input.position + take];
        self.control.extend_from_slice(piece);
        input.position += take;
        self.frame.received = self.control.len() as u64;
        if self.control.len() < length {
            return Step::NeedInput;
        }
        apply_mask(&mut self.control, self.frame.key, 0);
        self.end_frame();
        Step::Ready(Ready::Control(None))
    }

    /// The payload of a data frame, as much of it as there is.
    pub(super) fn read_data(&mut self, input: &mut Input<'_>) -> Result<Step, ProtocolError> {
        let Some(message) = self.message.as_mut() else {
            return Ok(Step::NeedInput);
        };
        if message.custody == Custody::Claimed {
            return self.end_claimed_frame();
        }
        let remaining = self.frame.length - self.frame.received;
        if remaining > 0 && input.remaining() == 0 {
            return Ok(Step::NeedInput);
        }
        let take = usize::try_from(remaining).map_or(input.remaining(), |remaining| {
            remaining.min(input.remaining())
        });
        if (take as u64) < remaining && self.offered_length(take).is_some() {
            return Ok(Step::Offer);
        }
        if self.has_put_off(input) {
            return Ok(Step::Offer);
        }
        let Some(message) = self.message.as_mut() else {
            return Ok(Step::NeedInput);
        };
        let start = input.position;
        input.position += take;
        let piece = &mut input.bytes[start..input.position];
        if self.frame.excess {
            // The whole frame is waited for, as long as it may be, but nothing of it is kept.
            self.frame.received += take as u64;
            return if self.frame.received < self.frame.length {
                Ok(Step::NeedInput)
            } else {
                Err(ProtocolError::TooManyFragments)
            };
        }
        let whole = self.frame.fin && take as u64 == self.frame.length;
        if whole && !message.compressed && message.is_untouched() {
            let mut key = self.frame.key;
            if message.is_checked() {
                apply_mask(piece, std::mem::take(&mut key), 0);
                message.validate_whole(piece)?;
            }
            let kind = message.kind;
            self.message = None;
            self.end_frame();
            let place = InInput {
                start,
                end: start + take,
                key,
            };
            if self.keep_fragments && kind == MessageKind::Binary {
                return Ok(self.hand_out_fragment(Piece::Input(place), true));
            }
            return Ok(Step::Ready(Ready::Whole(kind, place)));
        }

        apply_mask(piece, self.frame.key, self.frame.received as usize);

        let limit = self.config.limits.max_payload;
        match &mut self.inflater {
            Some(inflater) if message.compressed => {
                let before = message.buffer.len();
                message.inflate(piece, inflater, limit)?;
                self.inflated += message.buffer.len() - before;
            }
            _ => message.append(piece, remaining)?,
        }
        self.frame.received += take as u64;
        if self.frame.received < self.frame.length {
            message.hold()?;
            return Ok(Step::NeedInput);
        }
        self.end_data_frame()
    }

    fn end_data_frame(&mut self) -> Result<Step, ProtocolError> {
        let fin = self.frame.fin;
        let Some(message) = self.message.as_mut() else {
            return Ok(Step::NeedInput);
        };
        message.fragments = message.fragments.saturating_add(1);
        if message.compressed
            && let Some(inflater) = &mut self.inflater
        {
            message.end_compressed_frame(fin, inflater, self.config.limits.max_payload)?;
        }
        if !fin {
            message.hold()?;
        }
        if self.keep_fragments && message.kind == MessageKind::Binary {
            let fragment = std::mem::take(&mut message.buffer);
            message.handed_out += fragment.len();
            if fin {
                self.message = None;
            }
            self.end_frame();
            return Ok(self.hand_out_fragment(Piece::Owned(fragment), fin));
        }
        if !fin {
            self.end_frame();
            return Ok(Step::Again);
        }
        message.finish()?;
        let kind = message.kind;
        let buffer = std::mem::take(&mut message.buffer);
        self.message = None;
        self.end_frame();
        Ok(Step::Ready(Ready::Assembled(kind, buffer)))
    }

    fn hand_out_fragment(&mut self, piece: Piece, fin: bool) -> Step {
        if fin {
            self.state = State::FragmentsEnd;
        }
        if piece.is_empty() {
            Step::Again
        } else {
            Step::Ready(Ready::Fragment(piece))
        }
    }

    pub(super) fn end_frame(&mut self) {
        self.progressed = true;
        self.state = State::Start;
    }
}
