//! The headers of the opening handshake, and the requests that are answered without Node.
//!
//! What a request parser accepts, `httparse` must read the same way, and it must obey the rules by
//! which Node's HTTP server and `ws` accept: all that is in doubt is left to them.

use arbitrary::Arbitrary;
use hawser::protocol::{
    ExtensionOffer, HeaderError, MAX_REQUEST_HEAD, UpgradeRequest, parse_extensions,
    parse_subprotocols,
};

use crate::reference;

#[derive(Debug, Arbitrary)]
pub enum Input {
    Extensions(Header),
    Subprotocols(Header),
    Request {
        lines: Vec<Line>,
        behind: Vec<u8>,
        damage: Vec<(u16, u8)>,
    },
    RawRequest(Vec<u8>),
}

/// A header value.
#[derive(Debug, Arbitrary)]
pub enum Header {
    Raw(Vec<u8>),
    Pieces(Vec<HeaderPiece>),
}

#[derive(Debug, Arbitrary)]
pub enum HeaderPiece {
    Name(u8),
    Comma,
    Semicolon,
    Equals,
    Quote,
    Backslash,
    Space,
    Tab,
    Quoted(u8),
    Byte(u8),
}

/// A line of a request; the request line and what has to be there come by themselves.
#[derive(Debug, Arbitrary)]
pub enum Line {
    /// One that has to be there is left out, or another comes in its place.
    Without(u8),
    Instead(u8, u8),
    Plain(u8, Vec<u8>),
    Odd(u8),
    Raw(Vec<u8>),
}

pub fn check(input: Input) {
    match input {
        Input::Extensions(header) => check_extensions(&header.bytes()),
        Input::Subprotocols(header) => check_subprotocols(&header.bytes()),
        Input::RawRequest(bytes) => {
            check_request(&bytes);
        }
        Input::Request {
            lines,
            behind,
            damage,
        } => {
            let mut request = write_request(&lines);
            let is_plain = lines.iter().all(Line::is_plain)
                && damage.is_empty()
                && lines.len() < 90
                && request.len() <= MAX_REQUEST_HEAD;
            let length = request.len();
            for (at, byte) in damage {
                if let Some(place) = request.get_mut(usize::from(at)) {
                    *place = byte;
                }
            }
            request.extend_from_slice(&behind);
            let read = check_request(&request);
            if is_plain {
                assert_eq!(read, Some(length), "a plain request is read");
            }
        }
    }
}

fn check_extensions(header: &[u8]) {
    let parsed = parse_extensions(header);
    assert_eq!(parsed.as_ref().ok(), reference::offers(header).as_ref());
    match parsed {
        Ok(offers) => assert_eq!(parse_extensions(&write_offers(&offers)), Ok(offers)),
        Err(error) => check_place(header, error, |header| parse_extensions(header).err()),
    }
}

fn check_subprotocols(header: &[u8]) {
    let parsed = parse_subprotocols(header);
    assert_eq!(
        parsed.as_ref().ok(),
        reference::subprotocols(header).as_ref()
    );
    match parsed {
        Ok(protocols) => {
            assert_eq!(
                parse_subprotocols(protocols.join(",").as_bytes()),
                Ok(protocols)
            );
        }
        Err(error) => check_place(header, error, |header| parse_subprotocols(header).err()),
    }
}

/// Up to the place of an error there is none: what is wrong with that much is only that it ends.
fn check_place(header: &[u8], error: HeaderError, parse: impl Fn(&[u8]) -> Option<HeaderError>) {
    if let HeaderError::UnexpectedCharacter(place) = error {
        assert!(place < header.len());
        assert_eq!(
            parse(&header[..=place]),
            Some(error),
            "what follows does not matter"
        );
        let before = parse(&header[..place]);
        assert!(
            matches!(
                before,
                None | Some(HeaderError::UnexpectedEnd | HeaderError::DuplicatedSubprotocol(_))
            ),
            "{before:?} before {place}"
        );
    }
}

fn write_offers(offers: &[ExtensionOffer]) -> Vec<u8> {
    let elements: Vec<String> = offers
        .iter()
        .map(|offer| {
            let mut text = offer.name.clone();
            for (name, value) in &offer.parameters {
                text += &format!("; {name}");
                text += &value
                    .as_ref()
                    .map_or(String::new(), |value| format!("=\"{value}\""));
            }
            text
        })
        .collect();
    elements.join(", ").into_bytes()
}

/// Reads a request; returns its length if it was accepted.
fn check_request(bytes: &[u8]) -> Option<usize> {
    let request = UpgradeRequest::read(bytes)?;
    assert!(request.length <= bytes.len() && request.length <= MAX_REQUEST_HEAD);
    let head = &bytes[..request.length];
    assert_eq!(
        UpgradeRequest::read(head).as_ref(),
        Some(&request),
        "what follows does not matter"
    );
    for shorter in (0..head.len()).rev().take(8).chain([head.len() / 2]) {
        assert_eq!(
            UpgradeRequest::read(&head[..shorter]),
            None,
            "a head is whole or nothing"
        );
    }

    let mut headers = [httparse::EMPTY_HEADER; 101];
    let mut parsed = httparse::Request::new(&mut headers);
    let status = parsed
        .parse(bytes)
        .expect("httparse accepts what we accept");
    assert_eq!(status, httparse::Status::Complete(request.length));
    assert_eq!((parsed.method, parsed.version), (Some("GET"), Some(1)));
    let target = &head[b"GET ".len()..request.target_end];
    assert_eq!(parsed.path.map(str::as_bytes), Some(target));
    assert!(target.starts_with(b"/") && !target.contains(&b'#') && target.is_ascii());
    assert!(parsed.headers.len() <= 100, "Node would drop the rest");

    let values = |name: &str| -> Vec<&[u8]> {
        let same = parsed
            .headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case(name));
        same.map(|header| header.value.trim_ascii()).collect()
    };
    for header in parsed.headers.iter() {
        assert!(reference::is_token(header.name.as_bytes()));
        assert!(header.value.iter().all(|byte| matches!(byte, b' '..=b'~')));
    }
    assert!(matches!(values("Host")[..], [host] if !host.is_empty()));
    let upgrade = values("Upgrade");
    assert!(upgrade.len() == 1 && upgrade[0].eq_ignore_ascii_case(b"websocket"));
    let connection = values("Connection");
    assert_eq!(connection.len(), 1);
    let options: Vec<Vec<u8>> = connection[0]
        .split(|&byte| byte == b',')
        .map(|option| option.trim_ascii().to_ascii_lowercase())
        .collect();
    assert!(options.contains(&b"upgrade".to_vec()) && !options.contains(&b"close".to_vec()));
    assert!(matches!(
        values("Sec-WebSocket-Version")[..],
        [b"13" | b"8"]
    ));
    let [key] = values("Sec-WebSocket-Key")[..] else {
        panic!("one key");
    };
    assert_eq!(key, request.key);
    assert!(key.len() == 24 && key.ends_with(b"=="));
    assert_eq!(
        values("Sec-WebSocket-Extensions").len(),
        usize::from(request.offers_extensions)
    );
    assert_eq!(
        values("Sec-WebSocket-Protocol").len(),
        usize::from(request.offers_protocols)
    );
    for name in [
        "Content-Length",
        "Transfer-Encoding",
        "Trailer",
        "Expect",
        "HTTP2-Settings",
    ] {
        assert!(values(name).is_empty(), "{name} is for Node");
    }
    Some(request.length)
}

const NEEDED: [&str; 6] = [
    "GET /chat?room=1 HTTP/1.1",
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

const OTHERS: [&str; 16] = [
    "GET / HTTP/1.0",
    "POST / HTTP/1.1",
    "GET http://localhost/ HTTP/1.1",
    "GET /%zz?#a HTTP/1.1",
    "Host:",
    "Host: a, b",
    "Upgrade: websocket, h2c",
    "upgrade:WEBSOCKET ",
    "Connection: close, Upgrade",
    "connection:upgrade",
    "Connection: upgrade, keep-alive, upgrade",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Key: short==",
    "Sec-WebSocket-Version: 8",
    "Sec-WebSocket-Version: 12",
    "Sec-WebSocket-Version : 13",
];

const PLAIN: [&str; 8] = [
    "Cookie",
    "Origin",
    "User-Agent",
    "X",
    "Accept-Language",
    "A-Very-Long-Name-Which-Means-Nothing-To-Anybody",
    "Pragma",
    "x-forwarded-for",
];

const ODD: [&str; 14] = [
    "Content-Length: 1",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Trailer: X",
    "HTTP2-Settings: AA",
    "Proxy-Connection: Upgrade",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "Sec-WebSocket-Protocol: chat",
    " folded",
    "No colon",
    ": no name",
    "Content-Length : 1",
    "Connection: Upgrade",
    "",
];

fn write_request(lines: &[Line]) -> Vec<u8> {
    let mut needed: Vec<Option<&str>> = NEEDED.iter().copied().map(Some).collect();
    let mut more: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        match line {
            Line::Without(index) => needed[usize::from(*index) % NEEDED.len()] = None,
            Line::Instead(index, other) => {
                let other = OTHERS[usize::from(*other) % OTHERS.len()];
                needed[usize::from(*index) % NEEDED.len()] = Some(other);
            }
            Line::Plain(name, value) => {
                let name = PLAIN[usize::from(*name) % PLAIN.len()];
                let value = value.iter().map(|byte| b' ' + byte % 95);
                more.push([name, ": "].concat().bytes().chain(value).collect());
            }
            Line::Odd(index) => more.push(ODD[usize::from(*index) % ODD.len()].into()),
            Line::Raw(bytes) => more.push(bytes.clone()),
        }
    }
    let mut request = Vec::new();
    let needed = needed
        .into_iter()
        .flatten()
        .map(|line| line.as_bytes().to_vec());
    for line in needed.chain(more) {
        request.extend_from_slice(&line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

impl Line {
    fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(..))
    }
}

impl Header {
    fn bytes(&self) -> Vec<u8> {
        let pieces = match self {
            Self::Raw(bytes) => return bytes.clone(),
            Self::Pieces(pieces) => pieces,
        };
        const NAMES: [&str; 8] = [
            "permessage-deflate",
            "client_max_window_bits",
            "server_no_context_takeover",
            "15",
            "a",
            "b",
            "__proto__",
            "x-webkit-deflate-frame",
        ];
        let mut out = Vec::new();
        for piece in pieces {
            match piece {
                HeaderPiece::Name(index) => {
                    out.extend(NAMES[usize::from(*index) % NAMES.len()].bytes());
                }
                HeaderPiece::Comma => out.push(b','),
                HeaderPiece::Semicolon => out.push(b';'),
                HeaderPiece::Equals => out.push(b'='),
                HeaderPiece::Quote => out.push(b'"'),
                HeaderPiece::Backslash => out.push(b'\\'),
                HeaderPiece::Space => out.push(b' '),
                HeaderPiece::Tab => out.push(b'\t'),
                HeaderPiece::Quoted(byte) => {
                    out.extend([b'=', b'"', b'\\', *byte, b'"']);
                }
                HeaderPiece::Byte(byte) => out.push(*byte),
            }
        }
        out
    }
}
