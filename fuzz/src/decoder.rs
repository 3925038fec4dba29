//! The decoder against the [`Reference`]: both roles, every option and limit, any chunking, every
//! way of putting large messages together, and options that change between two pieces.

use std::sync::Arc;

use arbitrary::Arbitrary;
use hawser::protocol::{
    Decoder, DecoderChange, DecoderConfig, Deflater, FrameHeader, InflaterConfig,
    MAX_HEADER_LENGTH, Role, apply_mask,
};

use crate::driving::{Driven, Manner};
use crate::material::{Body, Compression, Cuts, SomeLimits};
use crate::reference::{Reference, Seen};

#[derive(Debug, Arbitrary)]
pub struct Input {
    is_server: bool,
    limits: SomeLimits,
    skip_utf8_validation: bool,
    keep_fragments: bool,
    inflate: Option<Compression>,
    /// A window as it comes, not the one that is compressed with.
    window_bits: Option<u8>,
    dictionary: Option<Vec<u8>>,
    manner: Manner,
    stream: Vec<Part>,
    cuts: Cuts,
    changes: Vec<Option<Change>>,
}

/// Something that the peer sends.
#[derive(Debug, Arbitrary)]
enum Part {
    Raw(Vec<u8>),
    /// A frame whose header says what it has.
    Frame {
        first: First,
        masking: Masking,
        form: Form,
        body: Body,
        /// Bytes that do not come.
        lacking: Option<u8>,
    },
    /// A frame of what our own deflater makes of a message.
    Deflated {
        first: First,
        body: Body,
        fin: bool,
        masking: Masking,
        damage: Option<(u8, u8)>,
    },
    Close(u16, Body),
}

/// The first byte of a frame: mostly one that makes sense.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum First {
    Message { binary: bool, fin: bool, rsv1: bool },
    Continuation { fin: bool },
    Ping,
    Pong,
    Any(u8),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Masking {
    /// As the role of the decoder asks.
    Right([u8; 4]),
    Wrong,
}

/// The form in which the length is sent.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Form {
    Shortest,
    Long,
    Longest,
    Claims(u64),
}

#[derive(Debug, Clone, Arbitrary)]
enum Change {
    KeepFragments(bool),
    Limits(SomeLimits),
    SkipUtf8Validation(bool),
    Dictionary(Vec<u8>),
}

pub fn check(input: Input) {
    let config = input.config();
    let stream = input.stream(config);
    let mut reference = Reference::new(config);
    let mut driven = Driven::new(Decoder::new(config), input.manner);
    let first_changes = [
        DecoderChange::KeepFragments(input.keep_fragments),
        DecoderChange::InflateDictionary(Arc::from(input.dictionary.as_deref().unwrap_or(b""))),
    ];
    let used = if input.dictionary.is_some() { 2 } else { 1 };
    for change in &first_changes[..used] {
        reference.change(change.clone());
        driven.change(change.clone());
    }

    let mut changes = input.changes.iter();
    let mut changed = false;
    let mut rest = &stream[..];
    let mut sizes = input.cuts.sizes(stream.len());
    while !rest.is_empty() {
        let size = sizes
            .next()
            .unwrap_or(usize::MAX)
            .min(rest.len())
            .min(driven.wants());
        let (piece, behind) = rest.split_at(size);
        driven.take(piece);
        reference.feed(piece);
        compare(&driven, &reference);
        if reference.is_unsure() {
            return;
        }
        rest = behind;
        if let Some(Some(change)) = changes.next() {
            for change in change.decoder_changes(input.manner) {
                changed = true;
                reference.change(change.clone());
                driven.change(change);
            }
        }
    }

    let depends_on_pieces = changed || config.limits.max_buffered_chunks.is_some();
    if !depends_on_pieces {
        let mut whole = Driven::new(Decoder::new(config), Manner::Feed);
        for change in first_changes.into_iter().take(used) {
            whole.change(change);
        }
        whole.take(&stream);
        assert_eq!(whole.seen, driven.seen, "the pieces matter");
    }
}

fn compare(driven: &Driven, reference: &Reference) {
    if reference.is_unsure() {
        let expected = reference.seen();
        assert_eq!(driven.seen[..expected.len()], *expected);
        return;
    }
    assert_eq!(driven.seen, reference.seen());
    assert_eq!(driven.has_ended(), reference.has_ended());
    let ends = |seen: &Seen| matches!(seen, Seen::Close(..) | Seen::Error(_));
    let end = driven.seen.iter().position(ends);
    assert!(
        end.is_none_or(|end| end + 1 == driven.seen.len()),
        "nothing follows the end"
    );
}

impl Input {
    fn config(&self) -> DecoderConfig {
        DecoderConfig {
            role: if self.is_server {
                Role::Server
            } else {
                Role::Client
            },
            limits: self.limits.limits(),
            skip_utf8_validation: self.skip_utf8_validation,
            inflate: self.inflate.map(|compression| InflaterConfig {
                window_bits: match self.window_bits {
                    Some(bits) => 8 + bits % 8,
                    None => compression.inflater().window_bits,
                },
                no_context_takeover: compression.no_context_takeover,
            }),
        }
    }

    fn stream(&self, config: DecoderConfig) -> Vec<u8> {
        let compression = self.inflate.map(Compression::deflater).unwrap_or_default();
        let mut deflater = Deflater::new(compression);
        if let Some(dictionary) = &self.dictionary {
            deflater.set_dictionary(Arc::from(&dictionary[..]));
        }
        let mut out = Vec::new();
        for part in &self.stream {
            if out.len() > LONGEST_STREAM {
                break;
            }
            match part {
                Part::Raw(bytes) => out.extend_from_slice(bytes),
                Part::Frame {
                    first,
                    masking,
                    form,
                    body,
                    lacking,
                } => {
                    let mut body = body.bytes();
                    let length = body.len();
                    body.truncate(length.saturating_sub(usize::from(lacking.unwrap_or(0))));
                    frame(&mut out, config.role, *first, *masking, *form, length, body);
                }
                Part::Deflated {
                    first,
                    body,
                    fin,
                    masking,
                    damage,
                } => {
                    let mut compressed = Vec::new();
                    deflater.compress(&body.bytes(), *fin, &mut compressed);
                    if let Some((at, with)) = damage
                        && let Some(byte) = compressed.get_mut(usize::from(*at))
                    {
                        *byte ^= with;
                    }
                    let length = compressed.len();
                    let form = Form::Shortest;
                    frame(
                        &mut out,
                        config.role,
                        *first,
                        *masking,
                        form,
                        length,
                        compressed,
                    );
                }
                Part::Close(code, reason) => {
                    let mut body = code.to_be_bytes().to_vec();
                    body.extend(reason.bytes());
                    body.truncate(125);
                    let (first, masking) = (First::Any(0x88), Masking::Right([1, 2, 3, 4]));
                    let length = body.len();
                    frame(
                        &mut out,
                        config.role,
                        first,
                        masking,
                        Form::Shortest,
                        length,
                        body,
                    );
                }
            }
        }
        out
    }
}

/// No stream goes on behind this many bytes.
const LONGEST_STREAM: usize = 400_000;

fn frame(
    out: &mut Vec<u8>,
    role: Role,
    first: First,
    masking: Masking,
    form: Form,
    length: usize,
    mut body: Vec<u8>,
) {
    let mask = match (masking, role) {
        (Masking::Right(key), Role::Server) => Some(key),
        (Masking::Wrong, Role::Client) => Some([1, 2, 3, 4]),
        _ => None,
    };
    let masked = if mask.is_some() { 0x80 } else { 0 };
    let mut header = match form {
        Form::Shortest => {
            let mut bytes = [0; MAX_HEADER_LENGTH];
            let end = FrameHeader::encode_raw(&mut bytes, 0, false, false, length as u64, None);
            bytes[..end].to_vec()
        }
        Form::Long => [&[0, 126][..], &(length as u16).to_be_bytes()].concat(),
        Form::Longest => [&[0, 127][..], &(length as u64).to_be_bytes()].concat(),
        Form::Claims(length) => [&[0, 127][..], &length.to_be_bytes()].concat(),
    };
    header[0] = first.byte();
    header[1] |= masked;
    out.extend_from_slice(&header);
    if let Some(key) = mask {
        out.extend_from_slice(&key);
        apply_mask(&mut body, key, 0);
    }
    out.extend_from_slice(&body);
}

impl First {
    fn byte(self) -> u8 {
        let bits = |fin, rsv1, opcode| u8::from(fin) << 7 | u8::from(rsv1) << 6 | opcode;
        match self {
            Self::Message { binary, fin, rsv1 } => bits(fin, rsv1, if binary { 2 } else { 1 }),
            Self::Continuation { fin } => bits(fin, false, 0),
            Self::Ping => 0x89,
            Self::Pong => 0x8a,
            Self::Any(byte) => byte,
        }
    }
}

impl Change {
    fn decoder_changes(&self, manner: Manner) -> Vec<DecoderChange> {
        match self {
            // A message that the driver has claimed by then stays whole.
            Self::KeepFragments(_) if manner != Manner::Feed => Vec::new(),
            Self::KeepFragments(keep) => vec![DecoderChange::KeepFragments(*keep)],
            Self::Limits(limits) => {
                let limits = limits.limits();
                vec![
                    DecoderChange::MaxPayload(limits.max_payload),
                    DecoderChange::MaxFragments(limits.max_fragments),
                    DecoderChange::MaxBufferedChunks(limits.max_buffered_chunks),
                ]
            }
            Self::SkipUtf8Validation(skip) => vec![DecoderChange::SkipUtf8Validation(*skip)],
            Self::Dictionary(bytes) => {
                vec![DecoderChange::InflateDictionary(Arc::from(&bytes[..]))]
            }
        }
    }
}
