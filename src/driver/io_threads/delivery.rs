//! What a thread has for JavaScript.

use std::io;

use crate::protocol::{Event, MessageKind, Payload, ProtocolError};

use super::{Key, Returned};

/// All that came of one read of a connection, or of one other thing that happened to it.
pub struct Delivery {
    pub key: Key,
    /// The bytes of small payloads, one behind the other.
    pub arena: Vec<u8>,
    pub items: Vec<Item>,
    /// What the inbound budget was charged for this.
    pub charged: usize,
}

/// One event.
pub enum Item {
    Message(MessageKind, Place),
    Fragment(Place),
    FragmentsEnd,
    Ping(Place),
    Pong(Place),
    Close(u16, Place),
    Violation(ProtocolError),
    /// All bytes of a read, as they were.
    Raw(Place),
    /// There was a panic in the connection's service. It decodes nothing more; frames are written.
    Broken,
    /// The peer sent a FIN.
    End,
    ReadFailed(io::Error),
    WriteFailed(io::Error),
    /// So many marks have been passed.
    Sent(u32),
    /// Everything queued has been written, after the socket had taken no more, or because JavaScript
    /// waits for that.
    Drained,
    /// Everything queued has been written: the answer to so many
    /// [`TellWritten`](super::CommandKind::TellWritten).
    Written(u32),
    /// What waits for this peer is too much for the process.
    Overflowed,
    /// Our FIN has been sent.
    ShutDown,
    /// The connection has left the thread. Nothing follows from there.
    Returned(Box<Returned>),
    /// It was to leave, but stays.
    Kept,
    /// The socket is closed. Nothing follows.
    Closed,
}

impl Item {
    /// How many senders this tells that their frames are written.
    pub fn told(&self) -> u32 {
        match self {
            Self::Sent(count) => *count,
            _ => 0,
        }
    }

    /// How many questions whether everything is written this answers.
    pub fn answers(&self) -> u32 {
        match self {
            Self::Written(count) => *count,
            _ => 0,
        }
    }

    /// Whether this is nothing that the peer said, nor its end.
    pub fn is_news(&self) -> bool {
        matches!(
            self,
            Self::Sent(_)
                | Self::Broken
                | Self::Drained
                | Self::Written(_)
                | Self::Overflowed
                | Self::ShutDown
                | Self::WriteFailed(_)
                | Self::ReadFailed(_)
                | Self::Closed
        )
    }
}

/// Where a payload is.
#[derive(Debug)]
pub enum Place {
    Arena { start: usize, length: usize },
    Own(Vec<u8>),
}

/// What is charged for an item, beside its bytes: what it costs in memory until it is delivered.
const ITEM_OVERHEAD: usize = 64;

impl Delivery {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            arena: Vec::new(),
            items: Vec::new(),
            charged: 0,
        }
    }

    pub fn of(key: Key, item: Item) -> Self {
        Self {
            items: vec![item],
            ..Self::new(key)
        }
    }

    /// Takes out what a paused connection need not hold back: what became of our own frames, and
    /// that the socket has failed or is closed. What the peer said stays, and its end if it comes
    /// behind something that stays (`after_said`, or here).
    pub fn split_news(&mut self, after_said: bool) -> Self {
        let is_said = |item: &Item| !item.is_news() && !matches!(item, Item::End);
        let holds_end = after_said || self.items.iter().any(is_said);
        let (news, said) =
            std::mem::take(&mut self.items)
                .into_iter()
                .partition(|item| match item {
                    Item::End => !holds_end,
                    _ => !is_said(item),
                });
        self.items = said;
        Self {
            items: news,
            ..Self::new(self.key)
        }
    }

    pub(super) fn push(&mut self, event: Event<'_>) {
        let item = match event {
            Event::Message { kind, payload } => Item::Message(kind, self.place(payload)),
            Event::Fragment(payload) => Item::Fragment(self.place(payload)),
            Event::FragmentsEnd => Item::FragmentsEnd,
            Event::Ping(body) => Item::Ping(self.copy(body)),
            Event::Pong(body) => Item::Pong(self.copy(body)),
            Event::Close { code, reason } => Item::Close(code, self.copy(reason)),
        };
        self.charged += ITEM_OVERHEAD;
        self.items.push(item);
    }

    /// Adds the bytes of a read, as they were.
    pub(super) fn push_raw(&mut self, bytes: Vec<u8>) {
        self.charged += ITEM_OVERHEAD + bytes.len();
        self.items.push(Item::Raw(Place::Own(bytes)));
    }

    fn place(&mut self, payload: Payload<'_>) -> Place {
        match payload {
            Payload::Borrowed(masked) => {
                let start = self.arena.len();
                let length = masked.len();
                masked.append_to(&mut self.arena);
                self.charged += length;
                Place::Arena { start, length }
            }
            Payload::Owned(bytes) => {
                self.charged += bytes.len();
                Place::Own(bytes)
            }
            // Nothing is offered to a thread.
            Payload::Claimed => Place::Own(Vec::new()),
        }
    }

    fn copy(&mut self, bytes: &[u8]) -> Place {
        let start = self.arena.len();
        self.arena.extend_from_slice(bytes);
        self.charged += bytes.len();
        Place::Arena {
            start,
            length: bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(items: Vec<Item>) -> Delivery {
        Delivery {
            items,
            ..Delivery::new(1)
        }
    }

    #[test]
    fn news_are_split_from_what_the_peer_said() {
        let mut delivery = of(vec![
            Item::FragmentsEnd,
            Item::Sent(2),
            Item::ReadFailed(io::ErrorKind::ConnectionReset.into()),
        ]);
        let news = delivery.split_news(false);
        assert!(matches!(delivery.items[..], [Item::FragmentsEnd]));
        assert!(matches!(
            news.items[..],
            [Item::Sent(2), Item::ReadFailed(_)]
        ));
    }

    #[test]
    fn the_end_stays_behind_what_was_said_before_it() {
        let mut delivery = of(vec![Item::FragmentsEnd, Item::End]);
        assert!(delivery.split_news(false).items.is_empty());

        let mut alone = of(vec![Item::End]);
        assert!(alone.split_news(true).items.is_empty());
        let news = of(vec![Item::End]).split_news(false);
        assert!(matches!(news.items[..], [Item::End]));
    }
}
