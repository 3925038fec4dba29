//! The rest of a large frame, received straight into its message.
//!
//! What is read into memory of others must be copied from there. While nothing but payload is waited
//! for, whoever drives the decoder may read it to where it is to be: it is unmasked and checked in
//! place, and counted like any other piece of input.

use super::super::message::Custody;
use super::super::{ProtocolError, apply_mask};
use super::{Decoder, State};

impl Decoder {
    /// Memory into which the rest of a large frame can be received directly, and the most bytes
    /// that may be appended to it; then call [`commit_direct`](Self::commit_direct).
    ///
    /// Only while the payload of an uncompressed data frame is being waited for.
    pub fn direct_buffer(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        let message = self.message.as_mut()?;
        let remaining = self.frame.length - self.frame.received;
        if self.state != State::Payload
            || self.frame.opcode.is_control()
            || message.compressed
            || message.custody == Custody::Claimed
            || self.frame.excess
            || remaining < DIRECT_FROM
        {
            return None;
        }
        // Where there is no memory, what is read into memory of others will tell.
        message.reserve(DIRECT_FROM as usize, remaining).ok()?;
        let room = message.buffer.capacity() - message.buffer.len();
        let most = room.min(usize::try_from(remaining).unwrap_or(usize::MAX));
        Some((&mut message.buffer, most))
    }

    /// Takes `received` bytes that have been appended to the direct buffer. Then ask
    /// [`next`](Self::next) with [`Input::none`](super::Input::none).
    pub fn commit_direct(&mut self, received: usize) -> Result<(), ProtocolError> {
        let result = self.count_chunk().and_then(|()| {
            let Some(message) = self.message.as_mut() else {
                return Ok(());
            };
            let start = message.buffer.len() - received;
            let offset = self.frame.received as usize;
            apply_mask(&mut message.buffer[start..], self.frame.key, offset);
            self.frame.received += received as u64;
            message.validate_from(start)?;
            if self.frame.received < self.frame.length {
                message.hold()?;
            }
            Ok(())
        });
        result.map_err(|error| self.fail(error))
    }
}

/// A frame that lacks at least this many bytes is worth receiving straight into its message.
const DIRECT_FROM: u64 = 32 * 1024;
