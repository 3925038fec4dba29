//! Every way in which a peer can break the protocol, made in one place.
//!
//! Each error has the text and the `WS_ERR_*` code that users of `ws` know, and the close code
//! that the peer is told.

use thiserror::Error;

/// A violation of the protocol, or of a limit, by the peer. It ends the decoder that returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// RSV2 or RSV3 is set although no extension defines them (RFC 6455 section 5.2).
    #[error("Invalid WebSocket frame: RSV2 and RSV3 must be clear")]
    ReservedBits,
    /// RSV1 is set where permessage-deflate does not allow it (RFC 7692 section 6).
    #[error("Invalid WebSocket frame: RSV1 must be clear")]
    UnexpectedRsv1,
    /// A reserved opcode, a continuation of nothing, or a new message inside another one.
    #[error("Invalid WebSocket frame: invalid opcode {0}")]
    InvalidOpcode(u8),
    /// A fragmented control frame (RFC 6455 section 5.5).
    #[error("Invalid WebSocket frame: FIN must be set")]
    FragmentedControlFrame,
    /// A control frame longer than 125 bytes, or a close frame with half a status code.
    #[error("Invalid WebSocket frame: invalid payload length {0}")]
    InvalidControlLength(u8),
    /// A frame to a server that is not masked (RFC 6455 section 5.1).
    #[error("Invalid WebSocket frame: MASK must be set")]
    ExpectedMask,
    /// A frame to a client that is masked (RFC 6455 section 5.1).
    #[error("Invalid WebSocket frame: MASK must be clear")]
    UnexpectedMask,
    /// A length that JavaScript cannot represent.
    #[error("Unsupported WebSocket frame: payload length > 2^53 - 1")]
    UnsupportedLength,
    /// The message, or what it inflates to, is larger than `maxPayload`.
    #[error("Max payload size exceeded")]
    MessageTooLarge,
    /// There is no memory for the message.
    #[error("Not enough memory for the message")]
    OutOfMemory,
    /// The message has more fragments than `maxFragments`.
    #[error("Too many message fragments")]
    TooManyFragments,
    /// A frame arrives in more pieces than `maxBufferedChunks`.
    #[error("Too many buffered chunks")]
    TooManyChunks,
    /// With it, the messages that the process has received a part of would take more than
    /// `maxInboundBytes`. Not the peer's fault: it may try again later.
    #[error("Too many bytes of unfinished messages in this process")]
    TooManyPartialBytes,
    /// A text message or a close reason that is not UTF-8 (RFC 6455 section 8.1).
    #[error("Invalid WebSocket frame: invalid UTF-8 sequence")]
    InvalidUtf8,
    /// A close code that must not be sent (RFC 6455 section 7.4).
    #[error("Invalid WebSocket frame: invalid status code {0}")]
    InvalidCloseCode(u16),
    /// The compressed data is not a valid deflate stream (RFC 7692 section 7.2.2).
    #[error("{0}")]
    Inflate(&'static str),
}

impl ProtocolError {
    /// The `code` of the JavaScript error.
    pub fn code(self) -> &'static str {
        match self {
            Self::ReservedBits => "WS_ERR_UNEXPECTED_RSV_2_3",
            Self::UnexpectedRsv1 => "WS_ERR_UNEXPECTED_RSV_1",
            Self::InvalidOpcode(_) => "WS_ERR_INVALID_OPCODE",
            Self::FragmentedControlFrame => "WS_ERR_EXPECTED_FIN",
            Self::InvalidControlLength(_) => "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
            Self::ExpectedMask => "WS_ERR_EXPECTED_MASK",
            Self::UnexpectedMask => "WS_ERR_UNEXPECTED_MASK",
            Self::UnsupportedLength => "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
            Self::MessageTooLarge | Self::OutOfMemory => "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
            Self::TooManyFragments | Self::TooManyChunks => "WS_ERR_TOO_MANY_BUFFERED_PARTS",
            Self::TooManyPartialBytes => "WS_ERR_INBOUND_LIMIT",
            Self::InvalidUtf8 => "WS_ERR_INVALID_UTF8",
            Self::InvalidCloseCode(_) => "WS_ERR_INVALID_CLOSE_CODE",
            Self::Inflate(_) => "Z_DATA_ERROR",
        }
    }

    /// The status code for the close frame that answers the violation (RFC 6455 section 7.4.1).
    pub fn close_code(self) -> u16 {
        match self {
            Self::UnsupportedLength | Self::MessageTooLarge | Self::OutOfMemory => 1009,
            Self::TooManyFragments | Self::TooManyChunks => 1008,
            // "Try again later", of the registry that section 7.4.2 speaks of.
            Self::TooManyPartialBytes => 1013,
            Self::InvalidUtf8 | Self::Inflate(_) => 1007,
            _ => 1002,
        }
    }

    /// Whether JavaScript sees a `RangeError`; the others are plain `Error`s.
    pub fn is_range_error(self) -> bool {
        !matches!(self, Self::InvalidUtf8 | Self::Inflate(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_names_a_code_and_a_close_code() {
        assert_eq!(
            ProtocolError::InvalidOpcode(3).to_string(),
            "Invalid WebSocket frame: invalid opcode 3"
        );
        assert_eq!(ProtocolError::MessageTooLarge.close_code(), 1009);
        assert_eq!(
            ProtocolError::TooManyChunks.code(),
            ProtocolError::TooManyFragments.code()
        );
        assert!(!ProtocolError::InvalidUtf8.is_range_error());
    }
}
