//! Messages in, frames out (RFC 6455 section 5, RFC 7692 section 7.2.1).
//!
//! Header and payload are laid out behind each other, ready for one write. What is appended to a
//! buffer is complete: encoders keep no bytes.

use super::deflate::{Deflater, DeflaterConfig, Dictionary};
use super::{FrameHeader, MAX_HEADER_LENGTH, MaskKey, Opcode, apply_mask};
use crate::forced_panics::{Place, panic_if_forced};

/// How outgoing messages are compressed, once permessage-deflate has been negotiated.
#[derive(Debug, Clone, Copy)]
pub struct DeflatePolicy {
    pub deflater: DeflaterConfig,
    /// Without context takeover, messages shorter than this are not compressed (`threshold`).
    pub threshold: usize,
}

/// How one message, or one fragment of it, is sent.
#[derive(Debug, Clone, Copy)]
pub struct MessageOptions {
    pub binary: bool,
    /// This is the last fragment.
    pub fin: bool,
    /// Compress, if the connection can. Counts at a message's first fragment.
    pub compress: bool,
    /// The key to mask with; clients must, servers must not (RFC 6455 section 5.1).
    pub mask: Option<MaskKey>,
}

/// What the frame of a message depends on beside its payload, where nothing else that the
/// connection has sent counts: with the same recipe, the same payload gives the same frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRecipe {
    binary: bool,
    deflate: Option<DeflaterConfig>,
}

impl FrameRecipe {
    /// Whether the frame ends with the payload as it is.
    pub fn is_plain(&self) -> bool {
        self.deflate.is_none()
    }
}

/// The sending half of a connection.
pub struct Encoder {
    /// In a box: most connections have none.
    deflate: Option<Box<(Deflater, DeflatePolicy)>>,
    /// The message whose last fragment has not been sent, and whether it is compressed.
    open_message: Option<Compressed>,
}

type Compressed = bool;

impl Encoder {
    pub fn new(policy: Option<DeflatePolicy>) -> Self {
        Self {
            deflate: policy.map(|policy| Box::new((Deflater::new(policy.deflater), policy))),
            open_message: None,
        }
    }

    /// What compression begins with; to be set before the first message.
    pub fn set_dictionary(&mut self, dictionary: Dictionary) {
        if let Some((deflater, _)) = self.deflate.as_deref_mut() {
            deflater.set_dictionary(dictionary);
        }
    }

    /// Whether messages can be compressed.
    pub fn can_compress(&self) -> bool {
        self.deflate.is_some()
    }

    /// Appends the frame of a message or fragment to `out`.
    pub fn message(&mut self, payload: &[u8], options: MessageOptions, out: &mut Vec<u8>) {
        let (header, compressed) = self.next_frame(payload.len(), options);
        if !compressed {
            append_frame(header, payload, out);
            return;
        }
        let mut deflated = Vec::new();
        if let Some((deflater, _)) = self.deflate.as_deref_mut() {
            deflater.compress(payload, options.fin, &mut deflated);
        }
        let header = FrameHeader {
            length: deflated.len() as u64,
            ..header
        };
        append_frame(header, &deflated, out);
    }

    /// The same, unless the message is to be compressed: then nothing has changed, and the result
    /// is false.
    pub fn message_as_it_is(
        &mut self,
        payload: &[u8],
        options: MessageOptions,
        out: &mut Vec<u8>,
    ) -> bool {
        if self.will_compress(payload.len(), options) {
            return false;
        }
        append_frame(self.next_frame(payload.len(), options).0, payload, out);
        true
    }

    /// The header of a frame whose payload goes out as it is, or `None` if it is to be compressed
    /// or masked, which needs a copy: then nothing has changed.
    ///
    /// For writing a large payload straight from its owner's memory.
    pub fn plain_header(&mut self, length: usize, options: MessageOptions) -> Option<FrameHeader> {
        if options.mask.is_some() || self.will_compress(length, options) {
            return None;
        }
        Some(self.next_frame(length, options).0)
    }

    /// How the frame of a message would be made, if another connection may send the same frame.
    pub fn recipe(&self, length: usize, options: MessageOptions) -> Option<FrameRecipe> {
        if self.open_message.is_some() || !options.fin || options.mask.is_some() {
            return None;
        }
        let compresses = self.will_compress(length, options);
        let deflate = match self.deflate.as_deref() {
            Some((deflater, policy)) if compresses => {
                deflater.is_stateless().then_some(Some(policy.deflater))?
            }
            _ => None,
        };
        Some(FrameRecipe {
            binary: options.binary,
            deflate,
        })
    }

    /// Whether a message or fragment of so many bytes would be compressed.
    pub fn will_compress(&self, length: usize, options: MessageOptions) -> bool {
        if let Some(compressed) = self.open_message {
            return compressed;
        }
        match self.deflate.as_deref() {
            Some((_, policy)) if options.compress => {
                !policy.deflater.no_context_takeover || length >= policy.threshold
            }
            _ => false,
        }
    }

    fn next_frame(&mut self, length: usize, options: MessageOptions) -> (FrameHeader, Compressed) {
        let compressed = self.will_compress(length, options);
        let first = self.open_message.is_none();
        self.open_message = (!options.fin).then_some(compressed);
        let opcode = match (first, options.binary) {
            (false, _) => Opcode::Continuation,
            (true, true) => Opcode::Binary,
            (true, false) => Opcode::Text,
        };
        let header = FrameHeader {
            fin: options.fin,
            rsv1: first && compressed,
            opcode,
            mask: options.mask,
            length: length as u64,
        };
        (header, compressed)
    }
}

/// Appends a control frame to `out`. Its payload has at most 125 bytes.
pub fn encode_control(opcode: Opcode, payload: &[u8], mask: Option<MaskKey>, out: &mut Vec<u8>) {
    debug_assert!(opcode.is_control() && payload.len() <= 125);
    let header = FrameHeader {
        fin: true,
        rsv1: false,
        opcode,
        mask,
        length: payload.len() as u64,
    };
    append_frame(header, payload, out);
}

fn append_frame(header: FrameHeader, payload: &[u8], out: &mut Vec<u8>) {
    let mut bytes = [0; MAX_HEADER_LENGTH];
    let header_length = header.encode(&mut bytes);
    out.reserve(header_length + payload.len());
    let unfinished = Unfinished::begin(out);
    unfinished.out.extend_from_slice(&bytes[..header_length]);
    panic_if_forced(Place::Encode);
    unfinished.out.extend_from_slice(payload);
    if let Some(key) = header.mask {
        let start = unfinished.before + header_length;
        apply_mask(&mut unfinished.out[start..], key, 0);
    }
    unfinished.finish();
}

/// A frame that is being made. Half a frame would make nonsense of all that follows it: unless the
/// frame is finished, nothing of it stays.
struct Unfinished<'a> {
    out: &'a mut Vec<u8>,
    before: usize,
}

impl<'a> Unfinished<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Self {
        let before = out.len();
        Self { out, before }
    }

    fn finish(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: MessageOptions = MessageOptions {
        binary: false,
        fin: true,
        compress: true,
        mask: None,
    };

    #[test]
    fn a_message_is_one_frame() {
        let mut out = Vec::new();
        Encoder::new(None).message(b"Hello", TEXT, &mut out);
        assert_eq!(out, b"\x81\x05Hello");
    }

    #[test]
    fn a_client_masks_as_in_the_rfc() {
        let mut out = Vec::new();
        let options = MessageOptions {
            mask: Some([0x37, 0xfa, 0x21, 0x3d]),
            ..TEXT
        };
        Encoder::new(None).message(b"Hello", options, &mut out);
        assert_eq!(
            out,
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
    }

    #[test]
    fn of_a_frame_that_is_not_finished_nothing_stays() {
        let mut out = b"before".to_vec();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let unfinished = Unfinished::begin(&mut out);
            unfinished.out.extend_from_slice(b"half a fr");
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert_eq!(out, b"before");
    }

    #[test]
    fn fragments_continue_the_first() {
        let mut encoder = Encoder::new(None);
        let mut out = Vec::new();
        encoder.message(b"Hel", MessageOptions { fin: false, ..TEXT }, &mut out);
        encoder.message(
            b"lo",
            MessageOptions {
                binary: true,
                ..TEXT
            },
            &mut out,
        );
        encoder.message(b"!", TEXT, &mut out);
        assert_eq!(out, b"\x01\x03Hel\x80\x02lo\x81\x01!");
    }

    #[test]
    fn the_threshold_counts_only_without_context_takeover() {
        for (no_context_takeover, compressed) in [(true, false), (false, true)] {
            let mut encoder = Encoder::new(Some(DeflatePolicy {
                deflater: DeflaterConfig {
                    no_context_takeover,
                    ..DeflaterConfig::default()
                },
                threshold: 6,
            }));
            let mut out = Vec::new();
            encoder.message(b"Hello", TEXT, &mut out);
            assert_eq!(out[0] & 0x40 != 0, compressed);
        }
    }

    #[test]
    fn what_is_to_be_compressed_is_not_sent_as_it_is() {
        let policy = DeflatePolicy {
            deflater: DeflaterConfig::default(),
            threshold: 0,
        };
        for (policy, expected) in [(None, b"\x81\x05Hello".as_slice()), (Some(policy), b"")] {
            let mut out = Vec::new();
            let sent = Encoder::new(policy).message_as_it_is(b"Hello", TEXT, &mut out);
            assert_eq!((sent, &*out), (!expected.is_empty(), expected));
        }
    }

    #[test]
    fn frames_that_depend_on_nothing_else_have_a_recipe() {
        let plain = Encoder::new(None).recipe(5, TEXT);
        assert!(plain.unwrap().is_plain());
        let masked = MessageOptions {
            mask: Some([1; 4]),
            ..TEXT
        };
        assert_eq!(Encoder::new(None).recipe(5, masked), None);

        let mut encoder = Encoder::new(None);
        let fragment = MessageOptions { fin: false, ..TEXT };
        assert_eq!(encoder.recipe(5, fragment), None);
        encoder.message(b"Hello", fragment, &mut Vec::new());
        assert_eq!(encoder.recipe(5, TEXT), None);
    }

    #[test]
    fn compressed_frames_have_a_recipe_if_no_context_is_taken_over() {
        let policy = |no_context_takeover, level| {
            Some(DeflatePolicy {
                deflater: DeflaterConfig {
                    no_context_takeover,
                    level,
                    ..DeflaterConfig::default()
                },
                threshold: 6,
            })
        };
        assert_eq!(Encoder::new(policy(false, 6)).recipe(9, TEXT), None);
        let six = Encoder::new(policy(true, 6));
        assert!(six.recipe(5, TEXT).unwrap().is_plain());
        assert!(!six.recipe(6, TEXT).unwrap().is_plain());
        let nine = Encoder::new(policy(true, 9));
        assert_ne!(six.recipe(6, TEXT), nine.recipe(6, TEXT));

        let mut primed = Encoder::new(policy(true, 6));
        primed.set_dictionary(Dictionary::from(&b"Hello"[..]));
        assert_eq!(primed.recipe(9, TEXT), None);
    }

    #[test]
    fn a_large_payload_may_be_written_from_where_it_is() {
        let mut encoder = Encoder::new(None);
        let header = encoder.plain_header(100_000, TEXT).unwrap();
        assert_eq!((header.length, header.opcode), (100_000, Opcode::Text));
        let masked = MessageOptions {
            mask: Some([1; 4]),
            ..TEXT
        };
        assert_eq!(encoder.plain_header(100_000, masked), None);
    }
}
