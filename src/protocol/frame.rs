//! Frame headers (RFC 6455 section 5.2).
//!
//! A header is checked as soon as its first two bytes are there, and its length as soon as the
//! length is: a peer learns of an error before it has sent the payload.

use super::{MaskKey, ProtocolError};

/// The longest header: two bytes, a 64-bit length and a masking key.
pub const MAX_HEADER_LENGTH: usize = 14;

/// Which end of the connection we are. A server receives masked frames and sends unmasked ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

/// The kind of a frame (RFC 6455 section 11.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xa,
}

impl Opcode {
    fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }

    /// Whether a frame of this kind is a control frame (RFC 6455 section 5.5).
    pub fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    pub fin: bool,
    pub rsv1: bool,
    pub opcode: Opcode,
    pub mask: Option<MaskKey>,
    pub length: u64,
}

impl FrameHeader {
    /// Writes the header with the shortest form of the length; returns how many bytes it took.
    pub fn encode(&self, out: &mut [u8; MAX_HEADER_LENGTH]) -> usize {
        let opcode = self.opcode as u8;
        Self::encode_raw(out, opcode, self.fin, self.rsv1, self.length, self.mask)
    }

    /// The same for any opcode's bits, reserved ones too.
    pub fn encode_raw(
        out: &mut [u8; MAX_HEADER_LENGTH],
        opcode: u8,
        fin: bool,
        rsv1: bool,
        length: u64,
        mask: Option<MaskKey>,
    ) -> usize {
        out[0] = opcode | u8::from(fin) << 7 | u8::from(rsv1) << 6;
        let mut end = match length {
            0..=125 => {
                out[1] = length as u8;
                2
            }
            126..=0xffff => {
                out[1] = 126;
                out[2..4].copy_from_slice(&(length as u16).to_be_bytes());
                4
            }
            _ => {
                out[1] = 127;
                out[2..10].copy_from_slice(&length.to_be_bytes());
                10
            }
        };
        if let Some(key) = mask {
            out[1] |= 0x80;
            out[end..end + 4].copy_from_slice(&key);
            end += 4;
        }
        end
    }

    /// How many bytes [`encode`](Self::encode) writes for a payload of `length` bytes.
    pub fn encoded_length(length: usize, masked: bool) -> usize {
        let extended = match length {
            0..=125 => 0,
            126..=0xffff => 2,
            _ => 8,
        };
        2 + extended + if masked { 4 } else { 0 }
    }
}

/// What a decoder knows before a frame begins, and checks its first two bytes against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expectations {
    pub(super) role: Role,
    /// permessage-deflate has been negotiated.
    pub(super) compression: bool,
    /// A fragmented message is under way.
    pub(super) in_message: bool,
}

/// The first two bytes of a frame, checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameStart {
    pub(super) fin: bool,
    pub(super) rsv1: bool,
    pub(super) opcode: Opcode,
    pub(super) masked: bool,
    length_bits: u8,
}

impl FrameStart {
    /// Checks the first two bytes of a frame, in the order in which `ws` does.
    pub(super) fn parse(bytes: [u8; 2], expect: Expectations) -> Result<Self, ProtocolError> {
        if bytes[0] & 0x30 != 0 {
            return Err(ProtocolError::ReservedBits);
        }
        let rsv1 = bytes[0] & 0x40 != 0;
        if rsv1 && !expect.compression {
            return Err(ProtocolError::UnexpectedRsv1);
        }
        let fin = bytes[0] & 0x80 != 0;
        let opcode_bits = bytes[0] & 0x0f;
        let length_bits = bytes[1] & 0x7f;
        let invalid_opcode = ProtocolError::InvalidOpcode(opcode_bits);
        let opcode = Opcode::from_bits(opcode_bits).ok_or(invalid_opcode)?;
        match opcode {
            Opcode::Continuation if rsv1 => return Err(ProtocolError::UnexpectedRsv1),
            Opcode::Continuation if !expect.in_message => return Err(invalid_opcode),
            Opcode::Text | Opcode::Binary if expect.in_message => return Err(invalid_opcode),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {}
            Opcode::Close | Opcode::Ping | Opcode::Pong => {
                if !fin {
                    return Err(ProtocolError::FragmentedControlFrame);
                }
                if rsv1 {
                    return Err(ProtocolError::UnexpectedRsv1);
                }
                if length_bits > 125 || (opcode == Opcode::Close && length_bits == 1) {
                    return Err(ProtocolError::InvalidControlLength(length_bits));
                }
            }
        }
        let masked = bytes[1] & 0x80 != 0;
        match expect.role {
            Role::Server if !masked => Err(ProtocolError::ExpectedMask),
            Role::Client if masked => Err(ProtocolError::UnexpectedMask),
            _ => Ok(Self {
                fin,
                rsv1,
                opcode,
                masked,
                length_bits,
            }),
        }
    }

    /// How many bytes of extended length follow the first two.
    pub(super) fn extended_length_bytes(self) -> usize {
        match self.length_bits {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    /// The payload's length, from the bytes that follow the first two. It need not have been sent
    /// in its shortest form, as with `ws`.
    pub(super) fn payload_length(self, extended: &[u8]) -> Result<u64, ProtocolError> {
        match self.length_bits {
            126 => Ok(u64::from(u16::from_be_bytes([extended[0], extended[1]]))),
            127 => {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&extended[..8]);
                let length = u64::from_be_bytes(bytes);
                if length > MAX_SAFE_INTEGER {
                    return Err(ProtocolError::UnsupportedLength);
                }
                Ok(length)
            }
            bits => Ok(u64::from(bits)),
        }
    }
}

/// The largest integer that a JavaScript number holds exactly.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Expectations = Expectations {
        role: Role::Server,
        compression: false,
        in_message: false,
    };

    #[test]
    fn lengths_take_their_shortest_form() {
        for (length, header_length) in [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10)] {
            let header = FrameHeader {
                fin: true,
                rsv1: false,
                opcode: Opcode::Binary,
                mask: None,
                length,
            };
            let mut out = [0; MAX_HEADER_LENGTH];
            assert_eq!(header.encode(&mut out), header_length);
            assert_eq!(
                FrameHeader::encoded_length(length as usize, false),
                header_length
            );
            let client = Expectations {
                role: Role::Client,
                ..SERVER
            };
            let start = FrameStart::parse([out[0], out[1]], client).unwrap();
            assert_eq!(start.payload_length(&out[2..]), Ok(length));
        }
    }

    #[test]
    fn a_length_need_not_be_minimal_but_must_fit_javascript() {
        let start = FrameStart::parse([0x82, 0xff], SERVER).unwrap();
        assert_eq!(start.extended_length_bytes(), 8);
        assert_eq!(start.payload_length(&5u64.to_be_bytes()), Ok(5));
        let limit = (1u64 << 53) - 1;
        assert_eq!(start.payload_length(&limit.to_be_bytes()), Ok(limit));
        for length in [limit + 1, 1 << 63, u64::MAX] {
            assert_eq!(
                start.payload_length(&length.to_be_bytes()),
                Err(ProtocolError::UnsupportedLength)
            );
        }
    }

    #[test]
    fn every_rule_for_the_first_two_bytes_holds() {
        let check = |bytes, expect| FrameStart::parse(bytes, expect).map(|_| ()).unwrap_err();
        let compressed = Expectations {
            compression: true,
            ..SERVER
        };
        let in_message = Expectations {
            in_message: true,
            ..compressed
        };
        let client = Expectations {
            role: Role::Client,
            ..SERVER
        };
        assert_eq!(check([0xa1, 0x80], SERVER), ProtocolError::ReservedBits);
        assert_eq!(check([0x91, 0x80], SERVER), ProtocolError::ReservedBits);
        assert_eq!(check([0xc1, 0x80], SERVER), ProtocolError::UnexpectedRsv1);
        assert_eq!(
            check([0xc0, 0x80], in_message),
            ProtocolError::UnexpectedRsv1
        );
        assert_eq!(
            check([0xc9, 0x80], compressed),
            ProtocolError::UnexpectedRsv1
        );
        assert_eq!(check([0x80, 0x80], SERVER), ProtocolError::InvalidOpcode(0));
        assert_eq!(
            check([0x81, 0x80], in_message),
            ProtocolError::InvalidOpcode(1)
        );
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            assert_eq!(
                check([0x80 | opcode, 0x80], SERVER),
                ProtocolError::InvalidOpcode(opcode)
            );
        }
        assert_eq!(
            check([0x09, 0x80], SERVER),
            ProtocolError::FragmentedControlFrame
        );
        assert_eq!(
            check([0x89, 0xfe], SERVER),
            ProtocolError::InvalidControlLength(126)
        );
        assert_eq!(
            check([0x88, 0x81], SERVER),
            ProtocolError::InvalidControlLength(1)
        );
        assert_eq!(check([0x81, 0x00], SERVER), ProtocolError::ExpectedMask);
        assert_eq!(check([0x81, 0x80], client), ProtocolError::UnexpectedMask);
    }
}
