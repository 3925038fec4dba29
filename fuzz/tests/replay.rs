//! The targets without a fuzzer: the corpus, and bytes from a generator that is always the same.

use std::path::Path;

use arbitrary::{Arbitrary, Unstructured};

/// Plays the corpus of a target, and `generated` inputs.
fn replay<I: for<'a> Arbitrary<'a>>(target: &str, generated: u32, check: fn(I)) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(here.join("corpus").join(target)).expect("a corpus");
    for file in files {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("a file that can be read");
        if let Ok(input) = I::arbitrary_take_rest(Unstructured::new(&bytes)) {
            check(input);
        }
    }
    let mut random = SplitMix(0x5eed);
    for i in 0..generated {
        let length = random.next() as usize % (1 << (4 + i % 9));
        let bytes: Vec<u8> = (0..length).map(|_| random.byte()).collect();
        if let Ok(input) = I::arbitrary_take_rest(Unstructured::new(&bytes)) {
            check(input);
        }
    }
}

/// A generator of 64-bit numbers ("SplitMix64").
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Mostly small numbers and text, which structured inputs make more of than of any bytes.
    fn byte(&mut self) -> u8 {
        let number = self.next();
        let byte = (number >> 8) as u8;
        match number % 4 {
            0 => byte,
            1 => byte % 4,
            2 => byte & 1,
            _ => byte % 96 + 32,
        }
    }
}

#[test]
fn decoder() {
    replay("decoder", 6000, hawser_fuzz::decoder::check);
}

#[test]
fn inflater() {
    replay("inflater", 6000, hawser_fuzz::inflater::check);
}

#[test]
fn headers() {
    replay("headers", 20_000, hawser_fuzz::headers::check);
}

#[test]
fn round_trip() {
    replay("round_trip", 4000, hawser_fuzz::round_trip::check);
}

#[test]
fn connection() {
    replay("connection", 4000, hawser_fuzz::connection::check);
}
