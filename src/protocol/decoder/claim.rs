//! Large messages that are put together by whoever drives the decoder, in memory of theirs.
//!
//! A message is offered when its header and enough of its payload have arrived. It then lacks one
//! thing only, bytes, and where they are put does not matter to the decoder, as long as it sees them:
//! it unmasks and checks them as it does with all others. Compressed and fragmented messages are not
//! offered.

use std::mem::MaybeUninit;

use super::super::message::Custody;
use super::super::{MessageKind, ProtocolError, apply_mask, copy_masked};
use super::{Decoder, Input, Ready, State, Step};

impl Decoder {
    /// Whether large messages are offered by [`claimable`](Self::claimable). Where they begin, input is
    /// left unread until they have been claimed or declined.
    pub fn offer_large_messages(&mut self, offers: bool) {
        self.offers = offers;
    }

    /// The length of the message that is being received, if whoever drives the decoder may put it
    /// together. To be asked when [`next`](Self::next) wants more input.
    ///
    /// No message is offered because of its header alone: enough of it has arrived, and memory for
    /// all of it is a small multiple of that.
    pub fn claimable(&self, input: &Input<'_>) -> Option<usize> {
        self.offered_length(input.remaining())
    }

    /// Claims the message that [`claimable`](Self::claimable) offers; returns what of its payload has
    /// been put together already. The rest is for [`take_claimed`](Self::take_claimed) and
    /// [`commit_claimed`](Self::commit_claimed), and the message comes as
    /// [`Payload::Claimed`](super::super::Payload::Claimed).
    pub fn claim(&mut self) -> Vec<u8> {
        match &mut self.message {
            Some(message) => {
                message.custody = Custody::Claimed;
                std::mem::take(&mut message.buffer)
            }
            None => Vec::new(),
        }
    }

    /// Leaves the message to the decoder.
    pub fn decline(&mut self) {
        if let Some(message) = &mut self.message {
            message.custody = Custody::Declined;
        }
    }

    /// How many bytes of the present frame have not been read.
    pub fn missing(&self) -> usize {
        (self.frame.length - self.frame.received) as usize
    }

    /// How many bytes of a claimed message are missing.
    pub fn claimed_rest(&self) -> Option<usize> {
        let message = self.message.as_ref()?;
        let is_claimed = message.custody == Custody::Claimed;
        is_claimed.then_some((self.frame.length - self.frame.received) as usize)
    }

    /// Moves bytes of a claimed message from the input to `target`, which has room for what is
    /// missing of it. Returns how many.
    pub fn take_claimed(
        &mut self,
        input: &mut Input<'_>,
        target: &mut [MaybeUninit<u8>],
    ) -> Result<usize, ProtocolError> {
        let Some(missing) = self.claimed_rest() else {
            return Ok(0);
        };
        let take = missing.min(input.remaining()).min(target.len());
        let source = &mut input.bytes[input.position..input.position + take];
        input.position += take;
        let mut key = self.frame.key;
        key.rotate_left(self.frame.received as usize & 3);
        self.frame.received += take as u64;
        if let Some(message) = &mut self.message
            && message.is_checked()
        {
            apply_mask(source, std::mem::take(&mut key), 0);
            if let Err(error) = message.validate(source) {
                return Err(self.fail(error));
            }
        }
        copy_masked(source, &mut target[..take], key);
        self.hold_claimed()?;
        Ok(take)
    }

    /// Takes a piece of a claimed message that was received where it is to be, and unmasks it there.
    /// Then ask [`next`](Self::next) with [`Input::none`].
    pub fn commit_claimed(&mut self, piece: &mut [u8]) -> Result<(), ProtocolError> {
        self.count_chunk()?;
        apply_mask(piece, self.frame.key, self.frame.received as usize);
        self.frame.received += piece.len() as u64;
        match &mut self.message {
            Some(message) => message.validate(piece).map_err(|error| self.fail(error))?,
            None => return Ok(()),
        }
        self.hold_claimed()
    }

    /// Counts what has arrived of a claimed message, unless that is all.
    fn hold_claimed(&mut self) -> Result<(), ProtocolError> {
        let received = self.frame.received;
        match &mut self.message {
            Some(message) if received < self.frame.length => message
                .hold_bytes(received as usize)
                .map_err(|error| self.fail(error)),
            _ => Ok(()),
        }
    }

    /// The length of the present message, if it can be claimed; `at_hand` is unread input.
    pub(super) fn offered_length(&self, at_hand: usize) -> Option<usize> {
        let message = self.message.as_ref()?;
        let frame = &self.frame;
        let is_plain = frame.fin && message.fragments == 0 && !message.compressed;
        if !self.offers
            || self.state != State::Payload
            || frame.opcode.is_control()
            || !is_plain
            || !(CLAIMED_FROM..=CLAIMED_MOST).contains(&frame.length)
            || message.custody != Custody::Own
            || frame.excess
            || (self.keep_fragments && message.kind == MessageKind::Binary)
        {
            return None;
        }
        let arrived = frame.received + at_hand as u64;
        let most = (arrived * 16).min(CLAIMED_EARLY).max(arrived * 4);
        (frame.length <= most).then_some(frame.length as usize)
    }

    /// Ends a claimed message, which is a frame, when nothing is missing of it.
    pub(super) fn end_claimed_frame(&mut self) -> Result<Step, ProtocolError> {
        if self.frame.received < self.frame.length {
            return Ok(Step::NeedInput);
        }
        let Some(mut message) = self.message.take() else {
            return Ok(Step::NeedInput);
        };
        message.finish()?;
        self.end_frame();
        Ok(Step::Ready(Ready::Claimed(message.kind)))
    }
}

/// Messages that are offered to be claimed, in bytes.
const CLAIMED_FROM: u64 = 8 * 1024;
const CLAIMED_MOST: u64 = 1024 * 1024 * 1024;

/// Up to this, a message is offered when a sixteenth of it has arrived; longer ones when a quarter
/// has. Memory that nothing has been written to is not the system's yet, but it is counted.
const CLAIMED_EARLY: u64 = 1024 * 1024;

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
