//! The opening handshake: the client's request is always the same, and so is the key that answers it. The server's side
//! is there for the runs in which clients are measured.

use crate::fault::{Fault, Result};
use crate::options::Deflate;

/// The answer to the key of 16 zero bytes.
const ACCEPT: &str = "ICX+Yqv66kxgM0FcWaLWlFLwTAI=";

/// What the server agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) deflate: bool,
    pub(crate) server_takeover: bool,
    pub(crate) client_takeover: bool,
}

pub(crate) fn request(deflate: Deflate) -> Vec<u8> {
    let offer = match deflate {
        Deflate::Off => "",
        Deflate::Takeover => "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        Deflate::NoTakeover => {
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n"
        }
    };

    format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n"
    )
    .into_bytes()
}

/// Where a head ends in `bytes`, if it is all there.
pub(crate) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// Reads the server's answer, a whole head.
pub(crate) fn read_response(head: &[u8]) -> Result<Agreed> {
    let text = std::str::from_utf8(head).map_err(|_| Fault::new("the response is not text"))?;

    if !text.starts_with("HTTP/1.1 101 ") {
        return Err(Fault::new(format!(
            "not upgraded: {}",
            text.lines().next().unwrap_or("")
        )));
    }
    if field(text, "sec-websocket-accept") != Some(ACCEPT) {
        return Err(Fault::new(
            "the response has the wrong Sec-WebSocket-Accept",
        ));
    }

    let extensions = field(text, "sec-websocket-extensions").unwrap_or("");

    Ok(Agreed {
        deflate: extensions.contains("permessage-deflate"),
        server_takeover: !extensions.contains("server_no_context_takeover"),
        client_takeover: !extensions.contains("client_no_context_takeover"),
    })
}

/// The answer to a client's request, a whole head.
pub(crate) fn response(head: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(head).map_err(|_| Fault::new("the request is not text"))?;
    let key = field(text, "sec-websocket-key")
        .ok_or_else(|| Fault::new("the request has no Sec-WebSocket-Key"))?;
    let accept = accept_for(key);

    Ok(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes())
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

fn accept_for(key: &str) -> String {
    let digest = sha1_smol::Sha1::from(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
        .digest()
        .bytes();
    base64(&digest)
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();

    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));

        for position in 0..4 {
            if position <= group.len() {
                out.push(char::from(
                    ALPHABET[(bits >> (18 - 6 * position) & 63) as usize],
                ));
            } else {
                out.push('=');
            }
        }
    }

    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_key_of_the_rfc() {
        assert_eq!(
            accept_for("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
        assert_eq!(accept_for("AAAAAAAAAAAAAAAAAAAAAA=="), ACCEPT);
    }

    #[test]
    fn what_was_agreed_is_read() {
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\
             Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n"
        );
        let agreed = Agreed {
            deflate: true,
            server_takeover: false,
            client_takeover: true,
        };

        assert_eq!(read_response(head.as_bytes()).unwrap(), agreed);
        assert!(read_response(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_err());
    }
}
