//! What waits to be written.
//!
//! Small frames are corked behind each other and leave in one write; shared frames and large
//! payloads are segments of their own and are not copied again. An idle connection holds no
//! buffer: what is written is freed.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;

use crate::protocol::{Account, Exceeded, Share};

/// Bytes that wait for peers whose sockets take no more.
pub static OUTBOUND: Account = Account::unlimited();

/// The queue of a connection's sending direction.
#[derive(Debug)]
pub struct Outbound {
    /// What is written next. By itself, because mostly there is nothing behind it.
    first: Option<Segment>,
    rest: VecDeque<Segment>,
    /// How much of the first segment has been written.
    offset: usize,
    accepted: u64,
    flushed: u64,
    /// Positions in the stream whose senders want to know when they are written.
    marks: VecDeque<u64>,
    completed: u32,
    /// What is counted of it for the process.
    held: Share,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            first: None,
            rest: VecDeque::new(),
            offset: 0,
            accepted: 0,
            flushed: 0,
            marks: VecDeque::new(),
            completed: 0,
            held: Share::of(&OUTBOUND),
        }
    }
}

#[derive(Debug)]
enum Segment {
    /// Frames of this connection; more may be appended while it is the last segment.
    Cork(Vec<u8>),
    /// A frame that other connections may hold too.
    Shared(Bytes),
}

/// A cork is not grown beyond this: the next frame begins another.
const CORK_SIZE: usize = 64 * 1024;

/// Sharing a frame that is shorter than this is not worth a segment behind another.
const SHARED_BEHIND_FROM: usize = 4 * 1024;

/// The most segments that one write takes.
pub(crate) const SEGMENTS_PER_WRITE: usize = 16;

impl Outbound {
    /// Has `write` append bytes to the end of the queue; returns how many it appended.
    pub fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        let has_room = matches!(self.back(), Some(Segment::Cork(cork)) if cork.len() < CORK_SIZE);
        if !has_room {
            self.push_back(Segment::Cork(Vec::new()));
        }
        let Some(Segment::Cork(cork)) = self.back() else {
            return 0;
        };
        let before = cork.len();
        write(cork);
        let appended = cork.len() - before;
        self.accepted += appended as u64;
        appended
    }

    /// Appends bytes that are owned already, without copying them.
    pub fn push(&mut self, bytes: Vec<u8>) {
        self.accepted += bytes.len() as u64;
        self.push_back(Segment::Cork(bytes));
    }

    /// Appends a frame that is shared with other connections.
    pub fn push_shared(&mut self, frame: &Bytes) {
        if self.first.is_some() && frame.len() < SHARED_BEHIND_FROM {
            self.append(|cork| cork.extend_from_slice(frame));
            return;
        }
        self.accepted += frame.len() as u64;
        self.push_back(Segment::Shared(frame.clone()));
    }

    /// Counts bytes that were written past the queue, while it was empty.
    pub fn wrote_through(&mut self, written: usize) {
        debug_assert!(self.is_empty());
        self.accepted += written as u64;
        self.flushed += written as u64;
    }

    /// Asks to be told, by [`take_completed`](Self::take_completed), when all that has been
    /// accepted so far is written.
    pub fn mark(&mut self) {
        self.mark_back(0);
    }

    /// The same for a position `bytes` before the end.
    pub fn mark_back(&mut self, bytes: u64) {
        let position = self.accepted - bytes;
        if position <= self.flushed && self.marks.is_empty() {
            self.completed += 1;
        } else {
            self.marks.push_back(position);
        }
    }

    /// Counts all that waits for the process, because the socket takes no more. What is written of it
    /// is uncounted by itself.
    pub fn hold(&mut self) -> Result<(), Exceeded> {
        self.held.set((self.accepted - self.flushed) as usize)
    }

    /// How many marks have been passed since the last call.
    pub fn take_completed(&mut self) -> u32 {
        std::mem::take(&mut self.completed)
    }

    /// How many marks have not been told of.
    pub fn untold(&self) -> u32 {
        self.completed + self.marks.len() as u32
    }

    /// Bytes ever accepted.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Bytes ever written.
    pub fn flushed(&self) -> u64 {
        self.flushed
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.accepted == self.flushed
    }

    /// The beginning of what waits, for one vectored write.
    pub fn slices<'a>(&'a self, out: &mut Vec<IoSlice<'a>>) {
        let mut skip = self.offset;
        let segments = self.first.iter().chain(&self.rest);
        for segment in segments.take(SEGMENTS_PER_WRITE) {
            let bytes = &segment.as_slice()[skip..];
            skip = 0;
            if !bytes.is_empty() {
                out.push(IoSlice::new(bytes));
            }
        }
    }

    /// What waits, if it is a single run of bytes.
    pub fn single(&self) -> Option<&[u8]> {
        match &self.first {
            Some(segment) if self.rest.is_empty() => Some(&segment.as_slice()[self.offset..]),
            _ => None,
        }
    }

    /// Removes `written` bytes from the front.
    pub fn advance(&mut self, written: usize) {
        self.flushed += written as u64;
        let waiting = (self.accepted - self.flushed) as usize;
        if waiting < self.held.amount() {
            let _ = self.held.set(waiting);
        }
        let mut left = written + self.offset;
        while let Some(segment) = &self.first {
            let length = segment.as_slice().len();
            if left < length {
                break;
            }
            left -= length;
            self.first = self.rest.pop_front();
        }
        self.offset = left;
        while self.marks.front().is_some_and(|&mark| mark <= self.flushed) {
            self.marks.pop_front();
            self.completed += 1;
        }
    }

    fn back(&mut self) -> Option<&mut Segment> {
        self.rest.back_mut().or(self.first.as_mut())
    }

    fn push_back(&mut self, segment: Segment) {
        if self.first.is_none() {
            self.first = Some(segment);
        } else {
            self.rest.push_back(segment);
        }
    }
}

impl Segment {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Cork(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn after_a_panic_the_queue_is_what_it_was() {
        for frames in [&[][..], &[b"one".to_vec()]] {
            let mut outbound = Outbound::default();
            for frame in frames {
                outbound.push(frame.clone());
            }
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                outbound.append(|_| panic!("on purpose"));
            }));
            assert!(panicked.is_err());
            outbound.append(|out| out.extend_from_slice(b"two"));
            outbound.mark();
            let mut slices = Vec::new();
            outbound.slices(&mut slices);
            let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
            assert_eq!(bytes, [frames.concat(), b"two".to_vec()].concat());
            outbound.advance(bytes.len());
            assert!(outbound.is_empty());
            assert_eq!(outbound.take_completed(), 1);
        }
    }

    #[test]
    fn marks_are_passed_in_order_once_their_bytes_are_written() {
        let mut outbound = Outbound::default();
        outbound.append(|out| out.extend_from_slice(b"abc"));
        outbound.mark();
        outbound.push_shared(&Bytes::from_static(b"defg"));
        outbound.mark();
        outbound.advance(2);
        assert_eq!(outbound.take_completed(), 0);
        outbound.advance(1);
        assert_eq!(outbound.take_completed(), 1);
        outbound.advance(4);
        assert_eq!(outbound.take_completed(), 1);
        assert!(outbound.is_empty());
        outbound.mark();
        assert_eq!(outbound.take_completed(), 1);
    }

    proptest! {
        #[test]
        fn everything_leaves_once_and_in_order(
            parts in proptest::collection::vec((0usize..5000, any::<bool>()), 0..40),
            sizes in proptest::collection::vec(1usize..9000, 1..10),
        ) {
            let mut outbound = Outbound::default();
            let mut expected = Vec::new();
            for (i, (length, shared)) in parts.iter().enumerate() {
                let bytes = vec![i as u8; *length];
                expected.extend_from_slice(&bytes);
                if *shared {
                    outbound.push_shared(&Bytes::from(bytes));
                } else {
                    outbound.append(|out| out.extend_from_slice(&bytes));
                }
            }
            let mut written = Vec::new();
            for size in sizes.iter().cycle() {
                let mut slices = Vec::new();
                outbound.slices(&mut slices);
                let all: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
                let take = all.len().min(*size);
                written.extend_from_slice(&all[..take]);
                outbound.advance(take);
                if outbound.is_empty() { break; }
            }
            prop_assert_eq!(written, expected);
        }
    }
}
