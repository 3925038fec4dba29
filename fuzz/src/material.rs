//! What inputs are made of: few bytes that stand for many.

use arbitrary::{Arbitrary, Result, Unstructured};
use hawser::protocol::{DeflaterConfig, InflaterConfig, Limits};

/// Bytes of a message or a frame.
#[derive(Debug, Clone, Arbitrary)]
pub enum Body {
    Bytes(Vec<u8>),
    Text(String),
    /// The same over and over, which may be long.
    Repeated(Unit, Times),
}

#[derive(Debug, Clone, Arbitrary)]
pub enum Unit {
    Byte(u8),
    Text(String),
    /// Characters of two, three and four bytes.
    Characters,
}

/// How often; small numbers are as likely as large ones.
#[derive(Debug, Clone, Copy)]
pub struct Times(pub usize);

impl<'a> Arbitrary<'a> for Times {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let magnitude = u.int_in_range(0..=17)?;
        let times = u.int_in_range(0..=(1usize << magnitude))?;
        Ok(Self(times))
    }
}

/// No body is longer.
const LONGEST: usize = 200_000;

impl Body {
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Text(text) => text.clone().into_bytes(),
            Self::Repeated(unit, Times(times)) => {
                let unit: &[u8] = match unit {
                    Unit::Byte(byte) => &[*byte],
                    Unit::Text(text) => text.as_bytes(),
                    Unit::Characters => "ß水🍉".as_bytes(),
                };
                unit.repeat(*times.min(&(LONGEST / unit.len().max(1))))
            }
        }
    }
}

/// Sizes into which a stream is cut, used in turn.
#[derive(Debug, Clone, Arbitrary)]
pub struct Cuts(Vec<Cut>);

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Cut {
    Small(u8),
    Large(u16),
}

impl Cuts {
    /// The size of each piece of a stream of `length` bytes; some may be 0. Long streams are not cut
    /// very small, to save time.
    pub fn sizes(&self, length: usize) -> impl Iterator<Item = usize> + '_ {
        let least = length / 2000;
        let given = self.0.iter().map(move |cut| match cut {
            Cut::Small(0) => 0,
            Cut::Small(size) => usize::from(*size).max(least),
            Cut::Large(size) => usize::from(*size).max(least),
        });
        let progresses = given.clone().any(|size| size > 0);
        let whole = std::iter::repeat_n(length.max(1), usize::from(!progresses));
        given.chain(whole).cycle()
    }
}

/// Which bounds there are, and where.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct SomeLimits {
    payload: Option<Times>,
    fragments: Option<u8>,
    chunks: Option<u8>,
}

impl SomeLimits {
    pub fn limits(self) -> Limits {
        Limits {
            max_payload: self.payload.map(|Times(most)| most),
            max_fragments: self.fragments.map(u32::from),
            max_buffered_chunks: self.chunks.map(u32::from),
        }
    }
}

/// One direction of permessage-deflate, as it may have been negotiated.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Compression {
    level: u8,
    window: u8,
    memory: u8,
    strategy: u8,
    pub no_context_takeover: bool,
}

impl Compression {
    pub fn deflater(self) -> DeflaterConfig {
        DeflaterConfig {
            level: i32::from(self.level % 11) - 1,
            window_bits: 8 + self.window % 8,
            mem_level: i32::from(self.memory % 9) + 1,
            strategy: i32::from(self.strategy % 5),
            no_context_takeover: self.no_context_takeover,
        }
    }

    /// Deflate has no window of 8 bits: zlib uses 9 where 8 was agreed on.
    pub fn inflater(self) -> InflaterConfig {
        InflaterConfig {
            window_bits: self.deflater().window_bits.max(9),
            no_context_takeover: self.no_context_takeover,
        }
    }
}
