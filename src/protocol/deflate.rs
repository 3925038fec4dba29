//! Compression contexts of permessage-deflate (RFC 7692 section 7.2).
//!
//! A context is made at the first compressed message and not before. Without context takeover it
//! goes back to a pool of its thread after every message, so that many connections share a few
//! contexts; with takeover a connection keeps its own until it ends.
//!
//! Inflated data is limited while it is produced: a message that claims little and inflates to
//! gigabytes stops at the limit, having allocated no more than that.
//!
//! `zlib-rs` is used directly rather than through `flate2`, which cannot set `memLevel` and
//! `strategy`, two options that users of `ws` can.

mod deflater;
mod inflater;
mod pool;

use std::sync::Arc;

use super::{Account, Share};

pub use deflater::{Deflater, DeflaterConfig};
pub use inflater::{Inflater, InflaterConfig};

/// Contexts that connections have, or may come to need: one for each direction that is compressed.
pub static CONTEXTS: Account = Account::unlimited();

/// What both ends take for sent before the first message, or before each without context takeover
/// (zlib's `dictionary`): not part of RFC 7692, but ends may agree on it by themselves.
pub type Dictionary = Arc<[u8]>;

/// A context of an account that has been asked before whether it has room.
fn one_context() -> Share {
    let mut share = Share::of(&CONTEXTS);
    // What has been negotiated is served, even if another thread was faster.
    let _ = share.set(1);
    share
}

/// What a sync flush ends with, and what a message does not carry (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Output grows by at least this much at a time.
const GROWTH: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ProtocolError;
    use super::*;

    fn inflate(inflater: &mut Inflater, input: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        let mut out = Vec::new();
        inflater.push(input, &mut out, None)?;
        inflater.end_frame(true, &mut out, None)?;
        Ok(out)
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let mut bomb = Vec::new();
        Deflater::new(DeflaterConfig::default()).compress(&vec![0; 64 << 20], true, &mut bomb);
        assert!(bomb.len() < 100_000);
        let mut inflater = Inflater::new(InflaterConfig {
            window_bits: 15,
            no_context_takeover: true,
        });
        let mut out = Vec::new();
        let result = inflater.push(&bomb, &mut out, Some(100_000));
        assert_eq!(result, Err(ProtocolError::MessageTooLarge));
        assert!(out.capacity() < 250_000, "{}", out.capacity());
    }

    #[test]
    fn a_dictionary_is_there_at_the_beginning_of_each_context() {
        let dictionary = Dictionary::from(&b"the quick brown fox"[..]);
        for no_context_takeover in [false, true] {
            let mut deflater = Deflater::new(DeflaterConfig {
                no_context_takeover,
                ..DeflaterConfig::default()
            });
            deflater.set_dictionary(Arc::clone(&dictionary));
            let mut inflater = Inflater::new(InflaterConfig {
                window_bits: 15,
                no_context_takeover,
            });
            inflater.set_dictionary(Arc::clone(&dictionary));
            for _ in 0..3 {
                let mut compressed = Vec::new();
                deflater.compress(&dictionary, true, &mut compressed);
                assert!(compressed.len() < 8, "{}", compressed.len());
                assert_eq!(inflate(&mut inflater, &compressed), Ok(dictionary.to_vec()));
            }
        }
        // The pool hands out contexts that know nothing of it.
        let mut compressed = Vec::new();
        Deflater::new(DeflaterConfig::default()).compress(&dictionary, true, &mut compressed);
        assert!(compressed.len() > 15, "{}", compressed.len());
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let mut compressed = Vec::new();
        Deflater::new(DeflaterConfig::default()).compress(&[7; 5000], true, &mut compressed);
        for (limit, ok) in [(5000, true), (4999, false)] {
            let mut inflater = Inflater::new(InflaterConfig {
                window_bits: 15,
                no_context_takeover: false,
            });
            let mut out = Vec::new();
            let result = inflater
                .push(&compressed, &mut out, Some(limit))
                .and_then(|()| inflater.end_frame(true, &mut out, Some(limit)));
            assert_eq!(result.is_ok(), ok);
        }
    }

    #[test]
    fn garbage_is_an_error_with_zlibs_words() {
        let mut inflater = Inflater::new(InflaterConfig {
            window_bits: 15,
            no_context_takeover: false,
        });
        let result = inflate(&mut inflater, &[0x07, 0x07, 0x07]);
        assert_eq!(result, Err(ProtocolError::Inflate("invalid block type")));
    }

    #[test]
    fn a_stream_that_ends_is_followed_by_a_new_one() {
        // "Hello" in a final block (RFC 7692 section 7.2.3.3), then the same as an ordinary message.
        let mut inflater = Inflater::new(InflaterConfig {
            window_bits: 15,
            no_context_takeover: false,
        });
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflate(&mut inflater, &last).unwrap(), b"Hello");
        let plain = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflate(&mut inflater, &plain).unwrap(), b"Hello");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn inflating_what_was_deflated_gives_the_message(
            messages in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..600),
                    ("[a-d]{0,40}", 1usize..300).prop_map(|(unit, times)| unit.repeat(times).into_bytes()),
                ],
                1..6,
            ),
            level in -1i32..=9,
            window_bits in 8u8..=15,
            mem_level in 1i32..=9,
            strategy in 0i32..=4,
            no_context_takeover: bool,
            pieces in 1usize..64,
        ) {
            let mut deflater = Deflater::new(DeflaterConfig {
                level, window_bits, mem_level, strategy, no_context_takeover,
            });
            let mut inflater = Inflater::new(InflaterConfig {
                window_bits: window_bits.max(9), no_context_takeover,
            });
            for message in &messages {
                let mut compressed = Vec::new();
                let half = message.len() / 2;
                deflater.compress(&message[..half], false, &mut compressed);
                deflater.compress(&message[half..], true, &mut compressed);
                let mut out = Vec::new();
                for piece in compressed.chunks(pieces) {
                    inflater.push(piece, &mut out, Some(message.len())).unwrap();
                }
                inflater.end_frame(true, &mut out, Some(message.len())).unwrap();
                prop_assert_eq!(&out, message);
            }
        }
    }
}
