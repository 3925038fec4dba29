//! UTF-8 validation of a message that arrives in pieces.
//!
//! The validator fails at the first byte that no continuation can make valid, without waiting for
//! the end of the message, so that a peer is answered while it is still sending (RFC 6455
//! section 8.1). It keeps at most three bytes between pieces.

/// Whether a complete sequence of bytes is valid UTF-8.
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    simdutf8::basic::from_utf8(bytes).is_ok()
}

/// The bytes so far can not become valid UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidUtf8;

/// Incremental, fail-fast UTF-8 validation.
#[derive(Debug, Default, Clone)]
pub struct Utf8Validator {
    /// The beginning of a character whose end has not arrived.
    partial: [u8; 4],
    partial_length: usize,
}

impl Utf8Validator {
    /// A validator at the beginning of a message.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the message.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), InvalidUtf8> {
        while self.partial_length > 0 {
            let Some((&first, rest)) = bytes.split_first() else {
                return Ok(());
            };
            bytes = rest;
            self.partial[self.partial_length] = first;
            self.partial_length += 1;
            match std::str::from_utf8(&self.partial[..self.partial_length]) {
                Ok(_) => self.partial_length = 0,
                Err(error) if error.error_len().is_some() => return Err(InvalidUtf8),
                Err(_) => {}
            }
        }
        match simdutf8::compat::from_utf8(bytes) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_some() => Err(InvalidUtf8),
            Err(error) => {
                let tail = &bytes[error.valid_up_to()..];
                self.partial[..tail.len()].copy_from_slice(tail);
                self.partial_length = tail.len();
                Ok(())
            }
        }
    }

    /// Ends the message: it must not stop in the middle of a character.
    pub fn finish(&mut self) -> Result<(), InvalidUtf8> {
        if std::mem::take(&mut self.partial_length) == 0 {
            Ok(())
        } else {
            Err(InvalidUtf8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn validate(pieces: &[&[u8]]) -> Result<(), InvalidUtf8> {
        let mut validator = Utf8Validator::new();
        for piece in pieces {
            validator.push(piece)?;
        }
        validator.finish()
    }

    #[test]
    fn a_character_may_be_split_at_every_byte() {
        let text = "aß水🍉\u{10FFFF}z".as_bytes();
        for cut in 0..=text.len() {
            assert_eq!(validate(&[&text[..cut], &text[cut..]]), Ok(()));
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(validate(&single), Ok(()));
    }

    #[test]
    fn it_fails_at_the_first_byte_that_nothing_can_mend() {
        // F4 90 is above U+10FFFF: the second byte already decides.
        let mut validator = Utf8Validator::new();
        assert_eq!(validator.push(&[0xf4]), Ok(()));
        assert_eq!(validator.push(&[0x90]), Err(InvalidUtf8));
        // ED A0 is a surrogate, C0 and FF begin nothing.
        for bad in [&[0xed, 0xa0][..], &[0xc0], &[0xff], &[0x61, 0x80]] {
            assert_eq!(Utf8Validator::new().push(bad), Err(InvalidUtf8));
        }
    }

    #[test]
    fn a_message_must_not_end_within_a_character() {
        assert_eq!(validate(&[&[0xe2, 0x82]]), Err(InvalidUtf8));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_standard_library_in_any_chunking(
            bytes in prop_oneof![
                any::<String>().prop_map(String::into_bytes),
                proptest::collection::vec(any::<u8>(), 0..64),
                (any::<String>(), any::<u8>(), any::<prop::sample::Index>()).prop_map(|(text, byte, at)| {
                    let mut bytes = text.into_bytes();
                    let at = at.index(bytes.len() + 1);
                    bytes.insert(at, byte);
                    bytes
                }),
            ],
            size in 1usize..9,
        ) {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            prop_assert_eq!(validate(&pieces).is_ok(), std::str::from_utf8(&bytes).is_ok());
        }
    }
}
