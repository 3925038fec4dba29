//! Checks compressed echoes. With context takeover each has to be inflated; without it the same message comes back as
//! the same bytes, so that it is inflated once and compared from then on.

use flate2::{Decompress, FlushDecompress};

use crate::fault::{Fault, Result};

pub(crate) struct Inflater {
    context: Decompress,
    takeover: bool,
    /// The compressed message that is arriving.
    arriving: Vec<u8>,
    inflated: Vec<u8>,
}

impl Inflater {
    pub(crate) fn new(takeover: bool, size: usize) -> Self {
        Self {
            context: Decompress::new(false),
            takeover,
            arriving: Vec::new(),
            // One more than is expected, so that too much is noticed.
            inflated: Vec::with_capacity(size + 1),
        }
    }

    pub(crate) fn push(&mut self, at: usize, bytes: &[u8]) {
        if at == 0 {
            self.arriving.clear();
        }
        self.arriving.extend_from_slice(bytes);
    }

    /// The message is complete: it has to be `expected`. `known` is what that looked like the last time, compressed
    /// without a context; empty at first.
    pub(crate) fn finish(&mut self, expected: &[u8], known: &mut Vec<u8>) -> Result<()> {
        if !self.takeover && *known == self.arriving {
            return Ok(());
        }

        let compressed = self.arriving.len();

        self.arriving.extend_from_slice(&[0, 0, 0xff, 0xff]);
        if !self.takeover {
            self.context.reset(false);
        }
        self.inflated.clear();
        self.context
            .decompress_vec(&self.arriving, &mut self.inflated, FlushDecompress::Sync)
            .map_err(|error| Fault::new(format!("an echo cannot be inflated: {error}")))?;

        if self.inflated != expected {
            return Err(Fault::new("an inflated echo is not what was sent"));
        }
        if !self.takeover {
            self.arriving.truncate(compressed);
            known.clone_from(&self.arriving);
        }
        Ok(())
    }
}
