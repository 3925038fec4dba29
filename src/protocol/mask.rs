//! Masking of payloads (RFC 6455 section 5.3).
//!
//! The key is applied a machine word at a time, in wider steps where the processor has them
//! (found out at run time). A payload may arrive in pieces: `offset` says how many of its bytes
//! came before, so that the key goes on where it stopped. Keys for outgoing frames come from the
//! operating system's random source, as the RFC asks for unpredictable ones.
//!
//! The only `unsafe` here calls the wide variants after the processor said that it has the
//! instructions (the loops themselves are the same safe code, compiled for them), and sees bytes as
//! bytes that may be uninitialized, which they never are.

use std::cell::RefCell;
use std::mem::MaybeUninit;

/// The four bytes a frame is masked with.
pub type MaskKey = [u8; 4];

/// Masks or unmasks `data` in place.
///
/// `offset` is the position of `data[0]` within the frame's payload; only its value modulo 4
/// matters.
pub fn apply_mask(data: &mut [u8], key: MaskKey, offset: usize) {
    if key == [0; 4] {
        return;
    }
    let mut key = key;
    key.rotate_left(offset & 3);
    if data.len() < WIDE_FROM {
        xor_in_place(data, key);
    } else {
        xor_wide(data, key);
    }
}

/// Masks or unmasks `source` on its way to `target`: one pass over memory instead of two.
///
/// # Panics
///
/// If the two differ in length.
pub fn copy_masked(source: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    assert_eq!(
        source.len(),
        target.len(),
        "a copy is as long as its source"
    );
    if key == [0; 4] {
        // SAFETY: `MaybeUninit<u8>` has the layout of `u8`, and may hold anything.
        let source = unsafe { std::slice::from_raw_parts(source.as_ptr().cast(), source.len()) };
        target.copy_from_slice(source);
    } else if source.len() < WIDE_FROM {
        xor_copy(source, target, key);
    } else {
        xor_copy_wide(source, target, key);
    }
}

/// A fresh, unpredictable masking key.
///
/// Keys are drawn from a pool which is refilled with one call to the operating system.
pub fn random_mask_key() -> MaskKey {
    thread_local! {
        static POOL: RefCell<KeyPool> = const { RefCell::new(KeyPool::empty()) };
    }
    POOL.with(|pool| pool.borrow_mut().next())
}

const WIDE_FROM: usize = 64;
const POOL_BYTES: usize = 4096;

struct KeyPool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

impl KeyPool {
    const fn empty() -> Self {
        Self {
            bytes: [0; POOL_BYTES],
            used: POOL_BYTES,
        }
    }

    fn next(&mut self) -> MaskKey {
        if self.used == POOL_BYTES {
            // Without randomness a client must not send: a predictable key defeats its purpose.
            // Whoever calls catches the panic: it fails that one call, not the process.
            getrandom::fill(&mut self.bytes).expect("the operating system gives random bytes");
            self.used = 0;
        }
        let slot = &mut self.bytes[self.used..self.used + 4];
        let mut key = [0; 4];
        // A key leaves the pool for good, so that a later reader of memory does not find it.
        key.swap_with_slice(slot);
        self.used += 4;
        key
    }
}

#[inline(always)]
fn key_word(key: MaskKey) -> u64 {
    u64::from_ne_bytes([
        key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3],
    ])
}

#[inline(always)]
fn xor_in_place(data: &mut [u8], key: MaskKey) {
    let word = key_word(key);
    let mut words = data.chunks_exact_mut(8);
    for chunk in &mut words {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_ne_bytes(bytes) ^ word).to_ne_bytes());
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[inline(always)]
fn xor_copy(source: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    let word = key_word(key);
    let (from, from_rest) = source.as_chunks::<8>();
    let (to, to_rest) = target.as_chunks_mut::<8>();
    for (from, to) in from.iter().zip(to) {
        let masked = u64::from_ne_bytes(*from) ^ word;
        *to = masked.to_ne_bytes().map(MaybeUninit::new);
    }
    let keys = key.iter().cycle();
    for ((from, to), key) in from_rest.iter().zip(to_rest).zip(keys) {
        to.write(from ^ key);
    }
}

#[cfg(target_arch = "x86_64")]
fn xor_wide(data: &mut [u8], key: MaskKey) {
    #[target_feature(enable = "avx2")]
    fn with_avx2(data: &mut [u8], key: MaskKey) {
        xor_in_place(data, key);
    }

    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to support AVX2.
        unsafe { with_avx2(data, key) }
    } else {
        xor_in_place(data, key);
    }
}

#[cfg(target_arch = "x86_64")]
fn xor_copy_wide(source: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    #[target_feature(enable = "avx2")]
    fn with_avx2(source: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
        xor_copy(source, target, key);
    }

    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to support AVX2.
        unsafe { with_avx2(source, target, key) }
    } else {
        xor_copy(source, target, key);
    }
}

/// On the other targets the baseline already has 128-bit vectors, or no wider ones to choose.
#[cfg(not(target_arch = "x86_64"))]
fn xor_wide(data: &mut [u8], key: MaskKey) {
    xor_in_place(data, key);
}

#[cfg(not(target_arch = "x86_64"))]
fn xor_copy_wide(source: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    xor_copy(source, target, key);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference(data: &[u8], key: MaskKey, offset: usize) -> Vec<u8> {
        data.iter()
            .enumerate()
            .map(|(i, byte)| byte ^ key[(i + offset) & 3])
            .collect()
    }

    /// Miri is too slow for every length and alignment.
    const STEP: usize = if cfg!(miri) { 7 } else { 1 };

    fn lengths() -> impl Iterator<Item = usize> {
        let long = [127, 128, 129, 255, 256, 300];
        (0..80).step_by(STEP).chain(long)
    }

    #[test]
    fn every_alignment_length_and_phase_is_masked_right() {
        let key = [0x11, 0x22, 0x44, 0x88];
        let source: Vec<u8> = (0..400u32).map(|i| (i * 7) as u8).collect();
        for start in (0..32).step_by(STEP) {
            for length in lengths() {
                for offset in 0..4 {
                    let mut copy = source.clone();
                    apply_mask(&mut copy[start..start + length], key, offset);
                    let mut expected = source.clone();
                    expected[start..start + length].copy_from_slice(&reference(
                        &source[start..start + length],
                        key,
                        offset,
                    ));
                    assert_eq!(copy, expected, "start {start} length {length} {offset}");
                }
            }
        }
    }

    #[test]
    fn a_copy_is_masked_like_bytes_in_place() {
        let source: Vec<u8> = (0..400u32).map(|i| (i * 7) as u8).collect();
        for key in [[0x11, 0x22, 0x44, 0x88], [0; 4]] {
            for start in (0..16).step_by(STEP) {
                for length in lengths() {
                    let bytes = &source[start..start + length];
                    let mut copy = Vec::with_capacity(length);
                    copy_masked(bytes, &mut copy.spare_capacity_mut()[..length], key);
                    crate::protocol::commit_spare(&mut copy, length);
                    assert_eq!(
                        copy,
                        reference(bytes, key, 0),
                        "start {start} length {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn keys_differ() {
        let keys: std::collections::HashSet<MaskKey> =
            (0..5000).step_by(STEP).map(|_| random_mask_key()).collect();
        assert!(keys.len() > 4990 / STEP);
    }

    proptest! {
        #[test]
        fn pieces_equal_the_whole(
            data in proptest::collection::vec(any::<u8>(), 0..500),
            key in any::<[u8; 4]>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let expected = reference(&data, key, 0);
            let cut = cut.index(data.len() + 1);
            let mut pieces = data;
            let (first, second) = pieces.split_at_mut(cut);
            apply_mask(first, key, 0);
            apply_mask(second, key, cut);
            prop_assert_eq!(pieces, expected);
        }
    }
}
