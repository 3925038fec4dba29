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

use std::cell::RefCell;
use std::sync::Arc;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateError, InflateFlush, Status};

use super::spare::commit_spare;
use super::{Account, ProtocolError, Share};

/// Contexts that connections have, or may come to need: one for each direction that is compressed.
pub static CONTEXTS: Account = Account::unlimited();

/// A context of an account that has been asked before whether it has room.
fn one_context() -> Share {
    let mut share = Share::of(&CONTEXTS);
    // What has been negotiated is served, even if another thread was faster.
    let _ = share.set(1);
    share
}

/// What a sync flush ends with, and what a message does not carry (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// What both ends take for sent before the first message, or before each without context takeover
/// (zlib's `dictionary`): not part of RFC 7692, but ends may agree on it by themselves.
pub type Dictionary = Arc<[u8]>;

/// How one direction compresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeflaterConfig {
    /// zlib's level, -1 (the default, 6) to 9.
    pub level: i32,
    /// Base-two logarithm of the window, 8 to 15. Raw deflate cannot do 8 and uses 9, as zlib does.
    pub window_bits: u8,
    /// zlib's `memLevel`, 1 to 9.
    pub mem_level: i32,
    /// zlib's `strategy`, 0 to 4.
    pub strategy: i32,
    /// Each message begins with an empty window.
    pub no_context_takeover: bool,
}

impl Default for DeflaterConfig {
    fn default() -> Self {
        Self {
            level: -1,
            window_bits: 15,
            mem_level: 8,
            strategy: 0,
            no_context_takeover: false,
        }
    }
}

impl DeflaterConfig {
    fn zlib(&self) -> DeflateConfig {
        DeflateConfig {
            level: self.level.clamp(-1, 9),
            window_bits: -i32::from(self.window_bits.clamp(9, 15)),
            mem_level: self.mem_level.clamp(1, 9),
            strategy: match self.strategy {
                1 => zlib_rs::Strategy::Filtered,
                2 => zlib_rs::Strategy::HuffmanOnly,
                3 => zlib_rs::Strategy::Rle,
                4 => zlib_rs::Strategy::Fixed,
                _ => zlib_rs::Strategy::Default,
            },
            ..DeflateConfig::default()
        }
    }

    /// Contexts of the same shape are interchangeable once they are reset.
    fn shape(&self) -> Shape {
        (self.level, self.window_bits, self.mem_level, self.strategy)
    }
}

/// Level, window bits, `memLevel` and strategy.
type Shape = (i32, u8, i32, i32);

/// Compresses the messages of one direction of one connection.
pub struct Deflater {
    config: DeflaterConfig,
    dictionary: Option<Dictionary>,
    context: Option<Deflate>,
    _counted: Share,
}

impl Deflater {
    pub fn new(config: DeflaterConfig) -> Self {
        Self {
            config,
            dictionary: None,
            context: None,
            _counted: one_context(),
        }
    }

    /// Has contexts that are made from now on begin with a dictionary.
    pub fn set_dictionary(&mut self, dictionary: Dictionary) {
        self.dictionary = Some(dictionary);
    }

    /// Whether the compressed form of a message is the same for all that are configured alike.
    pub fn is_stateless(&self) -> bool {
        self.config.no_context_takeover && self.dictionary.is_none()
    }

    /// Appends the compressed form of a message, or of a fragment of one, to `out`.
    pub fn compress(&mut self, payload: &[u8], fin: bool, out: &mut Vec<u8>) {
        if payload.is_empty() {
            // An empty block, of which the tail is not sent (RFC 7692 section 7.2.3.6). zlib itself
            // gives nothing when it is flushed a second time without input.
            if fin {
                out.push(0x00);
                self.end_message();
            }
            return;
        }
        let config = self.config;
        let dictionary = self.dictionary.as_deref();
        let context = self
            .context
            .get_or_insert_with(|| take_deflate(&config, dictionary));
        run_deflate(context, payload, out);
        if fin {
            debug_assert!(out.ends_with(&TAIL));
            out.truncate(out.len() - TAIL.len());
            self.end_message();
        }
    }

    fn end_message(&mut self) {
        if self.config.no_context_takeover {
            self.release();
        }
    }

    fn release(&mut self) {
        if let Some(context) = self.context.take() {
            give_back_deflate(&self.config, context);
        }
    }
}

impl Drop for Deflater {
    fn drop(&mut self) {
        self.release();
    }
}

/// How one direction is inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InflaterConfig {
    /// Base-two logarithm of the peer's window, 8 to 15.
    pub window_bits: u8,
    /// Each message begins with an empty window.
    pub no_context_takeover: bool,
}

/// Inflates the messages of one direction of one connection.
pub struct Inflater {
    config: InflaterConfig,
    dictionary: Option<Dictionary>,
    context: Option<Inflate>,
    _counted: Share,
    /// The peer ended its deflate stream with a final block; the rest of the frame is ignored and
    /// the next frame begins a new stream, as with `ws`.
    ended: bool,
}

impl Inflater {
    pub fn new(config: InflaterConfig) -> Self {
        Self {
            config,
            dictionary: None,
            context: None,
            _counted: one_context(),
            ended: false,
        }
    }

    /// Has contexts that are made from now on begin with a dictionary.
    pub fn set_dictionary(&mut self, dictionary: Dictionary) {
        self.dictionary = Some(dictionary);
    }

    /// Appends what a piece of a compressed message inflates to. `limit` is the largest length
    /// that `out` may reach.
    pub fn push(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        limit: Option<usize>,
    ) -> Result<(), ProtocolError> {
        if self.ended {
            return Ok(());
        }
        let config = self.config;
        let dictionary = self.dictionary.as_deref();
        let context = self
            .context
            .get_or_insert_with(|| take_inflate(&config, dictionary));
        let ended = run_inflate(context, input, out, limit)?;
        self.ended = ended;
        Ok(())
    }

    /// Ends a frame; `fin` says that it was the message's last.
    pub fn end_frame(
        &mut self,
        fin: bool,
        out: &mut Vec<u8>,
        limit: Option<usize>,
    ) -> Result<(), ProtocolError> {
        if fin {
            self.push(&TAIL, out, limit)?;
        }
        if std::mem::take(&mut self.ended) || (fin && self.config.no_context_takeover) {
            self.release();
        }
        Ok(())
    }

    fn release(&mut self) {
        if let Some(context) = self.context.take() {
            give_back_inflate(&self.config, context);
        }
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        self.release();
    }
}

/// Output grows by at least this much at a time.
const GROWTH: usize = 4096;

fn run_deflate(context: &mut Deflate, payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(payload.len() / 4 + 64);
    let mut input = payload;
    loop {
        let before = (context.total_in(), context.total_out());
        let flush = DeflateFlush::SyncFlush;
        let status = context.compress_uninit(input, out.spare_capacity_mut(), flush);
        let read = (context.total_in() - before.0) as usize;
        let written = (context.total_out() - before.1) as usize;
        let full = written == out.capacity() - out.len();
        commit_spare(out, written);
        input = &input[read..];
        debug_assert!(status.is_ok(), "deflate accepts any input");
        if status.is_err() || (input.is_empty() && !full) {
            return;
        }
        out.reserve(GROWTH.max(input.len() / 2));
    }
}

/// Returns whether the deflate stream ended.
fn run_inflate(
    context: &mut Inflate,
    mut input: &[u8],
    out: &mut Vec<u8>,
    limit: Option<usize>,
) -> Result<bool, ProtocolError> {
    let start = out.len();
    loop {
        // One byte above the limit is enough to know that it is exceeded.
        let room = limit.map_or(usize::MAX, |limit| (limit + 1).saturating_sub(out.len()));
        if room == 0 {
            return Err(ProtocolError::MessageTooLarge);
        }
        if out.capacity() == out.len() {
            let wanted = (input.len() * 3).max(out.len() - start).max(GROWTH);
            let reserved = out.try_reserve_exact(wanted.min(room));
            reserved.map_err(|_| ProtocolError::OutOfMemory)?;
        }
        let before = (context.total_in(), context.total_out());
        let spare = out.spare_capacity_mut();
        let offered = spare.len().min(room);
        let result =
            context.decompress_uninit(input, &mut spare[..offered], InflateFlush::SyncFlush);
        let read = (context.total_in() - before.0) as usize;
        let written = (context.total_out() - before.1) as usize;
        commit_spare(out, written);
        input = &input[read..];
        if limit.is_some_and(|limit| out.len() > limit) {
            return Err(ProtocolError::MessageTooLarge);
        }
        match result {
            Ok(Status::StreamEnd) => return Ok(true),
            Ok(Status::Ok | Status::BufError) if written < offered => {
                if input.is_empty() {
                    return Ok(false);
                }
                if read == 0 {
                    return Err(ProtocolError::Inflate("invalid compressed data"));
                }
            }
            Ok(_) => {}
            Err(error) => {
                let text = match error {
                    InflateError::DataError => context.error_message(),
                    _ => None,
                };
                return Err(ProtocolError::Inflate(match text {
                    // What zlib-rs says when its fast path has found a fault and forgotten which.
                    Some("repeated call with bad state") => "invalid deflate data",
                    Some(text) => text,
                    None => error.as_str(),
                }));
            }
        }
    }
}

/// Idle contexts that a thread keeps; more than these are freed.
const POOLED: usize = 8;

#[derive(Default)]
struct Pool {
    deflate: Vec<(Shape, Deflate)>,
    inflate: Vec<Inflate>,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
}

fn take_deflate(config: &DeflaterConfig, dictionary: Option<&[u8]>) -> Deflate {
    let shape = config.shape();
    let pooled = POOL.with_borrow_mut(|pool| {
        let index = pool.deflate.iter().position(|(other, _)| *other == shape)?;
        Some(pool.deflate.swap_remove(index).1)
    });
    let mut context = pooled.unwrap_or_else(|| Deflate::new_with_config(config.zlib()));
    if let Some(dictionary) = dictionary {
        let result = context.set_dictionary(dictionary);
        debug_assert!(result.is_ok(), "a fresh context takes any dictionary");
    }
    context
}

fn give_back_deflate(config: &DeflaterConfig, mut context: Deflate) {
    // The pool is gone when a thread ends; the context is then simply freed.
    let _ = POOL.try_with(|pool| {
        let pool = &mut pool.borrow_mut().deflate;
        if pool.len() < POOLED {
            context.reset();
            pool.push((config.shape(), context));
        }
    });
}

/// The largest window: what a reset context has, and what inflates any smaller one too.
const FULL_WINDOW: u8 = 15;

fn take_inflate(config: &InflaterConfig, dictionary: Option<&[u8]>) -> Inflate {
    let mut context = take_empty_inflate(config);
    if let Some(dictionary) = dictionary {
        let result = context.set_dictionary(dictionary);
        debug_assert!(result.is_ok(), "a fresh context takes any dictionary");
    }
    context
}

fn take_empty_inflate(config: &InflaterConfig) -> Inflate {
    let shared = config.no_context_takeover || config.window_bits == FULL_WINDOW;
    if shared && let Some(context) = POOL.with_borrow_mut(|pool| pool.inflate.pop()) {
        return context;
    }
    let window_bits = if shared {
        FULL_WINDOW
    } else {
        config.window_bits.clamp(8, 15)
    };
    Inflate::new(false, window_bits)
}

fn give_back_inflate(config: &InflaterConfig, mut context: Inflate) {
    if !config.no_context_takeover && config.window_bits != FULL_WINDOW {
        return;
    }
    let _ = POOL.try_with(|pool| {
        let pool = &mut pool.borrow_mut().inflate;
        if pool.len() < POOLED {
            context.reset(false);
            pool.push(context);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
