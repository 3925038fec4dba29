//! The headers of the opening handshake (RFC 6455 section 4 and section 9.1).
//!
//! Every parser here reads its input once, from left to right: a header of 64 KiB costs linear
//! time. Positions in errors are counted in bytes; a header value is Latin-1 by then, so that
//! they equal JavaScript's.

use std::collections::HashSet;

use thiserror::Error;

/// The value of `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 section 4.2.2).
pub fn accept_key(key: &str) -> String {
    tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes())
}

/// A malformed `Sec-WebSocket-Extensions` or `Sec-WebSocket-Protocol` header.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderError {
    #[error("Unexpected character at index {0}")]
    UnexpectedCharacter(usize),
    #[error("Unexpected end of input")]
    UnexpectedEnd,
    #[error("The \"{0}\" subprotocol is duplicated")]
    DuplicatedSubprotocol(String),
}

/// A parameter of an extension: its name and, unless it is a bare flag, its value.
pub type Parameter = (String, Option<String>);

/// One offer of the `Sec-WebSocket-Extensions` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionOffer {
    pub name: String,
    pub parameters: Vec<Parameter>,
}

/// Parses `Sec-WebSocket-Extensions` into its offers, in the order of the header.
pub fn parse_extensions(header: &[u8]) -> Result<Vec<ExtensionOffer>, HeaderError> {
    let mut cursor = Cursor::new(header);
    let mut offers = Vec::new();
    loop {
        // `ws` refuses white space before the first name of the header and allows it elsewhere.
        if !offers.is_empty() {
            cursor.skip_white_space();
        }
        let mut offer = ExtensionOffer {
            name: cursor.token()?,
            parameters: Vec::new(),
        };
        let mut separator = cursor.separator()?;
        while separator == Separator::Semicolon {
            let (parameter, next) = cursor.parameter()?;
            offer.parameters.push(parameter);
            separator = next;
        }
        offers.push(offer);
        if separator == Separator::End {
            return Ok(offers);
        }
    }
}

/// Parses `Sec-WebSocket-Protocol` into the subprotocols, in the order of the header.
pub fn parse_subprotocols(header: &[u8]) -> Result<Vec<String>, HeaderError> {
    let mut cursor = Cursor::new(header);
    let mut protocols = Vec::new();
    let mut seen = HashSet::new();
    loop {
        if !protocols.is_empty() {
            cursor.skip_white_space();
        }
        let protocol = cursor.token()?;
        let separator = cursor.separator()?;
        if separator == Separator::Semicolon {
            return Err(HeaderError::UnexpectedCharacter(cursor.position - 1));
        }
        if !seen.insert(protocol.clone()) {
            return Err(HeaderError::DuplicatedSubprotocol(protocol));
        }
        protocols.push(protocol);
        if separator == Separator::End {
            return Ok(protocols);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Semicolon,
    Comma,
    End,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn unexpected<T>(&self) -> Result<T, HeaderError> {
        Err(match self.peek() {
            Some(_) => HeaderError::UnexpectedCharacter(self.position),
            None => HeaderError::UnexpectedEnd,
        })
    }

    /// Skips spaces and tabs; returns whether there were any.
    fn skip_white_space(&mut self) -> bool {
        let start = self.position;
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.position += 1;
        }
        self.position > start
    }

    /// A token (RFC 9110 section 5.6.2) of at least one character.
    fn token(&mut self) -> Result<String, HeaderError> {
        let start = self.position;
        while self.peek().is_some_and(is_token_character) {
            self.position += 1;
        }
        if self.position == start {
            return self.unexpected();
        }
        Ok(String::from_utf8_lossy(&self.bytes[start..self.position]).into_owned())
    }

    /// What stands between two elements. White space may come before it, but not before the end.
    fn separator(&mut self) -> Result<Separator, HeaderError> {
        let spaced = self.skip_white_space();
        let separator = match self.peek() {
            Some(b';') => Separator::Semicolon,
            Some(b',') => Separator::Comma,
            None if !spaced => return Ok(Separator::End),
            _ => return self.unexpected(),
        };
        self.position += 1;
        Ok(separator)
    }

    fn parameter(&mut self) -> Result<(Parameter, Separator), HeaderError> {
        self.skip_white_space();
        let name = self.token()?;
        if self.peek() != Some(b'=') {
            let separator = self.separator()?;
            return Ok(((name, None), separator));
        }
        self.position += 1;
        let value = if self.peek() == Some(b'"') {
            self.quoted_token()?
        } else {
            self.token()?
        };
        let separator = self.separator()?;
        Ok(((name, Some(value)), separator))
    }

    /// A quoted string, whose content must be a token once it is unescaped (RFC 6455 section 9.1).
    fn quoted_token(&mut self) -> Result<String, HeaderError> {
        self.position += 1;
        let mut value = String::new();
        loop {
            match self.peek() {
                Some(b'"') if !value.is_empty() => {
                    self.position += 1;
                    return Ok(value);
                }
                Some(b'\\') => {
                    self.position += 1;
                    match self.peek() {
                        Some(byte) if is_token_character(byte) => value.push(char::from(byte)),
                        _ => return self.unexpected(),
                    }
                }
                Some(byte) if is_token_character(byte) => value.push(char::from(byte)),
                _ => return self.unexpected(),
            }
            self.position += 1;
        }
    }
}

pub(super) fn is_token_character(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`'
            | b'|' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extensions(header: &str) -> Result<Vec<ExtensionOffer>, HeaderError> {
        parse_extensions(header.as_bytes())
    }

    #[test]
    fn the_accept_key_of_the_rfc() {
        assert_eq!(
            accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn offers_keep_their_order_and_their_parameters() {
        let offers = extensions("a; x=1; y, b ;z=\"q\\r\", a").unwrap();
        let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "a"]);
        assert_eq!(
            offers[0].parameters,
            [("x".into(), Some("1".into())), ("y".into(), None)]
        );
        assert_eq!(offers[1].parameters, [("z".into(), Some("qr".into()))]);
    }

    #[test]
    fn malformed_headers_name_the_place() {
        use HeaderError::{UnexpectedCharacter, UnexpectedEnd};
        for (header, error) in [
            ("", UnexpectedEnd),
            (" a", UnexpectedCharacter(0)),
            ("a b", UnexpectedCharacter(2)),
            ("a,", UnexpectedEnd),
            ("a ", UnexpectedEnd),
            ("a;", UnexpectedEnd),
            ("a;b=", UnexpectedEnd),
            ("a;b=\"", UnexpectedEnd),
            ("a;b=\"\"", UnexpectedCharacter(5)),
            ("a;b=\"x y\"", UnexpectedCharacter(6)),
            ("a;b=\"x\"y", UnexpectedCharacter(7)),
            ("a,,b", UnexpectedCharacter(2)),
            ("a;=b", UnexpectedCharacter(2)),
            ("a\u{e9}", UnexpectedCharacter(1)),
        ] {
            assert_eq!(extensions(header), Err(error), "{header:?}");
        }
    }

    #[test]
    fn subprotocols_are_tokens_without_duplicates() {
        assert_eq!(
            parse_subprotocols(b"chat , super\t,x"),
            Ok(vec!["chat".into(), "super".into(), "x".into()])
        );
        assert_eq!(
            parse_subprotocols(b"a, b, a"),
            Err(HeaderError::DuplicatedSubprotocol("a".into()))
        );
        assert_eq!(parse_subprotocols(b"a "), Err(HeaderError::UnexpectedEnd));
        assert_eq!(
            parse_subprotocols(b"a;b"),
            Err(HeaderError::UnexpectedCharacter(1))
        );
    }

    #[test]
    fn a_long_header_takes_linear_time() {
        let start = std::time::Instant::now();
        for unit in ["a,", "a;b=\"\\c\",", "a;b;", "a\t \t,"] {
            let header = unit.repeat(64 * 1024 / unit.len());
            let _ = extensions(&header);
        }
        let _ = parse_subprotocols("ab, ".repeat(16 * 1024).as_bytes());
        assert!(start.elapsed() < std::time::Duration::from_secs(2));
    }
}
