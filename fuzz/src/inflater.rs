//! The inflater against limits, against a slow one, and behind the deflater.

use arbitrary::Arbitrary;
use hawser::protocol::{Deflater, Inflater, InflaterConfig, ProtocolError};

use crate::material::{Body, Compression, Cuts, Times};
use crate::reference::{Fault, Inflate};

#[derive(Debug, Arbitrary)]
pub enum Input {
    /// Whatever bytes, as the frames of messages.
    Hostile {
        window_bits: u8,
        no_context_takeover: bool,
        limit: Option<Times>,
        frames: Vec<(Vec<u8>, bool)>,
        cuts: Cuts,
    },
    /// Messages, each in one or more fragments, that are deflated first.
    RoundTrip {
        compression: Compression,
        dictionary: Option<Vec<u8>>,
        messages: Vec<Vec<Body>>,
        limit: Option<Times>,
        cuts: Cuts,
        damage: Option<(u8, u16, u8)>,
    },
}

pub fn check(input: Input) {
    match input {
        Input::Hostile {
            window_bits,
            no_context_takeover,
            limit,
            frames,
            cuts,
        } => {
            let config = InflaterConfig {
                window_bits: 8 + window_bits % 8,
                no_context_takeover,
            };
            let limit = limit.map(|Times(most)| most);
            let mut pair = Pair::new(config, None, limit);
            for (bytes, fin) in frames {
                if pair.frame(&bytes, fin, &cuts).is_none() {
                    return;
                }
            }
        }
        Input::RoundTrip {
            compression,
            dictionary,
            messages,
            limit,
            cuts,
            damage,
        } => {
            let mut deflater = Deflater::new(compression.deflater());
            let dictionary = dictionary.filter(|dictionary| !dictionary.is_empty());
            if let Some(dictionary) = &dictionary {
                deflater.set_dictionary(dictionary[..].into());
            }
            let limit = limit.map(|Times(most)| most);
            let mut pair = Pair::new(compression.inflater(), dictionary.as_deref(), limit);
            let mut damage = damage;
            for message in messages.iter().filter(|message| !message.is_empty()) {
                let mut expected = Vec::new();
                for (i, body) in message.iter().enumerate() {
                    let (body, fin) = (body.bytes(), i + 1 == message.len());
                    if expected.len() + body.len() > LONGEST_MESSAGE {
                        return;
                    }
                    expected.extend_from_slice(&body);
                    let mut frame = Vec::new();
                    deflater.compress(&body, fin, &mut frame);
                    let is_damaged = damage.as_mut().is_some_and(|(before, at, with)| {
                        let is_now = *before == 0;
                        *before = before.wrapping_sub(1);
                        let byte = frame.get_mut(usize::from(*at)).filter(|_| is_now);
                        byte.is_some_and(|byte| {
                            *byte ^= *with;
                            *with != 0
                        })
                    });
                    let Some(out) = pair.frame(&frame, fin, &cuts) else {
                        let too_large = limit.is_some_and(|limit| expected.len() > limit);
                        assert!(too_large || is_damaged || damage.is_some());
                        return;
                    };
                    if fin && damage.is_none() {
                        assert_eq!(out, expected, "what was deflated comes back");
                    }
                }
            }
        }
    }
}

const LONGEST_MESSAGE: usize = 400_000;

/// The inflater and the slow one, given the same.
struct Pair {
    config: InflaterConfig,
    limit: Option<usize>,
    dictionary: Option<Vec<u8>>,
    inflater: Inflater,
    reference: Option<Inflate>,
    /// The message so far, twice.
    out: Vec<u8>,
    expected: Vec<u8>,
    input_length: usize,
}

impl Pair {
    fn new(config: InflaterConfig, dictionary: Option<&[u8]>, limit: Option<usize>) -> Self {
        let mut inflater = Inflater::new(config);
        if let Some(dictionary) = dictionary {
            inflater.set_dictionary(dictionary.into());
        }
        Self {
            config,
            limit,
            dictionary: dictionary.map(<[u8]>::to_vec),
            inflater,
            reference: None,
            out: Vec::new(),
            expected: Vec::new(),
            input_length: 0,
        }
    }

    /// Inflates a frame; returns the message so far, or `None` after a fault.
    fn frame(&mut self, bytes: &[u8], fin: bool, cuts: &Cuts) -> Option<Vec<u8>> {
        let mut rest = bytes;
        for size in cuts.sizes(bytes.len()) {
            let (piece, behind) = rest.split_at(size.min(rest.len()));
            let inflated = self.inflater.push(piece, &mut self.out, self.limit);
            let expected = self.push_reference(piece);
            self.compare(piece.len(), inflated, expected)?;
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        let inflated = self.inflater.end_frame(fin, &mut self.out, self.limit);
        let tail: &[u8] = if fin { &[0, 0, 0xff, 0xff] } else { &[] };
        let expected = if fin {
            self.push_reference(tail)
        } else {
            Ok(())
        };
        self.compare(tail.len(), inflated, expected)?;
        let has_ended = self.reference.as_ref().is_some_and(Inflate::has_ended);
        if has_ended || (fin && self.config.no_context_takeover) {
            self.reference = None;
        }
        let so_far = self.out.clone();
        if fin {
            self.out = Vec::new();
            self.expected = Vec::new();
            self.input_length = 0;
        }
        Some(so_far)
    }

    fn push_reference(&mut self, piece: &[u8]) -> Result<(), Fault> {
        let alone = self.config.no_context_takeover;
        let bits = if alone { 15 } else { self.config.window_bits };
        let reference = self
            .reference
            .get_or_insert_with(|| Inflate::new(bits, self.dictionary.as_deref()));
        if reference.has_ended() {
            return Ok(());
        }
        reference.push(piece, &mut self.expected, self.limit)
    }

    fn compare(
        &mut self,
        input_length: usize,
        inflated: Result<(), ProtocolError>,
        expected: Result<(), Fault>,
    ) -> Option<()> {
        self.input_length += input_length;
        let (length, capacity) = (self.out.len(), self.out.capacity());
        if let Some(limit) = self.limit {
            assert!(length <= limit + 1, "{length} bytes of at most {limit}");
            assert!(
                capacity <= limit + 1,
                "room for {capacity} of at most {limit}"
            );
        }
        let most = 2 * length + 3 * self.input_length + 2 * 4096;
        assert!(capacity <= most, "room for {capacity}, {length} are used");
        if expected == Err(Fault::BeyondWindow) {
            return None;
        }
        assert_eq!(self.out, self.expected);
        match (inflated, expected) {
            (Ok(()), Ok(())) => Some(()),
            (Err(ProtocolError::MessageTooLarge), Err(Fault::TooLarge))
            | (Err(ProtocolError::Inflate(_)), Err(Fault::Data)) => None,
            other => panic!("{other:?}"),
        }
    }
}
