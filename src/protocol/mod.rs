//! The WebSocket protocol as a state machine: bytes in, events out, and back.
//!
//! Nothing in this module knows a socket, a clock or JavaScript. A [`Decoder`] is fed byte slices
//! in any chunking and returns [`Event`]s; an [`Encoder`] lays messages out as frames. That makes
//! the whole of RFC 6455 section 5 and of RFC 7692 testable in memory: by unit tests, property
//! tests and fuzzers.
//!
//! What it promises: an error ends a decoder and nothing after it is delivered; a frame header
//! allocates nothing for bytes that have not arrived; every limit holds while a message is still
//! arriving, not only at its end.

mod account;
mod close;
mod decoder;
mod deflate;
mod encoder;
mod error;
mod event;
mod frame;
mod handshake;
mod mask;
mod message;
mod request;
mod spare;
mod utf8;

pub use account::{Account, Exceeded, Share};
pub use close::{NO_STATUS, is_valid_status_code};
pub use decoder::Decoder;
pub use deflate::{CONTEXTS, Deflater, DeflaterConfig, Dictionary, Inflater, InflaterConfig};
pub use encoder::{DeflatePolicy, Encoder, FrameRecipe, MessageOptions, encode_control};
pub use error::ProtocolError;
pub use event::{DecoderChange, DecoderConfig, Event, Input, Limits, Masked, Payload};
pub use frame::{FrameHeader, MAX_HEADER_LENGTH, Opcode, Role};
pub use handshake::{
    ExtensionOffer, HeaderError, Parameter, accept_key, parse_extensions, parse_subprotocols,
};
pub use mask::{MaskKey, apply_mask, copy_masked, random_mask_key};
pub use message::{MessageKind, PARTIAL_MESSAGES};
pub use request::{HandshakeKey, MAX_REQUEST_HEAD, UpgradeRequest};
pub use spare::commit_spare;
pub use utf8::Utf8Validator;
