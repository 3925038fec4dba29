//! What messages are made of. A payload depends on its kind, size and number alone, so that a server can be asked for
//! one and what comes back can be compared byte by byte.

/// The content of messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Binary,
    Ascii,
    /// Text of characters that take one to four bytes.
    NonAscii,
    /// Records as an API would send them; what permessage-deflate is for.
    Json,
}

impl Kind {
    pub(crate) fn is_text(self) -> bool {
        self != Self::Binary
    }
}

/// Builds payload `number` of a kind, of exactly `size` bytes.
pub(crate) fn build(kind: Kind, size: usize, number: usize) -> Vec<u8> {
    match kind {
        // The download servers build number 0 of this too.
        Kind::Binary => (0..size)
            .map(|i| (i * 31 + number * 17 + i / 256) as u8)
            .collect(),
        Kind::Ascii => (0..size)
            .map(|i| b' ' + ((i * 7 + number * 13 + i / 95) % 95) as u8)
            .collect(),
        Kind::NonAscii => non_ascii(size, number),
        Kind::Json => json(size, number),
    }
}

const PHRASES: [&str; 7] = [
    "Grüße aus Zürich, ",
    "Привет из Москвы, ",
    "東京からこんにちは、",
    "naïve café, ",
    "😀🚀 ",
    "Καλημέρα κόσμε, ",
    "plain words between them, ",
];

fn non_ascii(size: usize, number: usize) -> Vec<u8> {
    let mut text = String::with_capacity(size + 64);
    let mut phrase = number;

    while text.len() < size {
        text.push_str(PHRASES[phrase % PHRASES.len()]);
        phrase += 1;
    }

    let mut end = size;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);

    let mut bytes = text.into_bytes();
    bytes.resize(size, b'.');
    bytes
}

const EVENTS: [&str; 5] = ["created", "updated", "viewed", "purchased", "removed"];
const NAMES: [&str; 6] = [
    "Ada Lovelace",
    "Alan Turing",
    "Grace Hopper",
    "Edsger Dijkstra",
    "Barbara Liskov",
    "Tony Hoare",
];

fn json(size: usize, number: usize) -> Vec<u8> {
    let mut random =
        0x9e37_79b9_7f4a_7c15_u64 ^ (number as u64 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mut next = |limit: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % limit
    };
    let mut text = String::from("[");

    while text.len() < size {
        let record = format!(
            "{{\"id\":{},\"event\":\"{}\",\"at\":\"2026-{:02}-{:02}T{:02}:{:02}:{:02}Z\",\"user\":{{\"id\":{},\"name\":\"{}\"}},\
             \"position\":{{\"lat\":{}.{:06},\"lon\":{}.{:06}}},\"amount\":{}.{:02},\"tags\":[\"t{}\",\"t{}\"],\"seen\":{}}},",
            next(100_000_000),
            EVENTS[next(5) as usize],
            1 + next(12),
            1 + next(28),
            next(24),
            next(60),
            next(60),
            next(1_000_000),
            NAMES[next(6) as usize],
            next(90),
            next(1_000_000),
            next(180),
            next(1_000_000),
            next(10_000),
            next(100),
            next(50),
            next(50),
            next(2) == 1,
        );
        text.push_str(&record);
    }

    text.truncate(size);
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_have_their_size_and_differ_by_number() {
        for kind in [Kind::Binary, Kind::Ascii, Kind::NonAscii, Kind::Json] {
            for size in [0, 1, 16, 125, 1024, 70_000] {
                assert_eq!(build(kind, size, 3).len(), size);
            }
            assert_ne!(build(kind, 64, 0), build(kind, 64, 1), "{kind:?}");
        }
    }

    #[test]
    fn text_is_valid_utf8_at_every_size() {
        for size in 0..200 {
            assert!(String::from_utf8(build(Kind::NonAscii, size, size)).is_ok());
        }
    }
}
