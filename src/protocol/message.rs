//! A message while its frames arrive (RFC 6455 section 5.4).

use super::deflate::Inflater;
use super::{Account, ProtocolError, Share, Utf8Validator};

/// Bytes that have been received of messages that are not complete, inflated if they were
/// compressed.
pub static PARTIAL_MESSAGES: Account = Account::unlimited();

/// The kind of a data message (RFC 6455 section 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    Text,
    Binary,
}

/// The payload of a message so far, with the limits and checks that hold for it.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) kind: MessageKind,
    pub(super) compressed: bool,
    /// Bytes that the headers of its frames have announced.
    pub(super) announced: u64,
    /// Data frames that are complete.
    pub(super) fragments: u32,
    /// Bytes that have been handed out as fragments already.
    pub(super) handed_out: usize,
    pub(super) buffer: Vec<u8>,
    pub(super) custody: Custody,
    held: Share,
    utf8: Option<Utf8Validator>,
}

/// Who puts a message together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Custody {
    /// The decoder, unless somebody claims the message.
    Own,
    /// The decoder.
    Declined,
    /// Who drives the decoder.
    Claimed,
}

impl Message {
    pub(super) fn new(kind: MessageKind, compressed: bool, validate: bool) -> Self {
        Self {
            kind,
            compressed,
            announced: 0,
            fragments: 0,
            handed_out: 0,
            buffer: Vec::new(),
            custody: Custody::Own,
            held: Share::of(&PARTIAL_MESSAGES),
            utf8: (validate && kind == MessageKind::Text).then(Utf8Validator::new),
        }
    }

    /// Whether no payload has arrived, so that a whole frame may be the whole message.
    pub(super) fn is_untouched(&self) -> bool {
        self.buffer.is_empty() && self.fragments == 0
    }

    /// Whether the message may have one more frame than it has had.
    pub(super) fn takes_another_frame(&self, max_fragments: Option<u32>) -> bool {
        max_fragments.is_none_or(|most| self.fragments < most)
    }

    /// Takes unmasked payload bytes. `remaining` is what the frame still owes, these included.
    pub(super) fn append(&mut self, piece: &[u8], remaining: u64) -> Result<(), ProtocolError> {
        self.reserve(piece.len(), remaining)?;
        self.buffer.extend_from_slice(piece);
        self.validate_from(self.buffer.len() - piece.len())
    }

    /// Counts what has arrived of the message, which more is to come of.
    pub(super) fn hold(&mut self) -> Result<(), ProtocolError> {
        self.hold_bytes(self.handed_out + self.buffer.len())
    }

    /// The same for a message that is put together elsewhere.
    pub(super) fn hold_bytes(&mut self, bytes: usize) -> Result<(), ProtocolError> {
        let held = self.held.set(bytes);
        held.map_err(|_| ProtocolError::TooManyPartialBytes)
    }

    /// Takes bytes of a compressed frame.
    pub(super) fn inflate(
        &mut self,
        piece: &[u8],
        inflater: &mut Inflater,
        limit: Option<usize>,
    ) -> Result<(), ProtocolError> {
        let start = self.buffer.len();
        let limit = self.inflation_limit(limit);
        let inflated = inflater
            .push(piece, &mut self.buffer, limit.bytes)
            .map_err(|error| limit.explain(error));
        // Also what came out before an error: which of two faults is found must not depend on how
        // the bytes arrive.
        self.validate_from(start)?;
        inflated
    }

    /// Ends a compressed frame.
    pub(super) fn end_compressed_frame(
        &mut self,
        fin: bool,
        inflater: &mut Inflater,
        limit: Option<usize>,
    ) -> Result<(), ProtocolError> {
        let start = self.buffer.len();
        let limit = self.inflation_limit(limit);
        let inflated = inflater
            .end_frame(fin, &mut self.buffer, limit.bytes)
            .map_err(|error| limit.explain(error));
        self.validate_from(start)?;
        inflated
    }

    /// How long the buffer may become: by the limit of a message, or because nothing more is left
    /// for messages that are not complete.
    fn inflation_limit(&self, most: Option<usize>) -> InflationLimit {
        let of_message = most.map(|most| most.saturating_sub(self.handed_out));
        match self.held.room() {
            None => InflationLimit {
                bytes: of_message,
                is_of_process: false,
            },
            Some(room) => {
                let room = room.saturating_sub(self.handed_out);
                InflationLimit {
                    bytes: Some(of_message.map_or(room, |most| most.min(room))),
                    is_of_process: of_message.is_none_or(|most| room < most),
                }
            }
        }
    }

    /// Checks bytes that have been put into the buffer.
    pub(super) fn validate_from(&mut self, start: usize) -> Result<(), ProtocolError> {
        check(&mut self.utf8, &self.buffer[start..])
    }

    /// Checks bytes that are put somewhere else.
    pub(super) fn validate(&mut self, piece: &[u8]) -> Result<(), ProtocolError> {
        check(&mut self.utf8, piece)
    }

    /// Whether the payload has to be seen before it is handed out.
    pub(super) fn is_checked(&self) -> bool {
        self.utf8.is_some()
    }

    /// Checks a payload that is the whole message and was never copied here.
    pub(super) fn validate_whole(&self, payload: &[u8]) -> Result<(), ProtocolError> {
        if self.utf8.is_none() || super::utf8::is_utf8(payload) {
            Ok(())
        } else {
            Err(ProtocolError::InvalidUtf8)
        }
    }

    /// Ends the message.
    pub(super) fn finish(&mut self) -> Result<(), ProtocolError> {
        match &mut self.utf8 {
            Some(utf8) => utf8.finish().map_err(|_| ProtocolError::InvalidUtf8),
            None => Ok(()),
        }
    }

    /// Makes room for `wanted` bytes, and for more of what the frame announced, but for no more
    /// than has arrived already: an announcement alone allocates little.
    pub(super) fn reserve(&mut self, wanted: usize, remaining: u64) -> Result<(), ProtocolError> {
        if self.buffer.capacity() - self.buffer.len() >= wanted {
            return Ok(());
        }
        let earned = self.buffer.len().max(FIRST_RESERVATION) as u64;
        let ahead = remaining.min(earned) as usize;
        let reserved = self.buffer.try_reserve_exact(wanted.max(ahead));
        // The process is to survive a message for which there is no memory.
        reserved.map_err(|_| ProtocolError::OutOfMemory)
    }
}

struct InflationLimit {
    bytes: Option<usize>,
    is_of_process: bool,
}

impl InflationLimit {
    fn explain(&self, error: ProtocolError) -> ProtocolError {
        match error {
            ProtocolError::MessageTooLarge if self.is_of_process => {
                ProtocolError::TooManyPartialBytes
            }
            other => other,
        }
    }
}

fn check(utf8: &mut Option<Utf8Validator>, piece: &[u8]) -> Result<(), ProtocolError> {
    match utf8 {
        Some(utf8) => utf8.push(piece).map_err(|_| ProtocolError::InvalidUtf8),
        None => Ok(()),
    }
}

/// What a frame may reserve before anything of it has arrived.
const FIRST_RESERVATION: usize = 64 * 1024;
