//! Claiming large messages: it must change nothing but where they are.

use proptest::prelude::*;

use super::super::tests::{Seen, config, decode, drain, feed, see};
use super::*;
use crate::protocol::{
    DecoderChange, Encoder, Event, MessageKind, MessageOptions, Opcode, Payload, Role,
    encode_control,
};

/// As [`feed`], by a driver that claims what it is offered; every other piece is received directly.
fn feed_claiming(
    decoder: &mut Decoder,
    claimed: &mut Option<Vec<u8>>,
    directly: bool,
    chunk: &[u8],
    seen: &mut Vec<Seen>,
) -> Result<(), ProtocolError> {
    let mut bytes = chunk.to_vec();
    let mut rest = &mut bytes[..];
    if let (Some(memory), Some(missing), true) = (&mut *claimed, decoder.claimed_rest(), directly) {
        let (piece, behind) = rest.split_at_mut(missing.min(chunk.len()));
        decoder.commit_claimed(piece)?;
        memory.extend_from_slice(piece);
        drain_claiming(decoder, claimed, &mut Input::none(), seen)?;
        if behind.is_empty() {
            return Ok(());
        }
        rest = behind;
    }
    let mut input = decoder.begin(rest)?;
    drain_claiming(decoder, claimed, &mut input, seen)
}

fn drain_claiming(
    decoder: &mut Decoder,
    claimed: &mut Option<Vec<u8>>,
    input: &mut Input<'_>,
    seen: &mut Vec<Seen>,
) -> Result<(), ProtocolError> {
    loop {
        if let Some(memory) = claimed {
            let missing = decoder.claimed_rest().unwrap_or(0);
            memory.reserve(missing);
            let taken = decoder.take_claimed(input, &mut memory.spare_capacity_mut()[..missing])?;
            crate::protocol::commit_spare(memory, taken);
        }
        if let Some(event) = decoder.next(input)? {
            seen.push(match event {
                Event::Message {
                    kind,
                    payload: Payload::Claimed,
                } => Seen::Message(kind, claimed.take().unwrap()),
                other => see(other),
            });
            continue;
        }
        if decoder.claimable(input).is_none() {
            return Ok(());
        }
        *claimed = Some(decoder.claim());
        if input.is_empty() {
            return Ok(());
        }
    }
}

fn decode_claiming(mut decoder: Decoder, chunks: &[&[u8]]) -> Vec<Seen> {
    decoder.offer_large_messages(true);
    let mut seen = Vec::new();
    let mut claimed = None;
    for (i, chunk) in chunks.iter().enumerate() {
        let fed = feed_claiming(&mut decoder, &mut claimed, i % 2 == 1, chunk, &mut seen);
        seen.extend(fed.err().map(Seen::Error));
    }
    seen
}

#[test]
fn nothing_is_offered_because_of_a_header() {
    let mut decoder = Decoder::new(config(Role::Client));
    decoder.offer_large_messages(true);
    let length = 1024 * 1024u64;
    let mut bytes = [&b"\x82\x7f"[..], &length.to_be_bytes(), &[0; 65_535]].concat();
    let mut input = decoder.begin(&mut bytes).unwrap();
    assert!(decoder.next(&mut input).unwrap().is_none());
    assert_eq!(decoder.claimable(&input), None);
    let mut one_more = [0];
    let mut input = decoder.begin(&mut one_more).unwrap();
    assert!(decoder.next(&mut input).unwrap().is_none());
    assert_eq!(decoder.claimable(&input), Some(1024 * 1024));

    // Above a megabyte, a quarter has to be there.
    let mut decoder = Decoder::new(config(Role::Client));
    decoder.offer_large_messages(true);
    let mut bytes = [&b"\x82\x7f"[..], &(4 * length).to_be_bytes(), &[0; 500_000]].concat();
    let mut input = decoder.begin(&mut bytes).unwrap();
    assert!(decoder.next(&mut input).unwrap().is_none());
    assert_eq!(decoder.claimable(&input), None);
}

#[test]
fn a_message_that_nobody_claims_is_put_together_all_the_same() {
    let mut decoder = Decoder::new(config(Role::Client));
    decoder.offer_large_messages(true);
    let mut frame = b"\x82\x7e\x40\x00".to_vec();
    frame.resize(4 + 0x4000, 7);
    let mut input = decoder.begin(&mut frame[..9000]).unwrap();
    assert!(decoder.next(&mut input).unwrap().is_none());
    assert_eq!(decoder.claimable(&input), Some(0x4000));
    decoder.decline();
    let mut seen = Vec::new();
    drain(&mut decoder, &mut input, &mut seen);
    feed(&mut decoder, &frame[9000..], &mut seen);
    assert_eq!(seen, [Seen::Message(MessageKind::Binary, vec![7; 0x4000])]);
}

proptest! {
    #[test]
    fn claiming_changes_nothing(
        messages in proptest::collection::vec((0usize..60_000, any::<bool>(), any::<bool>()), 1..5),
        sizes in proptest::collection::vec(1usize..30_000, 1..8),
        damage in proptest::option::of(any::<prop::sample::Index>()),
        most_chunks in proptest::option::of(1u32..6),
        max_fragments in proptest::option::of(0u32..2),
        keep_fragments in any::<bool>(),
    ) {
        let mut stream = Vec::new();
        for (length, binary, ping) in messages {
            let text = "gr\u{fc}n".repeat(length / 5).into_bytes();
            let mask = Some([1, 2, 3, 4]);
            let options = MessageOptions { binary, fin: true, compress: false, mask };
            Encoder::new(None).message(&text, options, &mut stream);
            if ping {
                encode_control(Opcode::Ping, b"p", mask, &mut stream);
            }
        }
        if let Some(at) = damage {
            let at = at.index(stream.len());
            stream[at] ^= 0x80;
        }
        let mut chunks = Vec::new();
        let mut rest = &stream[..];
        for size in sizes.iter().cycle() {
            let (chunk, behind) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = behind;
            if rest.is_empty() { break; }
        }
        let mut config = config(Role::Server);
        config.limits.max_payload = Some(1 << 20);
        config.limits.max_buffered_chunks = most_chunks;
        config.limits.max_fragments = max_fragments;
        let decoder = || {
            let mut decoder = Decoder::new(config);
            decoder.change(DecoderChange::KeepFragments(keep_fragments));
            decoder
        };
        prop_assert_eq!(decode_claiming(decoder(), &chunks), decode(decoder(), &chunks));
    }
}
