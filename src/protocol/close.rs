//! The body of a close frame (RFC 6455 section 5.5.1 and section 7.4).

use super::{ProtocolError, utf8};

/// What is reported when a close frame carries no status code (RFC 6455 section 7.1.5).
pub const NO_STATUS: u16 = 1005;

/// Whether a status code may appear in a close frame: the codes that RFC 6455 and IANA define for
/// the wire, and the ranges for libraries (3000 to 3999) and applications (4000 to 4999).
pub fn is_valid_status_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Splits the body of a close frame into status code and reason.
///
/// A body of one byte has been refused before, with the frame's header.
pub(super) fn parse_close_body(
    body: &[u8],
    skip_utf8_validation: bool,
) -> Result<(u16, &[u8]), ProtocolError> {
    let Some((code, reason)) = body.split_first_chunk::<2>() else {
        return Ok((NO_STATUS, &[]));
    };
    let code = u16::from_be_bytes(*code);
    if !is_valid_status_code(code) {
        return Err(ProtocolError::InvalidCloseCode(code));
    }
    if !skip_utf8_validation && !utf8::is_utf8(reason) {
        return Err(ProtocolError::InvalidUtf8);
    }
    Ok((code, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_are_only_for_local_use_are_invalid() {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert!(!is_valid_status_code(code), "{code}");
        }
        for code in [1000, 1003, 1007, 1014, 3000, 4999] {
            assert!(is_valid_status_code(code), "{code}");
        }
    }

    #[test]
    fn an_empty_body_means_no_status() {
        assert_eq!(parse_close_body(&[], false), Ok((NO_STATUS, &[][..])));
    }

    #[test]
    fn a_reason_must_be_utf8_unless_validation_is_off() {
        let body = [0x03, 0xe8, 0xff];
        assert_eq!(
            parse_close_body(&body, false),
            Err(ProtocolError::InvalidUtf8)
        );
        assert_eq!(parse_close_body(&body, true), Ok((1000, &[0xff][..])));
    }
}
