//! Compressing the messages of a connection.

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

use super::super::Share;
use super::super::spare::commit_spare;
use super::pool::{give_back_deflate, take_deflate};
use super::{Dictionary, GROWTH, TAIL, one_context};

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
    pub(super) fn zlib(&self) -> DeflateConfig {
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
    pub(super) fn shape(&self) -> Shape {
        (self.level, self.window_bits, self.mem_level, self.strategy)
    }
}

/// Level, window bits, `memLevel` and strategy.
pub(super) type Shape = (i32, u8, i32, i32);

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
