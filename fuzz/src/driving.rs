//! Driving a decoder in each of the ways in which the drivers do.

use arbitrary::Arbitrary;
use hawser::protocol::{
    Decoder, DecoderChange, Event, Input, Payload, ProtocolError, commit_spare,
};

use crate::reference::Seen;

/// Who puts large messages together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Manner {
    /// The decoder, from pieces it is fed.
    Feed,
    /// The decoder, from bytes that are received straight into its memory.
    Direct,
    /// The driver, in memory of its own, from pieces it is fed,
    Claim,
    /// or from bytes that are received where they are to be.
    ClaimDirect,
    /// The decoder, after the driver has been offered to do it.
    Decline,
}

/// A decoder, how it is driven, and what it has said.
pub struct Driven {
    decoder: Decoder,
    manner: Manner,
    /// The message that is put together here.
    claimed: Option<Vec<u8>>,
    pub seen: Vec<Seen>,
}

impl Driven {
    pub fn new(mut decoder: Decoder, manner: Manner) -> Self {
        decoder.offer_large_messages(!matches!(manner, Manner::Feed | Manner::Direct));
        Self {
            decoder,
            manner,
            claimed: None,
            seen: Vec::new(),
        }
    }

    pub fn change(&mut self, change: DecoderChange) {
        self.decoder.change(change);
    }

    pub fn has_ended(&self) -> bool {
        self.decoder.has_ended()
    }

    /// How many bytes the next call of [`take`](Self::take) wants at most.
    pub fn wants(&mut self) -> usize {
        match self.manner {
            Manner::Direct => self
                .decoder
                .direct_buffer()
                .map_or(usize::MAX, |(_, most)| most),
            Manner::ClaimDirect if self.claimed.is_some() => match self.decoder.claimed_rest() {
                Some(0) | None => usize::MAX,
                Some(rest) => rest,
            },
            _ => usize::MAX,
        }
    }

    /// Takes a piece of input, of no more bytes than it wants.
    pub fn take(&mut self, piece: &[u8]) {
        if let Err(error) = self.try_take(piece) {
            assert!(self.decoder.has_ended(), "an error ends a decoder");
            self.seen.push(Seen::error(error));
        }
    }

    fn try_take(&mut self, piece: &[u8]) -> Result<(), ProtocolError> {
        if self.manner == Manner::Direct
            && !piece.is_empty()
            && let Some((buffer, most)) = self.decoder.direct_buffer()
        {
            assert!(piece.len() <= most && buffer.capacity() - buffer.len() >= most);
            buffer.extend_from_slice(piece);
            self.decoder.commit_direct(piece.len())?;
            return self.drain(&mut Input::none());
        }
        if self.manner == Manner::ClaimDirect
            && !piece.is_empty()
            && let Some(memory) = &mut self.claimed
            && self.decoder.claimed_rest() >= Some(piece.len())
        {
            let mut received = piece.to_vec();
            self.decoder.commit_claimed(&mut received)?;
            memory.extend_from_slice(&received);
            return self.drain(&mut Input::none());
        }
        let mut bytes = piece.to_vec();
        let mut input = self.decoder.begin(&mut bytes)?;
        self.drain(&mut input)?;
        assert!(input.is_empty(), "a decoder takes all it is given");
        Ok(())
    }

    fn drain(&mut self, input: &mut Input<'_>) -> Result<(), ProtocolError> {
        loop {
            if let Some(memory) = &mut self.claimed
                && !input.is_empty()
            {
                let missing = self.decoder.claimed_rest().unwrap_or(0);
                memory.reserve(missing);
                let room = &mut memory.spare_capacity_mut()[..missing];
                let taken = self.decoder.take_claimed(input, room)?;
                commit_spare(memory, taken);
            }
            if let Some(event) = self.decoder.next(input)? {
                let seen = see(event, &mut self.claimed);
                self.seen.push(seen);
                continue;
            }
            let Some(length) = self.decoder.claimable(input) else {
                return Ok(());
            };
            if self.manner == Manner::Decline {
                self.decoder.decline();
            } else {
                let begun = self.decoder.claim();
                assert!(self.claimed.is_none() && begun.len() < length);
                self.claimed = Some(begun);
            }
            if input.is_empty() {
                return Ok(());
            }
        }
    }
}

fn see(event: Event<'_>, claimed: &mut Option<Vec<u8>>) -> Seen {
    match event {
        Event::Message { kind, payload } => Seen::Message(kind, bytes_of(payload, claimed)),
        Event::Fragment(payload) => Seen::Fragment(bytes_of(payload, claimed)),
        Event::FragmentsEnd => Seen::FragmentsEnd,
        Event::Ping(body) => Seen::Ping(body.to_vec()),
        Event::Pong(body) => Seen::Pong(body.to_vec()),
        Event::Close { code, reason } => Seen::Close(code, reason.to_vec()),
    }
}

fn bytes_of(payload: Payload<'_>, claimed: &mut Option<Vec<u8>>) -> Vec<u8> {
    match payload {
        Payload::Owned(bytes) => bytes,
        Payload::Claimed => claimed.take().expect("a message that was claimed is here"),
        Payload::Borrowed(masked) => {
            let mut copy = b"in front".to_vec();
            masked.append_to(&mut copy);
            let in_place = masked.in_place();
            assert_eq!(
                &copy[8..],
                in_place,
                "a copy is unmasked like bytes in place"
            );
            in_place.to_vec()
        }
    }
}
