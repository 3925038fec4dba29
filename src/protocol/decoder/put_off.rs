//! Large compressed messages that somebody else is to inflate.
//!
//! Inflating takes many times as long as receiving does. Whoever drives a decoder may have that put
//! off: a message that turns out to be large is left unread in the input, from where it goes on
//! wherever decoder and input are taken. Nothing is seen or counted twice.

use super::{Decoder, Input, State};

impl Decoder {
    /// From now on, frames of compressed messages that have announced at least so many bytes are
    /// left unread, until [`go_ahead`](Self::go_ahead).
    pub fn put_off_inflating(&mut self, from: Option<u64>) {
        self.puts_off_from = from;
    }

    /// Whether that has just happened. To be asked when [`next`](Self::next) wants more input.
    pub fn has_put_off(&self, input: &Input<'_>) -> bool {
        let (Some(from), Some(message)) = (self.puts_off_from, &self.message) else {
            return false;
        };
        self.state == State::Payload
            && !self.frame.opcode.is_control()
            && message.compressed
            && message.announced >= from
            && !self.goes_ahead
            && !input.is_empty()
    }

    /// Puts nothing off any more within the present piece of input.
    pub fn go_ahead(&mut self) {
        self.goes_ahead = true;
    }

    /// How many bytes have come out of inflating since the last call.
    pub fn take_inflated(&mut self) -> usize {
        std::mem::take(&mut self.inflated)
    }

    /// Whether messages may be compressed.
    pub fn can_inflate(&self) -> bool {
        self.inflater.is_some()
    }
}

#[cfg(test)]
#[path = "put_off_tests.rs"]
mod tests;
