//! Unit and property tests of the decoder, with the encoder and with `tungstenite` at the other end.

use proptest::prelude::*;

use super::super::{
    DeflatePolicy, DeflaterConfig, Encoder, InflaterConfig, Limits, MessageKind, MessageOptions,
    Payload, Role, encode_control,
};
use super::*;

/// An event with its bytes copied, to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    Message(MessageKind, Vec<u8>),
    Fragment(Vec<u8>),
    FragmentsEnd,
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, Vec<u8>),
    Error(ProtocolError),
}

pub(super) fn config(role: Role) -> DecoderConfig {
    DecoderConfig {
        role,
        limits: Limits::default(),
        skip_utf8_validation: false,
        inflate: None,
    }
}

pub(super) fn feed(decoder: &mut Decoder, chunk: &[u8], seen: &mut Vec<Seen>) {
    let mut bytes = chunk.to_vec();
    let mut input = match decoder.begin(&mut bytes) {
        Ok(input) => input,
        Err(error) => return seen.push(Seen::Error(error)),
    };
    drain(decoder, &mut input, seen);
}

pub(super) fn drain(decoder: &mut Decoder, input: &mut Input<'_>, seen: &mut Vec<Seen>) {
    loop {
        match decoder.next(input) {
            Ok(None) => return,
            Ok(Some(event)) => seen.push(see(event)),
            Err(error) => return seen.push(Seen::Error(error)),
        }
    }
}

pub(super) fn see(event: Event<'_>) -> Seen {
    match event {
        Event::Message { kind, payload } => Seen::Message(kind, into_vec(payload)),
        Event::Fragment(payload) => Seen::Fragment(into_vec(payload)),
        Event::FragmentsEnd => Seen::FragmentsEnd,
        Event::Ping(body) => Seen::Ping(body.to_vec()),
        Event::Pong(body) => Seen::Pong(body.to_vec()),
        Event::Close { code, reason } => Seen::Close(code, reason.to_vec()),
    }
}

fn into_vec(payload: Payload<'_>) -> Vec<u8> {
    match payload {
        Payload::Borrowed(masked) => masked.in_place().to_vec(),
        Payload::Owned(bytes) => bytes,
        Payload::Claimed => panic!("nothing was claimed"),
    }
}

pub(super) fn decode(mut decoder: Decoder, chunks: &[&[u8]]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for chunk in chunks {
        feed(&mut decoder, chunk, &mut seen);
    }
    seen
}

fn client(chunks: &[&[u8]]) -> Vec<Seen> {
    decode(Decoder::new(config(Role::Client)), chunks)
}

fn text(text: &str) -> Seen {
    Seen::Message(MessageKind::Text, text.as_bytes().to_vec())
}

#[test]
fn the_examples_of_the_rfc() {
    assert_eq!(client(&[b"\x81\x05Hello"]), [text("Hello")]);
    assert_eq!(client(&[b"\x01\x03Hel\x80\x02lo"]), [text("Hello")]);
    assert_eq!(client(&[b"\x89\x05Hello"]), [Seen::Ping(b"Hello".to_vec())]);
    let masked = [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ];
    assert_eq!(
        decode(Decoder::new(config(Role::Server)), &[&masked]),
        [text("Hello")]
    );
}

#[test]
fn a_ping_between_fragments_comes_first() {
    assert_eq!(
        client(&[b"\x01\x03Hel\x89\x01p\x80\x02lo"]),
        [Seen::Ping(b"p".to_vec()), text("Hello")]
    );
}

#[test]
fn nothing_after_a_close_frame_is_delivered() {
    assert_eq!(
        client(&[b"\x88\x02\x03\xe8\x81\x01x", b"\x81\x01y"]),
        [Seen::Close(1000, vec![])]
    );
    assert_eq!(client(&[b"\x88\x00"]), [Seen::Close(1005, vec![])]);
}

#[test]
fn nothing_after_an_error_is_delivered() {
    assert_eq!(
        client(&[b"\x81\x01a\xb1\x00\x81\x01b", b"\x81\x01c"]),
        [text("a"), Seen::Error(ProtocolError::ReservedBits)]
    );
}

#[test]
fn a_close_body_is_checked() {
    for (frame, error) in [
        (&b"\x88\x01a"[..], ProtocolError::InvalidControlLength(1)),
        (b"\x88\x02\x03\xed", ProtocolError::InvalidCloseCode(1005)),
        (b"\x88\x03\x03\xe8\xff", ProtocolError::InvalidUtf8),
    ] {
        assert_eq!(client(&[frame]), [Seen::Error(error)]);
    }
}

#[test]
fn invalid_utf8_fails_before_the_message_ends() {
    let seen = client(&[b"\x81\x7e\x10\x00ok\xff"]);
    assert_eq!(seen, [Seen::Error(ProtocolError::InvalidUtf8)]);
    let mut skipping = config(Role::Client);
    skipping.skip_utf8_validation = true;
    assert_eq!(
        decode(Decoder::new(skipping), &[b"\x81\x01\xff"]),
        [Seen::Message(MessageKind::Text, vec![0xff])]
    );
}

#[test]
fn of_two_faults_the_first_is_found_in_any_chunking() {
    // Compressed text that is neither a valid deflate stream nor, before that shows, UTF-8.
    let frame = [0xc1, 0x04, 154, 64, 0, 21];
    let mut compressed = config(Role::Client);
    compressed.inflate = Some(InflaterConfig {
        window_bits: 15,
        no_context_takeover: false,
    });
    let pieces: Vec<&[u8]> = frame.chunks(1).collect();
    let expected = [Seen::Error(ProtocolError::InvalidUtf8)];
    assert_eq!(decode(Decoder::new(compressed), &[&frame]), expected);
    assert_eq!(decode(Decoder::new(compressed), &pieces), expected);
}

#[test]
fn max_payload_counts_a_message_not_a_frame() {
    let limited = |most| {
        let mut config = config(Role::Client);
        config.limits.max_payload = Some(most);
        Decoder::new(config)
    };
    let frames = b"\x01\x03Hel\x80\x02lo";
    assert_eq!(decode(limited(5), &[frames]), [text("Hello")]);
    assert_eq!(
        decode(limited(4), &[frames]),
        [Seen::Error(ProtocolError::MessageTooLarge)]
    );
    // The announcement is enough: nothing of the second payload has arrived.
    assert_eq!(
        decode(limited(4), &[b"\x01\x03Hel\x80\x02"]),
        [Seen::Error(ProtocolError::MessageTooLarge)]
    );
}

#[test]
fn max_fragments_and_max_buffered_chunks_hold() {
    let mut limits = config(Role::Client);
    limits.limits.max_fragments = Some(2);
    let frames: [&[u8]; 2] = [b"\x01\x01a\x80\x01b", b"\x01\x01a\x00\x01b\x80\x01c"];
    assert_eq!(decode(Decoder::new(limits), &frames[..1]), [text("ab")]);
    assert_eq!(
        decode(Decoder::new(limits), &frames[1..]),
        [Seen::Error(ProtocolError::TooManyFragments)]
    );

    let mut limits = config(Role::Client);
    limits.limits.max_buffered_chunks = Some(2);
    let pieces: [&[u8]; 4] = [b"\x81\x04", b"a", b"b", b"cd"];
    assert_eq!(
        decode(Decoder::new(limits), &pieces),
        [Seen::Error(ProtocolError::TooManyChunks)]
    );
    let pieces: [&[u8]; 3] = [b"\x81\x04", b"ab", b"cd"];
    assert_eq!(decode(Decoder::new(limits), &pieces), [text("abcd")]);
}

#[test]
fn a_frame_too_many_is_told_when_it_is_complete_and_never_looked_into() {
    let mut config = config(Role::Client);
    config.limits.max_fragments = Some(1);
    let pieces: [&[u8]; 3] = [b"\x01\x01a\x80\x03\xff", b"\xff", b"\xff"];
    assert_eq!(decode(Decoder::new(config), &pieces[..2]), []);
    assert_eq!(
        decode(Decoder::new(config), &pieces),
        [Seen::Error(ProtocolError::TooManyFragments)]
    );
}

#[test]
fn a_limit_that_changes_within_a_frame_holds_from_the_next_on() {
    let changed = |from, to| {
        let mut config = config(Role::Client);
        config.limits.max_fragments = from;
        let mut decoder = Decoder::new(config);
        let mut seen = Vec::new();
        feed(&mut decoder, b"\x02\x01a\x80\x04bc", &mut seen);
        decoder.change(DecoderChange::MaxFragments(to));
        feed(&mut decoder, b"de", &mut seen);
        seen
    };
    let whole = Seen::Message(MessageKind::Binary, b"abcde".to_vec());
    assert_eq!(changed(None, Some(1)), [whole]);
    let too_many = Seen::Error(ProtocolError::TooManyFragments);
    assert_eq!(changed(Some(1), None), [too_many]);
}

#[test]
fn limits_and_checks_can_be_changed_at_work() {
    let mut decoder = Decoder::new(config(Role::Client));
    let mut seen = Vec::new();
    decoder.change(DecoderChange::SkipUtf8Validation(true));
    feed(&mut decoder, b"\x81\x01\xff", &mut seen);
    assert_eq!(seen.len(), 1);
    decoder.change(DecoderChange::MaxPayload(Some(1)));
    feed(&mut decoder, b"\x81\x02", &mut seen);
    assert_eq!(seen[1], Seen::Error(ProtocolError::MessageTooLarge));
}

#[test]
fn a_header_alone_allocates_nothing() {
    let mut decoder = Decoder::new(config(Role::Client));
    let mut seen = Vec::new();
    feed(&mut decoder, b"\x82\x7f\0\0\0\0\x05\xf5\xe1\0", &mut seen);
    let message = decoder.message.as_ref().unwrap();
    assert_eq!(message.buffer.capacity(), 0);
    feed(&mut decoder, &[1; 1000], &mut seen);
    let message = decoder.message.as_ref().unwrap();
    assert!(message.buffer.capacity() <= 64 * 1024);
}

#[test]
fn a_large_frame_can_be_received_directly() {
    let payload: Vec<u8> = (0..200_000u32).map(|i| i as u8).collect();
    let mut frame = Vec::new();
    let options = MessageOptions {
        binary: true,
        fin: true,
        compress: false,
        mask: Some([1, 2, 3, 4]),
    };
    Encoder::new(None).message(&payload, options, &mut frame);
    let mut decoder = Decoder::new(config(Role::Server));
    let mut seen = Vec::new();
    feed(&mut decoder, &frame[..1001], &mut seen);
    let mut position = 1001;
    while let Some((buffer, most)) = decoder.direct_buffer() {
        let take = most.min(70_001).min(frame.len() - position);
        buffer.extend_from_slice(&frame[position..position + take]);
        decoder.commit_direct(take).unwrap();
        position += take;
        drain(&mut decoder, &mut Input::none(), &mut seen);
    }
    feed(&mut decoder, &frame[position..], &mut seen);
    assert_eq!(seen, [Seen::Message(MessageKind::Binary, payload)]);
}

#[test]
fn fragments_are_kept_apart_when_asked() {
    let mut decoder = Decoder::new(config(Role::Client));
    decoder.change(DecoderChange::KeepFragments(true));
    let frames = b"\x02\x01a\x00\x00\x80\x01b\x82\x01c\x82\x00\x01\x01x\x80\x01y";
    assert_eq!(
        decode(decoder, &[frames]),
        [
            Seen::Fragment(b"a".to_vec()),
            Seen::Fragment(b"b".to_vec()),
            Seen::FragmentsEnd,
            Seen::Fragment(b"c".to_vec()),
            Seen::FragmentsEnd,
            Seen::FragmentsEnd,
            text("xy"),
        ]
    );
}

#[test]
fn tungstenite_understands_us_and_we_understand_it() {
    use std::io::Cursor;
    use tungstenite::protocol::{Role as TheirRole, WebSocket};

    let mut ours = Vec::new();
    let mut encoder = Encoder::new(None);
    let options = MessageOptions {
        binary: false,
        fin: true,
        compress: false,
        mask: Some([9, 8, 7, 6]),
    };
    encoder.message("Grüße".as_bytes(), options, &mut ours);
    encode_control(Opcode::Ping, b"p", options.mask, &mut ours);
    encode_control(Opcode::Close, b"\x03\xe8bye", options.mask, &mut ours);
    let mut server = WebSocket::from_raw_socket(Cursor::new(ours), TheirRole::Server, None);
    assert_eq!(server.read().unwrap().into_text().unwrap(), "Grüße");
    assert!(server.read().unwrap().is_ping());
    assert!(server.read().unwrap().is_close());

    let mut client = WebSocket::from_raw_socket(Cursor::new(Vec::new()), TheirRole::Client, None);
    for size in [0, 1, 125, 126, 65535, 65536] {
        client
            .send(tungstenite::Message::binary(vec![5; size]))
            .unwrap();
    }
    client.send(tungstenite::Message::text("ü")).unwrap();
    let bytes = client.get_ref().get_ref().clone();
    let seen = decode(Decoder::new(config(Role::Server)), &[&bytes]);
    assert_eq!(seen.len(), 7);
    assert_eq!(seen[5], Seen::Message(MessageKind::Binary, vec![5; 65536]));
    assert_eq!(seen[6], text("ü"));
}

/// A message and how it is sent.
#[derive(Debug, Clone)]
struct Plan {
    payload: Vec<u8>,
    binary: bool,
    compress: bool,
    cuts: Vec<prop::sample::Index>,
    pings: bool,
}

fn plan() -> impl Strategy<Value = Plan> {
    let payload = prop_oneof![
        any::<String>().prop_map(|text| (text.into_bytes(), false)),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| (bytes, true)),
        (any::<u8>(), 0usize..70_000).prop_map(|(byte, times)| (vec![byte; times], true)),
    ];
    (
        payload,
        any::<bool>(),
        proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        any::<bool>(),
    )
        .prop_map(|((payload, binary), compress, cuts, pings)| Plan {
            payload,
            binary,
            compress,
            cuts,
            pings,
        })
}

fn encode(plans: &[Plan], mask: Option<MaskKey>, policy: Option<DeflatePolicy>) -> Vec<u8> {
    let mut encoder = Encoder::new(policy);
    let mut out = Vec::new();
    for plan in plans {
        let mut cuts: Vec<usize> = plan
            .cuts
            .iter()
            .map(|cut| cut.index(plan.payload.len() + 1))
            .collect();
        cuts.push(plan.payload.len());
        cuts.sort_unstable();
        let mut start = 0;
        for (i, &cut) in cuts.iter().enumerate() {
            let options = MessageOptions {
                binary: plan.binary,
                fin: i == cuts.len() - 1,
                compress: plan.compress,
                mask,
            };
            encoder.message(&plan.payload[start..cut], options, &mut out);
            start = cut;
            if plan.pings {
                encode_control(Opcode::Ping, &[i as u8], mask, &mut out);
            }
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_fragmentation_and_any_chunking_give_the_messages(
        plans in proptest::collection::vec(plan(), 1..5),
        server: bool,
        deflate: Option<(bool, u8)>,
        keys: [u8; 4],
        sizes in proptest::collection::vec(1usize..2000, 1..20),
    ) {
        let mask = server.then_some(keys);
        let policy = deflate.map(|(no_context_takeover, bits)| DeflatePolicy {
            deflater: DeflaterConfig {
                window_bits: 9 + bits % 7,
                no_context_takeover,
                ..DeflaterConfig::default()
            },
            threshold: 20,
        });
        let bytes = encode(&plans, mask, policy);
        let mut config = config(if server { Role::Server } else { Role::Client });
        config.inflate = policy.map(|policy| InflaterConfig {
            window_bits: policy.deflater.window_bits,
            no_context_takeover: policy.deflater.no_context_takeover,
        });

        let whole = decode(Decoder::new(config), &[&bytes]);
        let messages: Vec<Seen> = whole
            .iter()
            .filter(|seen| !matches!(seen, Seen::Ping(_)))
            .cloned()
            .collect();
        let expected: Vec<Seen> = plans
            .iter()
            .map(|plan| {
                let kind = if plan.binary { MessageKind::Binary } else { MessageKind::Text };
                Seen::Message(kind, plan.payload.clone())
            })
            .collect();
        prop_assert_eq!(&messages, &expected);

        let mut chunks = Vec::new();
        let mut rest = &bytes[..];
        for size in sizes.iter().cycle() {
            if rest.is_empty() { break; }
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        prop_assert_eq!(decode(Decoder::new(config), &chunks), whole);
    }

    #[test]
    fn random_bytes_give_the_same_in_any_chunking(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        start in prop_oneof![Just(0x81u8), Just(0x01), Just(0xc1), Just(0x89), any::<u8>()],
        server: bool,
        deflate: bool,
        size in 1usize..10,
    ) {
        let mut config = config(if server { Role::Server } else { Role::Client });
        config.limits.max_payload = Some(1000);
        config.inflate = deflate.then_some(InflaterConfig {
            window_bits: 15,
            no_context_takeover: false,
        });
        let mut all = vec![start, if server { 0x84 } else { 0x04 }];
        all.extend(bytes);
        // What zlib-rs calls a fault depends on how much it is given at a time.
        let seen = |chunks: &[&[u8]]| {
            let mut seen = decode(Decoder::new(config), chunks);
            if let Some(Seen::Error(ProtocolError::Inflate(text))) = seen.last_mut() {
                *text = "";
            }
            seen
        };
        let chunks: Vec<&[u8]> = all.chunks(size).collect();
        prop_assert_eq!(seen(&chunks), seen(&[&all]));
    }
}
