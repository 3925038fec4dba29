//! Decoding (RFC 6455 section 5, RFC 7692 section 6 and 7.2.2), a part of a frame at a time.
//!
//! All input of a part is kept until it is complete, as `ws` does; only what has to fail at the
//! offending byte is looked at before.

use hawser::protocol::{
    DecoderChange, DecoderConfig, Dictionary, MessageKind, ProtocolError, Role,
};

use super::{Fault, Inflate};

/// An event, or the error that ended the decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Message(MessageKind, Vec<u8>),
    Fragment(Vec<u8>),
    FragmentsEnd,
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, Vec<u8>),
    Error(ProtocolError),
}

impl Seen {
    /// The words for a fault of compressed data are zlib's and depend on how the data comes.
    pub fn error(error: ProtocolError) -> Self {
        Self::Error(match error {
            ProtocolError::Inflate(_) => ProtocolError::Inflate(""),
            other => other,
        })
    }
}

pub struct Reference {
    config: DecoderConfig,
    keep_fragments: bool,
    dictionary: Option<Dictionary>,
    /// Bytes of the part that is being waited for, and what follows it.
    bytes: Vec<u8>,
    /// How many of them each piece of input has.
    pieces: Vec<usize>,
    part: Part,
    frame: Frame,
    message: Option<Message>,
    context: Option<Inflate>,
    ended: bool,
    unsure: bool,
    seen: Vec<Seen>,
}

enum Part {
    Start,
    Length(usize),
    Key,
    Payload,
}

#[derive(Default)]
struct Frame {
    fin: bool,
    opcode: u8,
    masked: bool,
    length: u64,
    key: Option<[u8; 4]>,
    /// How many bytes of the payload have been looked at.
    looked_at: usize,
    /// It is one frame too many; it is not looked into.
    excess: bool,
}

struct Message {
    kind: MessageKind,
    compressed: bool,
    validate: bool,
    announced: u64,
    frames: u32,
    handed_out: usize,
    data: Vec<u8>,
    /// How many bytes of `data` are known to be whole characters.
    checked: usize,
}

enum Stop {
    NeedsInput,
    Error(ProtocolError),
    Unsure,
}

impl From<ProtocolError> for Stop {
    fn from(error: ProtocolError) -> Self {
        Self::Error(error)
    }
}

impl Reference {
    pub fn new(config: DecoderConfig) -> Self {
        Self {
            config,
            keep_fragments: false,
            dictionary: None,
            bytes: Vec::new(),
            pieces: Vec::new(),
            part: Part::Start,
            frame: Frame::default(),
            message: None,
            context: None,
            ended: false,
            unsure: false,
            seen: Vec::new(),
        }
    }

    /// All that has been seen.
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// Whether there is no telling what comes behind [`seen`](Self::seen).
    pub fn is_unsure(&self) -> bool {
        self.unsure
    }

    pub fn has_ended(&self) -> bool {
        self.ended
    }

    pub fn change(&mut self, change: DecoderChange) {
        let limits = &mut self.config.limits;
        match change {
            DecoderChange::KeepFragments(keep) => self.keep_fragments = keep,
            DecoderChange::MaxPayload(most) => limits.max_payload = most,
            DecoderChange::MaxFragments(most) => limits.max_fragments = most,
            DecoderChange::MaxBufferedChunks(most) => limits.max_buffered_chunks = most,
            DecoderChange::SkipUtf8Validation(skip) => self.config.skip_utf8_validation = skip,
            DecoderChange::InflateDictionary(dictionary) => {
                if self.config.inflate.is_some() {
                    self.dictionary = Some(dictionary);
                }
            }
        }
    }

    pub fn feed(&mut self, piece: &[u8]) {
        if self.ended {
            return;
        }
        let most = self.config.limits.max_buffered_chunks;
        if most.is_some_and(|most| self.pieces.len() >= most as usize) {
            return self.fail(ProtocolError::TooManyChunks);
        }
        self.bytes.extend_from_slice(piece);
        self.pieces.push(piece.len());
        while !self.ended {
            match self.advance() {
                Ok(()) => {}
                Err(Stop::NeedsInput) => return,
                Err(Stop::Error(error)) => return self.fail(error),
                Err(Stop::Unsure) => {
                    self.unsure = true;
                    self.ended = true;
                }
            }
        }
    }

    fn fail(&mut self, error: ProtocolError) {
        self.seen.push(Seen::error(error));
        self.ended = true;
    }

    fn advance(&mut self) -> Result<(), Stop> {
        match self.part {
            Part::Start => {
                let start = self.take(2)?;
                self.start(start[0], start[1])
            }
            Part::Length(count) => {
                let bytes = self.take(count)?;
                let length = bytes
                    .iter()
                    .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
                self.length(length)
            }
            Part::Key => {
                let key = self.take(4)?;
                self.frame.key = key.try_into().ok();
                self.part = Part::Payload;
                Ok(())
            }
            Part::Payload if self.frame.opcode >= 8 => {
                let mut body = self.take(self.frame.length as usize)?;
                self.unmask(&mut body, 0);
                self.part = Part::Start;
                self.control(body)
            }
            Part::Payload => self.data(),
        }
    }

    /// The next bytes, once they are all there.
    fn take(&mut self, count: usize) -> Result<Vec<u8>, Stop> {
        if self.bytes.len() < count {
            return Err(Stop::NeedsInput);
        }
        let mut left = count;
        while left > 0 {
            let first = &mut self.pieces[0];
            let some = left.min(*first);
            *first -= some;
            left -= some;
            if *first == 0 {
                self.pieces.remove(0);
            }
        }
        Ok(self.bytes.drain(..count).collect())
    }

    fn start(&mut self, first: u8, second: u8) -> Result<(), Stop> {
        let (fin, rsv1, opcode) = (first & 0x80 != 0, first & 0x40 != 0, first & 0x0f);
        let (masked, length) = (second & 0x80 != 0, second & 0x7f);
        if first & 0x30 != 0 {
            return Err(ProtocolError::ReservedBits.into());
        }
        if rsv1 && self.config.inflate.is_none() {
            return Err(ProtocolError::UnexpectedRsv1.into());
        }
        match opcode {
            0 if rsv1 => return Err(ProtocolError::UnexpectedRsv1.into()),
            0 if self.message.is_none() => return Err(ProtocolError::InvalidOpcode(0).into()),
            1 | 2 if self.message.is_some() => {
                return Err(ProtocolError::InvalidOpcode(opcode).into());
            }
            0..=2 => {}
            8..=10 => {
                if !fin {
                    return Err(ProtocolError::FragmentedControlFrame.into());
                }
                if rsv1 {
                    return Err(ProtocolError::UnexpectedRsv1.into());
                }
                if length > 125 || (opcode == 8 && length == 1) {
                    return Err(ProtocolError::InvalidControlLength(length).into());
                }
            }
            _ => return Err(ProtocolError::InvalidOpcode(opcode).into()),
        }
        match (self.config.role, masked) {
            (Role::Server, false) => return Err(ProtocolError::ExpectedMask.into()),
            (Role::Client, true) => return Err(ProtocolError::UnexpectedMask.into()),
            _ => {}
        }
        self.frame = Frame {
            fin,
            opcode,
            masked,
            ..Frame::default()
        };
        if opcode == 1 || opcode == 2 {
            let is_text = opcode == 1;
            self.message = Some(Message {
                kind: if is_text {
                    MessageKind::Text
                } else {
                    MessageKind::Binary
                },
                compressed: rsv1,
                validate: is_text && !self.config.skip_utf8_validation,
                announced: 0,
                frames: 0,
                handed_out: 0,
                data: Vec::new(),
                checked: 0,
            });
        }
        match length {
            126 => self.part = Part::Length(2),
            127 => self.part = Part::Length(8),
            _ => return self.length(u64::from(length)),
        }
        Ok(())
    }

    fn length(&mut self, length: u64) -> Result<(), Stop> {
        if length >= 1 << 53 {
            return Err(ProtocolError::UnsupportedLength.into());
        }
        self.frame.length = length;
        if self.frame.opcode < 8
            && let Some(message) = &mut self.message
        {
            message.announced = message.announced.saturating_add(length);
            let most = self.config.limits.max_payload;
            if length > 0 && most.is_some_and(|most| message.announced > most as u64) {
                return Err(ProtocolError::MessageTooLarge.into());
            }
            let most = self.config.limits.max_fragments;
            self.frame.excess = most.is_some_and(|most| message.frames >= most);
        }
        self.part = if self.frame.masked {
            Part::Key
        } else {
            Part::Payload
        };
        Ok(())
    }

    fn unmask(&self, bytes: &mut [u8], offset: usize) {
        if let Some(key) = self.frame.key {
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte ^= key[(offset + i) % 4];
            }
        }
    }

    fn control(&mut self, body: Vec<u8>) -> Result<(), Stop> {
        match self.frame.opcode {
            9 => self.seen.push(Seen::Ping(body)),
            10 => self.seen.push(Seen::Pong(body)),
            _ => {
                let (code, reason) = match body.split_at_checked(2) {
                    Some((code, reason)) => (u16::from(code[0]) << 8 | u16::from(code[1]), reason),
                    None => (1005, &[][..]),
                };
                let is_sendable = match code {
                    1004..=1006 | 1015 => body.is_empty(),
                    1000..=1014 | 3000..=4999 => true,
                    _ => false,
                };
                if !is_sendable {
                    return Err(ProtocolError::InvalidCloseCode(code).into());
                }
                let validate = !self.config.skip_utf8_validation;
                if validate && std::str::from_utf8(reason).is_err() {
                    return Err(ProtocolError::InvalidUtf8.into());
                }
                self.seen.push(Seen::Close(code, reason.to_vec()));
                self.ended = true;
            }
        }
        Ok(())
    }

    /// Looks at what has arrived of a data frame, and ends it if that is all.
    fn data(&mut self) -> Result<(), Stop> {
        let length = usize::try_from(self.frame.length).unwrap_or(usize::MAX);
        let here = self.bytes.len().min(length);
        let from = self.frame.looked_at;
        if here > from || length == 0 {
            let mut piece = self.bytes[from..here].to_vec();
            self.unmask(&mut piece, from);
            self.frame.looked_at = here;
            self.look_at(&piece)?;
        }
        self.take(length)?;
        self.part = Part::Start;
        if self.frame.excess {
            return Err(ProtocolError::TooManyFragments.into());
        }
        self.end_data_frame()
    }

    fn look_at(&mut self, piece: &[u8]) -> Result<(), Stop> {
        let Some(message) = &mut self.message else {
            return Ok(());
        };
        if self.frame.excess {
            return Ok(());
        }
        if message.compressed {
            return self.inflate(piece);
        }
        message.data.extend_from_slice(piece);
        message.check()
    }

    fn inflate(&mut self, piece: &[u8]) -> Result<(), Stop> {
        let (Some(message), Some(inflate)) = (&mut self.message, self.config.inflate) else {
            return Ok(());
        };
        let context = self.context.get_or_insert_with(|| {
            // Contexts that are not kept have the largest window, whatever was agreed on.
            let bits = if inflate.no_context_takeover {
                15
            } else {
                inflate.window_bits
            };
            Inflate::new(bits, self.dictionary.as_deref())
        });
        if context.has_ended() {
            return Ok(());
        }
        let limit = self.config.limits.max_payload;
        let limit = limit.map(|limit| limit.saturating_sub(message.handed_out));
        let inflated = context.push(piece, &mut message.data, limit);
        if inflated == Err(Fault::BeyondWindow) {
            return Err(Stop::Unsure);
        }
        message.check()?;
        inflated.map_err(|fault| {
            Stop::Error(match fault {
                Fault::TooLarge => ProtocolError::MessageTooLarge,
                _ => ProtocolError::Inflate(""),
            })
        })
    }

    fn end_data_frame(&mut self) -> Result<(), Stop> {
        let fin = self.frame.fin;
        if self
            .message
            .as_ref()
            .is_some_and(|message| message.compressed)
        {
            if fin {
                self.inflate(&[0x00, 0x00, 0xff, 0xff])?;
            }
            let alone = self
                .config
                .inflate
                .is_some_and(|inflate| inflate.no_context_takeover);
            let ended = self.context.as_ref().is_some_and(Inflate::has_ended);
            if ended || (fin && alone) {
                self.context = None;
            }
        }
        let Some(message) = &mut self.message else {
            return Ok(());
        };
        message.frames = message.frames.saturating_add(1);
        if self.keep_fragments && message.kind == MessageKind::Binary {
            let fragment = std::mem::take(&mut message.data);
            message.handed_out += fragment.len();
            if !fragment.is_empty() {
                self.seen.push(Seen::Fragment(fragment));
            }
            if fin {
                self.message = None;
                self.seen.push(Seen::FragmentsEnd);
            }
        } else if fin && let Some(message) = self.message.take() {
            if message.validate && std::str::from_utf8(&message.data).is_err() {
                return Err(ProtocolError::InvalidUtf8.into());
            }
            self.seen.push(Seen::Message(message.kind, message.data));
        }
        Ok(())
    }
}

impl Message {
    /// Fails if nothing that may still come makes it valid.
    fn check(&mut self) -> Result<(), Stop> {
        if !self.validate {
            return Ok(());
        }
        match std::str::from_utf8(&self.data[self.checked..]) {
            Ok(rest) => self.checked += rest.len(),
            Err(error) if error.error_len().is_some() => {
                return Err(ProtocolError::InvalidUtf8.into());
            }
            Err(error) => self.checked += error.valid_up_to(),
        }
        Ok(())
    }
}
