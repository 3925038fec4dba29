//! What goes into a decoder, and what comes out of it.

use std::mem::MaybeUninit;

use super::deflate::{Dictionary, InflaterConfig};
use super::{MaskKey, MessageKind, Role, apply_mask, commit_spare, copy_masked};

/// Bounds on what a peer may send. `None` means no bound.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// The longest message in bytes, before and after inflating (`maxPayload`).
    pub max_payload: Option<usize>,
    /// The most frames a message may have (`maxFragments`).
    pub max_fragments: Option<u32>,
    /// The most pieces that one part of a frame may arrive in (`maxBufferedChunks`).
    pub max_buffered_chunks: Option<u32>,
}

/// What a decoder is to accept.
#[derive(Debug, Clone, Copy)]
pub struct DecoderConfig {
    pub role: Role,
    pub limits: Limits,
    /// Take text and close reasons as they are (`skipUTF8Validation`).
    pub skip_utf8_validation: bool,
    /// The peer may compress its messages.
    pub inflate: Option<InflaterConfig>,
}

/// What may be changed of a decoder at work. It holds from the next frame or message on.
#[derive(Debug, Clone)]
pub enum DecoderChange {
    /// Whether fragments of binary messages are handed out as received (`binaryType` "fragments").
    KeepFragments(bool),
    MaxPayload(Option<usize>),
    MaxFragments(Option<u32>),
    MaxBufferedChunks(Option<u32>),
    SkipUtf8Validation(bool),
    InflateDictionary(Dictionary),
}

/// Something the peer said.
#[derive(Debug)]
pub enum Event<'a> {
    Message {
        kind: MessageKind,
        payload: Payload<'a>,
    },
    /// A frame of a binary message, when fragments are kept apart; never an empty one.
    Fragment(Payload<'a>),
    /// The binary message whose fragments came before is complete.
    FragmentsEnd,
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    /// The last event of a connection's decoder.
    Close {
        /// 1005 if the frame carried none.
        code: u16,
        reason: &'a [u8],
    },
}

/// Where the bytes of a message are.
#[derive(Debug)]
pub enum Payload<'a> {
    /// Within the input.
    Borrowed(Masked<'a>),
    /// In memory of their own.
    Owned(Vec<u8>),
    /// Where whoever claimed the message has put them.
    Claimed,
}

/// Bytes as they were received: they are unmasked on their way to where they are wanted.
#[derive(Debug)]
pub struct Masked<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) key: MaskKey,
}

impl<'a> Masked<'a> {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Unmasks the bytes where they lie.
    pub fn in_place(self) -> &'a mut [u8] {
        apply_mask(self.bytes, self.key, 0);
        self.bytes
    }

    /// Unmasks them into memory that is as long.
    pub fn copy_to(&self, target: &mut [MaybeUninit<u8>]) {
        copy_masked(self.bytes, target, self.key);
    }

    pub fn append_to(&self, out: &mut Vec<u8>) {
        out.reserve(self.len());
        self.copy_to(&mut out.spare_capacity_mut()[..self.bytes.len()]);
        commit_spare(out, self.len());
    }
}

/// One piece of input, and how much of it has been read.
#[derive(Debug)]
pub struct Input<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) position: usize,
}

impl Input<'_> {
    /// No new bytes: for the events of what was received directly.
    pub fn none() -> Self {
        Self {
            bytes: &mut [],
            position: 0,
        }
    }

    /// What has not been read.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.position..]
    }

    pub fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }
}
