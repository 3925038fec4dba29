//! Inflating the messages of a connection, no further than they may.

use zlib_rs::{Inflate, InflateError, InflateFlush, Status};

use super::super::spare::commit_spare;
use super::super::{ProtocolError, Share};
use super::pool::{give_back_inflate, take_inflate};
use super::{Dictionary, GROWTH, TAIL, one_context};

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
