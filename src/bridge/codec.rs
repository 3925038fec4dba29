//! Parts of the protocol that `lib/` uses by themselves: handshake headers and compression.
//!
//! Nothing here is called often, so it is written with napi's macros.

// What napi's macros export has to be `pub`, however private its module is.
#![allow(unreachable_pub)]

use napi::bindgen_prelude::{Buffer, Either, Error, Result, Status, Uint8Array};
use napi_derive::napi;

use crate::protocol::{
    self, DeflaterConfig, FrameHeader, HeaderError, InflaterConfig, MAX_HEADER_LENGTH,
    ProtocolError, is_valid_status_code,
};

/// The value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455 section 4.2.2).
#[napi(catch_unwind)]
pub fn accept_key(key: String) -> String {
    protocol::accept_key(&key)
}

/// The offers of a `Sec-WebSocket-Extensions` header: `[name, [parameter, value | true][]][]`.
#[napi(catch_unwind, ts_return_type = "[string, [string, string | true][]][]")]
#[allow(clippy::type_complexity)]
pub fn parse_extensions(
    header: String,
) -> Result<Vec<(String, Vec<(String, Either<String, bool>)>)>> {
    let offers = protocol::parse_extensions(&latin1(&header)).map_err(header_error)?;
    let value = |value: Option<String>| value.map_or(Either::B(true), Either::A);
    Ok(offers
        .into_iter()
        .map(|offer| {
            let parameters = offer.parameters.into_iter();
            let parameters = parameters.map(|(name, given)| (name, value(given)));
            (offer.name, parameters.collect())
        })
        .collect())
}

/// The subprotocols of a `Sec-WebSocket-Protocol` header, in their order.
#[napi(catch_unwind)]
pub fn parse_subprotocols(header: String) -> Result<Vec<String>> {
    protocol::parse_subprotocols(&latin1(&header)).map_err(header_error)
}

/// Whether a close frame may carry the code (RFC 6455 section 7.4).
#[napi(catch_unwind)]
pub fn is_valid_close_code(code: f64) -> bool {
    if code.fract() != 0.0 {
        // The fraction is not sent, but `ws` looks at it for the ends of the ranges.
        return (1000.0..1014.0).contains(&code) || (3000.0..4999.0).contains(&code);
    }
    (0.0..=65535.0).contains(&code) && is_valid_status_code(code as u16)
}

/// The header of a frame (RFC 6455 section 5.2). `opcode` is its number; with `mask`, the four bytes
/// of that number are the masking key.
#[napi(catch_unwind)]
pub fn frame_header(opcode: u8, fin: bool, rsv1: bool, length: f64, mask: Option<u32>) -> Buffer {
    let mut bytes = [0; MAX_HEADER_LENGTH];
    let end = FrameHeader::encode_raw(
        &mut bytes,
        opcode & 0x0f,
        fin,
        rsv1,
        length as u64,
        mask.map(u32::to_be_bytes),
    );
    bytes[..end].to_vec().into()
}

/// A fresh masking key.
#[napi(catch_unwind)]
pub fn random_mask() -> u32 {
    u32::from_be_bytes(protocol::random_mask_key())
}

/// Masks (or unmasks) bytes in place (RFC 6455 section 5.3).
#[napi(catch_unwind)]
pub fn mask(mut data: Uint8Array, key: u32) {
    // SAFETY: no JavaScript runs while the bytes are changed.
    let bytes = unsafe { data.as_mut() };
    protocol::apply_mask(bytes, key.to_be_bytes(), 0);
}

/// Compresses the messages of one direction.
#[napi]
pub struct Deflater {
    inner: protocol::Deflater,
}

#[napi]
impl Deflater {
    #[napi(constructor, catch_unwind)]
    pub fn new(
        level: i32,
        window_bits: u8,
        no_context_takeover: bool,
        mem_level: i32,
        strategy: i32,
        dictionary: Option<Uint8Array>,
    ) -> Self {
        let mut inner = protocol::Deflater::new(DeflaterConfig {
            level,
            window_bits,
            mem_level,
            strategy,
            no_context_takeover,
        });
        if let Some(dictionary) = dictionary {
            inner.set_dictionary(dictionary.to_vec().into());
        }
        Self { inner }
    }

    /// The compressed form of a message or fragment, without the tail if `fin`.
    #[napi(catch_unwind)]
    pub fn compress(&mut self, data: Uint8Array, fin: bool) -> Buffer {
        let mut out = Vec::new();
        self.inner.compress(&data, fin, &mut out);
        out.into()
    }
}

/// Inflates the messages of one direction.
#[napi]
pub struct Inflater {
    inner: protocol::Inflater,
    max_payload: Option<usize>,
}

#[napi]
impl Inflater {
    /// `max_payload` 0 means no limit.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        window_bits: u8,
        no_context_takeover: bool,
        max_payload: f64,
        dictionary: Option<Uint8Array>,
    ) -> Self {
        let mut inner = protocol::Inflater::new(InflaterConfig {
            window_bits,
            no_context_takeover,
        });
        if let Some(dictionary) = dictionary {
            inner.set_dictionary(dictionary.to_vec().into());
        }
        Self {
            inner,
            max_payload: (max_payload >= 1.0).then_some(max_payload as usize),
        }
    }

    /// What a compressed message or fragment inflates to.
    #[napi(catch_unwind, ts_return_type = "Buffer")]
    pub fn decompress(&mut self, data: Uint8Array, fin: bool) -> napi::Result<Buffer, String> {
        let mut out = Vec::new();
        let limit = self.max_payload;
        self.inner
            .push(&data, &mut out, limit)
            .and_then(|()| self.inner.end_frame(fin, &mut out, limit))
            .map_err(|error: ProtocolError| {
                Error::new(error.code().to_owned(), error.to_string())
            })?;
        Ok(out.into())
    }
}

/// A header value is a string of Latin-1 characters; any other character is one byte that no token
/// can contain, so that positions agree with JavaScript's.
fn latin1(header: &str) -> Vec<u8> {
    let byte = |unit: u16| u8::try_from(unit).unwrap_or(0x00);
    header.encode_utf16().map(byte).collect()
}

fn header_error(error: HeaderError) -> Error {
    Error::new(Status::InvalidArg, error.to_string())
}
