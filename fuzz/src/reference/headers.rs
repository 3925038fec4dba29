//! Handshake headers (RFC 6455 section 9.1), by cutting them at their separators: within quotes
//! there must be a token, too, and a token has none.

use std::collections::HashSet;

use hawser::protocol::{ExtensionOffer, Parameter};

/// A token (RFC 9110 section 5.6.2).
pub fn is_token(text: &[u8]) -> bool {
    let delimiters = b"\"(),/:;<=>?@[\\]{}";
    !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_graphic() && !delimiters.contains(byte))
}

/// The offers of a `Sec-WebSocket-Extensions` header; `None` if it is malformed.
pub fn offers(header: &[u8]) -> Option<Vec<ExtensionOffer>> {
    if !begins_and_ends_with_text(header) {
        return None;
    }
    header.split(|&byte| byte == b',').map(offer).collect()
}

/// The subprotocols of a `Sec-WebSocket-Protocol` header; `None` if it is malformed.
pub fn subprotocols(header: &[u8]) -> Option<Vec<String>> {
    if !begins_and_ends_with_text(header) {
        return None;
    }
    let protocols: Vec<String> = header
        .split(|&byte| byte == b',')
        .map(|element| token(trim(element)))
        .collect::<Option<_>>()?;
    let different: HashSet<&String> = protocols.iter().collect();
    (different.len() == protocols.len()).then_some(protocols)
}

/// `ws` wants no white space at the ends of a header.
fn begins_and_ends_with_text(header: &[u8]) -> bool {
    trim(header).len() == header.len()
}

fn offer(element: &[u8]) -> Option<ExtensionOffer> {
    let mut parts = element.split(|&byte| byte == b';').map(trim);
    let name = token(parts.next()?)?;
    let parameters = parts.map(parameter).collect::<Option<_>>()?;
    Some(ExtensionOffer { name, parameters })
}

fn parameter(text: &[u8]) -> Option<Parameter> {
    let Some(equals) = text.iter().position(|&byte| byte == b'=') else {
        return Some((token(text)?, None));
    };
    let (name, value) = (token(&text[..equals])?, &text[equals + 1..]);
    let value = match value.strip_prefix(b"\"") {
        Some(quoted) => token(&unescape(quoted.strip_suffix(b"\"")?)?)?,
        None => token(value)?,
    };
    Some((name, Some(value)))
}

/// What stands behind backslashes stands for itself.
fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { *bytes.next()? } else { byte });
    }
    Some(plain)
}

fn token(text: &[u8]) -> Option<String> {
    is_token(text).then(|| text.iter().copied().map(char::from).collect())
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
