//! Putting messages off: it must change nothing but where they are inflated.

use proptest::prelude::*;

use super::super::tests::{Seen, config, decode, drain};
use super::*;
use crate::protocol::{
    DecoderConfig, DeflatePolicy, DeflaterConfig, Encoder, InflaterConfig, Limits, MessageOptions,
    Role,
};

const FROM: u64 = 100;

fn inflating(limits: Limits) -> DecoderConfig {
    DecoderConfig {
        limits,
        inflate: Some(InflaterConfig {
            window_bits: 15,
            no_context_takeover: false,
        }),
        ..config(Role::Client)
    }
}

/// Frames of messages, each of so many bytes that do not become much shorter.
fn frames(messages: &[Vec<(usize, bool)>]) -> Vec<u8> {
    let mut encoder = Encoder::new(Some(DeflatePolicy {
        deflater: DeflaterConfig::default(),
        threshold: 0,
    }));
    let mut out = Vec::new();
    let mut state = 1_u32;
    for fragments in messages {
        for (index, &(length, compress)) in fragments.iter().enumerate() {
            let payload: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .take(length)
            .collect();
            let options = MessageOptions {
                binary: true,
                fin: index + 1 == fragments.len(),
                compress,
                mask: None,
            };
            encoder.message(&payload, options, &mut out);
        }
    }
    out
}

/// As [`decode`], by a driver that gives the rest of a piece to another thread whenever a message is
/// put off, or, every other time, goes ahead. Returns also how often one was.
fn decode_putting_off(limits: Limits, chunks: &[&[u8]]) -> (Vec<Seen>, usize) {
    let mut decoder = Decoder::new(inflating(limits));
    decoder.put_off_inflating(Some(FROM));
    let mut seen = Vec::new();
    let mut times = 0;
    for chunk in chunks {
        let mut bytes = chunk.to_vec();
        let mut input = match decoder.begin(&mut bytes) {
            Ok(input) => input,
            Err(error) => {
                seen.push(Seen::Error(error));
                continue;
            }
        };
        drain(&mut decoder, &mut input, &mut seen);
        if !decoder.has_put_off(&input) {
            continue;
        }
        times += 1;
        if times % 2 == 0 {
            decoder.go_ahead();
            drain(&mut decoder, &mut input, &mut seen);
            continue;
        }
        let mut rest = input.rest().to_vec();
        decoder.put_off_inflating(None);
        let mut input = decoder.go_on(&mut rest);
        drain(&mut decoder, &mut input, &mut seen);
        decoder.put_off_inflating(Some(FROM));
    }
    (seen, times)
}

#[test]
fn what_is_short_is_not_put_off_and_what_is_long_is_before_anything_of_it_is_inflated() {
    for (length, expected) in [(50, 0), (200, 1)] {
        let stream = frames(&[vec![(length, true)]]);
        let (seen, times) = decode_putting_off(Limits::default(), &[&stream]);
        assert_eq!((seen.len(), times), (1, expected));
    }
}

#[test]
fn what_is_not_compressed_is_not_put_off() {
    let stream = frames(&[vec![(200, false)]]);
    assert_eq!(decode_putting_off(Limits::default(), &[&stream]).1, 0);
}

#[test]
fn fragments_are_put_off_from_where_they_are_many_bytes_together() {
    let stream = frames(&[vec![(60, true), (60, true), (60, true)]]);
    let (seen, times) = decode_putting_off(Limits::default(), &[&stream]);
    assert_eq!((seen.len(), times), (1, 1));
}

proptest! {
    #[test]
    fn putting_off_changes_nothing(
        messages in proptest::collection::vec(
            proptest::collection::vec((0usize..400, any::<bool>()), 1..4),
            1..8,
        ),
        sizes in proptest::collection::vec(1usize..300, 1..8),
        max_buffered_chunks in proptest::option::of(1u32..6),
        max_payload in proptest::option::of(100usize..800),
    ) {
        let limits = Limits { max_payload, max_buffered_chunks, ..Limits::default() };
        let stream = frames(&messages);
        let mut chunks = Vec::new();
        let mut rest = &stream[..];
        for size in sizes.iter().cycle() {
            if rest.is_empty() { break; }
            let (chunk, behind) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = behind;
        }
        let expected = decode(Decoder::new(inflating(limits)), &chunks);
        prop_assert_eq!(decode_putting_off(limits, &chunks).0, expected);
    }
}
