//! What JavaScript wants of the connections on a thread.
//!
//! A connection comes to its thread with everything that belongs to it, and may leave it the same way.
//! Between the two its thread alone has it: all else that is wanted of it is a [`Command`], and those
//! for one connection are obeyed in their order.

use std::sync::Arc;

use bytes::Bytes;
use socket2::Socket;

use super::{Key, Progress};
use crate::connection::{Connection, InboundBudget};
use crate::protocol::{Decoder, DecoderChange, Dictionary, MessageOptions};

/// A socket that moves to a thread, with what the thread needs to serve it.
pub struct NewConnection {
    pub key: Key,
    pub socket: Socket,
    pub connection: Box<Connection>,
    /// What JavaScript counts as accepted of what has been queued: messages count before they are
    /// compressed.
    pub accounted: u64,
    pub reading: Reading,
    pub budget: Arc<InboundBudget>,
    pub progress: Progress,
}

/// When the socket of a new connection is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// At once.
    Begun,
    /// After [`CommandKind::Start`].
    ToBegin,
    /// After [`CommandKind::GoOn`]: what has been read before is still being decoded elsewhere.
    Interrupted,
}

/// A connection that leaves its thread, with nothing on its way.
pub struct Returned {
    pub socket: Socket,
    pub connection: Box<Connection>,
    /// As in [`NewConnection`].
    pub accounted: u64,
}

/// What JavaScript wants of a connection.
pub enum CommandKind {
    Open(Box<NewConnection>),
    /// Process bytes that were read before the takeover, then read the socket.
    Start {
        head: Vec<u8>,
        /// The decoder, which has begun elsewhere.
        decoder: Option<Box<Decoder>>,
    },
    /// Decode the rest of what has been read elsewhere, then read the socket.
    GoOn {
        rest: Vec<u8>,
        decoder: Box<Decoder>,
    },
    /// Frames that are encoded already, and the positions in them whose senders are to be told.
    Write {
        bytes: Vec<u8>,
        marks: Vec<usize>,
    },
    /// A message to encode (and compress) here. `mark` asks for word when it is written.
    Message {
        payload: Bytes,
        options: MessageOptions,
        mark: bool,
    },
    Pause,
    Resume,
    /// The inbound budget has room again.
    Unstall,
    Decoder(DecoderChange),
    DeflateDictionary(Dictionary),
    /// Whether the bytes are also handed over as they are read.
    Tap(bool),
    NoDelay(bool),
    /// Keep-alive probes after so many seconds (0: the system's default), or none.
    KeepAlive(Option<u32>),
    /// The coming close is to be a RST.
    Reset,
    /// Send a FIN after what is queued.
    Shutdown,
    /// Say [`Item::Drained`](super::Item::Drained) when all that is queued is written, even if the
    /// socket has taken it at once.
    TellDrained,
    /// Say [`Item::Written`](super::Item::Written) when all that is queued is written.
    TellWritten,
    /// Give the connection back, if it is open and nothing is on its way.
    /// [`Item::Returned`](super::Item::Returned) or [`Item::Kept`](super::Item::Kept) answers.
    Return,
    /// Write what the socket takes, and close it.
    Close,
}

impl CommandKind {
    /// Whether this only queues something to be written.
    pub fn is_output(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Message { .. })
    }
}

/// A wish and whom it is for.
pub struct Command {
    pub key: Key,
    pub kind: CommandKind,
}

/// What waits for a thread.
pub(super) enum Order {
    One(Command),
    /// A frame for each of many connections, in one piece: `Pool::broadcast`.
    Broadcast {
        frame: Bytes,
        keys: Vec<Key>,
    },
}
