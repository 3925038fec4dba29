//! Frames: encoding the client's, and taking a server's apart as their bytes arrive, without keeping any of them.

use crate::fault::{Fault, Result};

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;

/// One key for all frames: a server cannot tell, and unmasking costs it the same.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Appends a masked, final frame.
pub(crate) fn encode(out: &mut Vec<u8>, opcode: u8, compressed: bool, payload: &[u8]) {
    encode_header(out, opcode, compressed, payload.len(), true);
    out.extend_from_slice(&KEY);
    out.extend(
        payload
            .iter()
            .enumerate()
            .map(|(i, byte)| byte ^ KEY[i & 3]),
    );
}

/// Appends the header of a final frame, without a key.
pub(crate) fn encode_header(
    out: &mut Vec<u8>,
    opcode: u8,
    compressed: bool,
    length: usize,
    masked: bool,
) {
    let mask_bit = u8::from(masked) << 7;

    out.push(0x80 | (u8::from(compressed) << 6) | opcode);
    match length {
        0..126 => out.push(mask_bit | length as u8),
        126..65_536 => {
            out.push(mask_bit | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(mask_bit | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// The header of a frame that arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) fin: bool,
    pub(crate) compressed: bool,
    pub(crate) opcode: u8,
    pub(crate) key: Option<[u8; 4]>,
    pub(crate) length: usize,
}

/// What the decoder found next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Header(Header),
    /// Bytes of the frame's payload, in order; never empty.
    Payload(&'a [u8]),
    /// The frame is complete.
    End,
}

#[derive(Debug)]
enum State {
    Header,
    Payload { remaining: usize },
}

/// Takes a stream of frames apart. Holds at most one header.
#[derive(Debug)]
pub(crate) struct Decoder {
    state: State,
    header: [u8; 14],
    have: usize,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Header,
            header: [0; 14],
            have: 0,
        }
    }

    /// The next part of `input`, which shrinks by what was used. `None`: more bytes are needed.
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Part<'a>>> {
        match self.state {
            State::Header => self.read_header(input),
            State::Payload { remaining: 0 } => {
                self.state = State::Header;
                Ok(Some(Part::End))
            }
            State::Payload { .. } if input.is_empty() => Ok(None),
            State::Payload { remaining } => {
                let (payload, rest) = input.split_at(remaining.min(input.len()));

                *input = rest;
                self.state = State::Payload {
                    remaining: remaining - payload.len(),
                };
                Ok(Some(Part::Payload(payload)))
            }
        }
    }

    fn read_header<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Part<'a>>> {
        loop {
            let needed = if self.have < 2 {
                2
            } else {
                header_size(self.header[1])
            };

            if self.have == needed {
                let header = parse(&self.header)?;

                self.have = 0;
                self.state = State::Payload {
                    remaining: header.length,
                };
                return Ok(Some(Part::Header(header)));
            }
            if input.is_empty() {
                return Ok(None);
            }

            let (taken, rest) = input.split_at((needed - self.have).min(input.len()));

            self.header[self.have..self.have + taken.len()].copy_from_slice(taken);
            self.have += taken.len();
            *input = rest;
        }
    }
}

fn header_size(second: u8) -> usize {
    let length = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    2 + length + if second & 0x80 == 0 { 0 } else { 4 }
}

fn parse(bytes: &[u8; 14]) -> Result<Header> {
    if bytes[0] & 0x30 != 0 {
        return Err(Fault::new("a frame with RSV2 or RSV3"));
    }

    let (length, end) = match bytes[1] & 0x7f {
        126 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
        127 => {
            let mut long = [0; 8];
            long.copy_from_slice(&bytes[2..10]);
            (
                usize::try_from(u64::from_be_bytes(long))
                    .map_err(|_| Fault::new("a frame too long"))?,
                10,
            )
        }
        short => (usize::from(short), 2),
    };
    let key = (bytes[1] & 0x80 != 0)
        .then(|| [bytes[end], bytes[end + 1], bytes[end + 2], bytes[end + 3]]);

    Ok(Header {
        fin: bytes[0] & 0x80 != 0,
        compressed: bytes[0] & 0x40 != 0,
        opcode: bytes[0] & 0x0f,
        key,
        length,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmasked(frames: &[u8], step: usize) -> Vec<(Header, Vec<u8>)> {
        let mut decoder = Decoder::new();
        let mut found: Vec<(Header, Vec<u8>)> = Vec::new();
        let mut ends = 0;

        for mut chunk in frames.chunks(step) {
            while let Some(part) = decoder.next(&mut chunk).unwrap() {
                match part {
                    Part::Header(header) => found.push((header, Vec::new())),
                    Part::Payload(bytes) => {
                        let (header, payload) = found.last_mut().unwrap();
                        for byte in bytes {
                            payload.push(byte ^ header.key.map_or(0, |key| key[payload.len() & 3]));
                        }
                    }
                    Part::End => ends += 1,
                }
            }
        }
        assert_eq!(ends, found.len());
        found
    }

    #[test]
    fn frames_of_every_length_come_back_however_they_are_cut() {
        let payloads: Vec<Vec<u8>> = [0, 1, 125, 126, 65_535, 65_536]
            .map(|size| vec![size as u8; size])
            .into();
        let mut stream = Vec::new();
        payloads
            .iter()
            .for_each(|payload| encode(&mut stream, BINARY, false, payload));

        for step in [1, 2, 7, 1000, usize::MAX] {
            let found = unmasked(&stream, step);
            assert!(
                found.iter().map(|(_, payload)| payload).eq(payloads.iter()),
                "{step}"
            );
            assert!(
                found
                    .iter()
                    .all(|(header, _)| header.fin && header.opcode == BINARY && !header.compressed)
            );
        }
    }

    #[test]
    fn reserved_bits_are_refused() {
        assert!(Decoder::new().next(&mut &[0xa2, 0][..]).is_err());
    }
}
