//! The request of the opening handshake (RFC 6455 section 4.2.1), as nearly every client sends it.
//!
//! This is not an HTTP parser. It knows one kind of request: one that is complete, of which every
//! byte is beyond doubt, and which a server accepts. Whatever is anything else is not judged here:
//! Node's HTTP server does that, which has seen none of the bytes yet.

use super::handshake::is_token_character;

/// A longer head is left to Node, which has a limit and an answer for it.
pub const MAX_REQUEST_HEAD: usize = 8 * 1024;

/// Node drops the rest of more headers than its own limit.
const MAX_HEADERS: usize = 100;

/// The value of a `Sec-WebSocket-Key` header: sixteen bytes in base64.
pub type HandshakeKey = [u8; 24];

/// A request that asks for a WebSocket and has nothing unusual about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpgradeRequest {
    /// The length of the head, with the empty line.
    pub length: usize,
    /// Where the target ends, which begins behind `GET `.
    pub target_end: usize,
    pub key: HandshakeKey,
    /// There is a `Sec-WebSocket-Extensions` header.
    pub offers_extensions: bool,
    /// There is a `Sec-WebSocket-Protocol` header.
    pub offers_protocols: bool,
}

/// Where the target of a request begins.
const TARGET_START: usize = b"GET ".len();

impl UpgradeRequest {
    /// Reads the request that `bytes` begin with. `None` if it is incomplete, or somebody else is to
    /// look at it.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = &bytes[..bytes.len().min(MAX_REQUEST_HEAD)];
        let mut lines = Lines { bytes, position: 0 };
        let target_end = target_end(lines.next()?)?;
        let mut headers = Headers::default();
        loop {
            let line = lines.next()?;
            if line.is_empty() {
                break;
            }
            headers.take(line)?;
        }
        headers.finish(lines.position, target_end)
    }
}

/// The lines of a head, which all end with CR LF and have no other control characters, not even
/// tabs, and nothing beyond ASCII.
struct Lines<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.position..];
        let length = rest.iter().position(|byte| !(b' '..=b'~').contains(byte))?;
        if !rest[length..].starts_with(b"\r\n") {
            return None;
        }
        self.position += length + 2;
        Some(&rest[..length])
    }
}

/// Where the target of a request line ends.
fn target_end(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"GET ")?;
    let target = rest.strip_suffix(b" HTTP/1.1")?;
    let is_plain = target.starts_with(b"/") && target.iter().copied().all(is_target_character);
    is_plain.then_some(TARGET_START + target.len())
}

/// The characters of a path and a query (RFC 3986 section 3.3 and 3.4).
fn is_target_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=%".contains(&byte)
}

/// What the headers have said.
#[derive(Default)]
struct Headers {
    count: usize,
    host: bool,
    upgrade: bool,
    connection: bool,
    version: bool,
    key: Option<HandshakeKey>,
    extensions: bool,
    protocols: bool,
}

impl Headers {
    /// Takes a line in; `None` if it is not for here.
    fn take(&mut self, line: &[u8]) -> Option<()> {
        self.count += 1;
        let colon = line.iter().position(|&byte| byte == b':')?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let is_name = !name.is_empty() && name.iter().copied().all(is_token_character);
        if !is_name || self.count > MAX_HEADERS {
            return None;
        }
        let mut lower = [0; LONGEST_NAME];
        let Some(lower) = lower.get_mut(..name.len()) else {
            // Longer than every name that means something here.
            return Some(());
        };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        match &*lower {
            b"host" => once(&mut self.host, !value.is_empty()),
            b"upgrade" => once(&mut self.upgrade, value.eq_ignore_ascii_case(b"websocket")),
            b"connection" => once(&mut self.connection, asks_for_upgrade(value)),
            b"sec-websocket-version" => {
                once(&mut self.version, matches!(value, b"13" | b"8"))
            }
            b"sec-websocket-key" => {
                let is_first = self.key.is_none();
                self.key = Some(key(value)?);
                is_first.then_some(())
            }
            b"sec-websocket-extensions" => once(&mut self.extensions, true),
            b"sec-websocket-protocol" => once(&mut self.protocols, true),
            // These say that there is a body, or want something of the server first.
            b"content-length" | b"transfer-encoding" | b"trailer" | b"expect"
            // HTTP/2, or what parsers take for `Connection`.
            | b"http2-settings" | b"proxy-connection" => None,
            _ => Some(()),
        }
    }

    fn finish(self, length: usize, target_end: usize) -> Option<UpgradeRequest> {
        let is_complete = self.host && self.upgrade && self.connection && self.version;
        let key = self.key.filter(|_| is_complete)?;
        Some(UpgradeRequest {
            length,
            target_end,
            key,
            offers_extensions: self.extensions,
            offers_protocols: self.protocols,
        })
    }
}

const LONGEST_NAME: usize = b"sec-websocket-extensions".len();

/// A header that may be there once, and only with a value that is in order.
fn once(seen: &mut bool, in_order: bool) -> Option<()> {
    let is_first = !std::mem::replace(seen, true);
    (is_first && in_order).then_some(())
}

/// Whether a `Connection` header asks for an upgrade, and for nothing that has another effect.
fn asks_for_upgrade(value: &[u8]) -> bool {
    let mut asks = false;
    for option in value.split(|&byte| byte == b',') {
        match option.trim_ascii() {
            option if option.eq_ignore_ascii_case(b"upgrade") => asks = true,
            option if option.eq_ignore_ascii_case(b"keep-alive") => {}
            _ => return false,
        }
    }
    asks
}

fn key(value: &[u8]) -> Option<HandshakeKey> {
    let is_base64 = |&byte: &u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let digits = value.strip_suffix(b"==")?;
    let key = HandshakeKey::try_from(value).ok()?;
    digits.iter().all(is_base64).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\n\
        Host: example.com\r\n\
        Upgrade: websocket\r\n\
        Connection: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Version: 13\r\n\r\n";

    fn read(text: &str) -> Option<UpgradeRequest> {
        UpgradeRequest::read(text.as_bytes())
    }

    /// The request with something replaced, which must be there.
    fn changed(from: &str, to: &str) -> Option<UpgradeRequest> {
        assert!(REQUEST.contains(from), "{from:?}");
        read(&REQUEST.replacen(from, to, 1))
    }

    fn with_header(line: &str) -> Option<UpgradeRequest> {
        changed("Host: ", &format!("{line}\r\nHost: "))
    }

    #[test]
    fn a_plain_request_is_read() {
        let request = read(REQUEST).unwrap();
        assert_eq!(request.length, REQUEST.len());
        assert_eq!(&REQUEST[4..request.target_end], "/chat?room=1");
        assert_eq!(&request.key, b"dGhlIHNhbXBsZSBub25jZQ==");
        assert!(!request.offers_extensions && !request.offers_protocols);
    }

    #[test]
    fn what_follows_the_head_is_not_part_of_it() {
        let request = read(&format!("{REQUEST}\u{81}more\r\n\r\n")).unwrap();
        assert_eq!(request.length, REQUEST.len());
    }

    #[test]
    fn offers_are_told() {
        let request = with_header("sec-websocket-extensions: permessage-deflate").unwrap();
        assert!(request.offers_extensions && !request.offers_protocols);
        let request = with_header("Sec-WebSocket-Protocol: a, b").unwrap();
        assert!(!request.offers_extensions && request.offers_protocols);
    }

    #[test]
    fn names_and_some_values_have_no_case() {
        for (from, to) in [
            ("Upgrade: websocket", "UPGRADE:WebSocket"),
            ("Connection: keep-alive, Upgrade", "connection:upgrade  "),
            ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"),
        ] {
            assert!(changed(from, to).is_some(), "{to}");
        }
    }

    #[test]
    fn headers_that_mean_nothing_here_pass() {
        for line in [
            "Cookie: a=b; c=\"d\"",
            "Empty:",
            "Origin: null",
            "X: a",
            "X: b",
        ] {
            assert!(with_header(line).is_some(), "{line}");
        }
    }

    #[test]
    fn an_incomplete_request_is_not_read() {
        for length in 0..REQUEST.len() {
            assert_eq!(read(&REQUEST[..length]), None, "{length}");
        }
    }

    #[test]
    fn an_unusual_request_line_is_left_to_node() {
        for line in [
            "POST /chat?room=1 HTTP/1.1",
            "get /chat?room=1 HTTP/1.1",
            "GET /chat?room=1 HTTP/1.0",
            "GET  /chat?room=1 HTTP/1.1",
            "GET /chat room=1 HTTP/1.1",
            "GET /chat?room=1 HTTP/1.1 ",
            "GET http://example.com/ HTTP/1.1",
            "GET * HTTP/1.1",
            "GET /#fragment HTTP/1.1",
            "GET /\u{e9} HTTP/1.1",
            "\r\nGET / HTTP/1.1",
        ] {
            assert_eq!(changed("GET /chat?room=1 HTTP/1.1", line), None, "{line}");
        }
    }

    #[test]
    fn unusual_headers_are_left_to_node() {
        for line in [
            "Content-Length: 0",
            "transfer-encoding: chunked",
            "Trailer: X",
            "Expect: 100-continue",
            "HTTP2-Settings: AAMAAABkAAQAAP__",
            "Proxy-Connection: Upgrade",
            "Host: again",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            "No colon",
            ": no name",
            "A name: x",
            "Name : x",
            " Folded: x",
            "X: a\r\n folded",
            "X: tab\there",
            "X: \u{e9}",
            "X: a\nY: b",
            "X: a\rY: b",
            "X: \0",
        ] {
            assert_eq!(with_header(line), None, "{line:?}");
        }
        let twice = "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b";
        assert_eq!(with_header(twice), None);
    }

    #[test]
    fn unusual_values_are_left_to_node() {
        for (from, to) in [
            ("example.com", ""),
            ("websocket", "websocket, h2c"),
            ("keep-alive, Upgrade", "keep-alive"),
            ("keep-alive, Upgrade", "close, Upgrade"),
            ("keep-alive, Upgrade", "Upgrade,"),
            ("Version: 13", "Version: 13.0"),
            ("Version: 13", "Version: 7"),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ="),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQA="),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ===="),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ-=="),
        ] {
            assert_eq!(changed(from, to), None, "{to}");
        }
    }

    #[test]
    fn every_header_of_a_handshake_is_needed() {
        let (_, headers) = REQUEST.split_once("\r\n").unwrap();
        for line in headers.lines().filter(|line| !line.is_empty()) {
            assert_eq!(changed(&format!("{line}\r\n"), ""), None, "{line}");
        }
    }

    #[test]
    fn a_long_head_is_left_to_node() {
        let room = MAX_REQUEST_HEAD - REQUEST.len() - "X: \r\n".len();
        let fits = format!("X: {}", "x".repeat(room));
        assert_eq!(with_header(&fits).unwrap().length, MAX_REQUEST_HEAD);
        assert_eq!(with_header(&format!("{fits}x")), None);
    }

    #[test]
    fn many_headers_are_left_to_node() {
        let fits = vec!["X: y"; MAX_HEADERS - 5].join("\r\n");
        assert!(with_header(&fits).is_some());
        assert_eq!(with_header(&format!("{fits}\r\nX: y")), None);
    }

    proptest! {
        #[test]
        fn whatever_bytes_come_none_of_them_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert_eq!(UpgradeRequest::read(&bytes), None);
        }

        #[test]
        fn a_changed_byte_is_noticed_or_harmless(at in 0..REQUEST.len(), byte: u8) {
            let mut bytes = REQUEST.as_bytes().to_vec();
            bytes[at] = byte;
            if let Some(request) = UpgradeRequest::read(&bytes) {
                prop_assert_eq!(request.length, REQUEST.len());
                let head = &bytes[..request.length];
                prop_assert!(head.is_ascii());
                prop_assert!(head.iter().all(|&byte| byte >= b' ' || byte == b'\r' || byte == b'\n'));
            }
        }
    }
}
