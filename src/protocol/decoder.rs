//! Bytes of the peer in, events out (RFC 6455 section 5).
//!
//! A [`Decoder`] is given what a socket delivered, in any chunking, and asked for the next event
//! until it has none. A message that lies whole in the input is handed out as a slice of it, which
//! whoever takes it unmasks, and is never copied here; anything else is put together in memory that
//! grows with what arrives. A large message may also be [claimed](claim) by who drives
//! the decoder, to be put together in memory of theirs, or [put off](put_off) if it is compressed.
//!
//! The first error ends the decoder, and so does a close frame: later input is ignored.

mod claim;
mod put_off;

use super::close::{NO_STATUS, parse_close_body};
use super::deflate::Inflater;
use super::frame::{Expectations, FrameStart};
use super::message::{Custody, Message};
use super::{
    DecoderChange, DecoderConfig, Event, Input, MaskKey, Masked, MessageKind, Opcode, Payload,
    ProtocolError, apply_mask,
};
use crate::forced_panics::{Place, panic_if_forced};

/// The receiving half of a connection.
pub struct Decoder {
    config: DecoderConfig,
    keep_fragments: bool,
    state: State,
    frame: Frame,
    message: Option<Message>,
    /// In a box: most connections have none.
    inflater: Option<Box<Inflater>>,
    /// The beginning of a part of a header whose end has not arrived.
    partial: [u8; 8],
    partial_length: usize,
    /// The payload of a control frame that arrives in pieces.
    control: Vec<u8>,
    /// Pieces of input that hold bytes of the part that is being waited for.
    buffered_chunks: u32,
    /// A part was completed within the present piece of input.
    progressed: bool,
    /// A chunk without bytes was kept like any other.
    chunk_is_empty: bool,
    /// Large messages are offered to be claimed.
    offers: bool,
    /// Compressed messages that have announced so many bytes are put off,
    puts_off_from: Option<u64>,
    /// but not within the present piece of input.
    goes_ahead: bool,
    /// Bytes that have come out of inflating, since somebody last asked.
    inflated: usize,
}

impl Decoder {
    pub fn new(config: DecoderConfig) -> Self {
        Self {
            config,
            keep_fragments: false,
            state: State::Start,
            frame: Frame::NONE,
            message: None,
            inflater: config.inflate.map(|config| Box::new(Inflater::new(config))),
            partial: [0; 8],
            partial_length: 0,
            control: Vec::new(),
            buffered_chunks: 0,
            progressed: false,
            chunk_is_empty: false,
            offers: false,
            puts_off_from: None,
            goes_ahead: false,
            inflated: 0,
        }
    }

    /// Changes what is accepted, or how it is handed out.
    pub fn change(&mut self, change: DecoderChange) {
        let DecoderConfig {
            limits,
            skip_utf8_validation,
            ..
        } = &mut self.config;
        match change {
            DecoderChange::KeepFragments(keep) => self.keep_fragments = keep,
            DecoderChange::MaxPayload(most) => limits.max_payload = most,
            DecoderChange::MaxFragments(most) => limits.max_fragments = most,
            DecoderChange::MaxBufferedChunks(most) => limits.max_buffered_chunks = most,
            DecoderChange::SkipUtf8Validation(skip) => *skip_utf8_validation = skip,
            DecoderChange::InflateDictionary(dictionary) => {
                if let Some(inflater) = &mut self.inflater {
                    inflater.set_dictionary(dictionary);
                }
            }
        }
    }

    /// Whether a close frame or an error has ended the decoder.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Ends the decoder, in whatever state it is: later input is ignored.
    pub fn end(&mut self) {
        self.state = State::Ended;
        self.message = None;
        self.inflater = None;
        self.control = Vec::new();
    }

    /// Begins a new piece of input.
    pub fn begin<'i>(&mut self, bytes: &'i mut [u8]) -> Result<Input<'i>, ProtocolError> {
        self.count_chunk()?;
        self.chunk_is_empty = bytes.is_empty();
        self.goes_ahead = false;
        Ok(Input { bytes, position: 0 })
    }

    /// Goes on with the rest of a piece of input that was moved elsewhere.
    pub fn go_on<'i>(&mut self, rest: &'i mut [u8]) -> Input<'i> {
        Input {
            bytes: rest,
            position: 0,
        }
    }

    /// The next event, or `None` when more input is needed.
    pub fn next<'a>(
        &'a mut self,
        input: &'a mut Input<'_>,
    ) -> Result<Option<Event<'a>>, ProtocolError> {
        let ready = loop {
            panic_if_forced(Place::Decode);
            match self.step(input) {
                Ok(Step::Again) => {}
                Ok(Step::Ready(ready)) => break ready,
                Ok(Step::NeedInput) => {
                    self.end_chunk();
                    return Ok(None);
                }
                Ok(Step::Offer) => return Ok(None),
                Err(error) => return Err(self.fail(error)),
            }
        };
        self.event(ready, input).map(Some)
    }

    /// Memory into which the rest of a large frame can be received directly, and the most bytes
    /// that may be appended to it; then call [`commit_direct`](Self::commit_direct).
    ///
    /// Only while the payload of an uncompressed data frame is being waited for.
    pub fn direct_buffer(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        let message = self.message.as_mut()?;
        let remaining = self.frame.length - self.frame.received;
        if self.state != State::Payload
            || self.frame.opcode.is_control()
            || message.compressed
            || message.custody == Custody::Claimed
            || self.frame.excess
            || remaining < DIRECT_FROM
        {
            return None;
        }
        // Where there is no memory, what is read into memory of others will tell.
        message.reserve(DIRECT_FROM as usize, remaining).ok()?;
        let room = message.buffer.capacity() - message.buffer.len();
        let most = room.min(usize::try_from(remaining).unwrap_or(usize::MAX));
        Some((&mut message.buffer, most))
    }

    /// Takes `received` bytes that have been appended to the direct buffer. Then ask
    /// [`next`](Self::next) with [`Input::none`].
    pub fn commit_direct(&mut self, received: usize) -> Result<(), ProtocolError> {
        let result = self.count_chunk().and_then(|()| {
            let Some(message) = self.message.as_mut() else {
                return Ok(());
            };
            let start = message.buffer.len() - received;
            let offset = self.frame.received as usize;
            apply_mask(&mut message.buffer[start..], self.frame.key, offset);
            self.frame.received += received as u64;
            message.validate_from(start)?;
            if self.frame.received < self.frame.length {
                message.hold()?;
            }
            Ok(())
        });
        result.map_err(|error| self.fail(error))
    }

    fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        self.state = State::Ended;
        self.message = None;
        error
    }

    fn count_chunk(&mut self) -> Result<(), ProtocolError> {
        self.progressed = false;
        self.chunk_is_empty = false;
        let most = self.config.limits.max_buffered_chunks;
        if most.is_some_and(|most| self.buffered_chunks >= most) && !self.has_ended() {
            return Err(self.fail(ProtocolError::TooManyChunks));
        }
        Ok(())
    }

    fn end_chunk(&mut self) {
        let waiting = match self.state {
            State::Payload => self.frame.received > 0,
            _ => self.partial_length > 0,
        } || self.chunk_is_empty;
        self.buffered_chunks = match (waiting, self.progressed) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => self.buffered_chunks + 1,
        };
    }

    fn step(&mut self, input: &mut Input<'_>) -> Result<Step, ProtocolError> {
        match self.state {
            State::Start => self.read_start(input),
            State::Length => self.read_length(input),
            State::Key => {
                let Some(key) = self.take::<4>(input) else {
                    return Ok(Step::NeedInput);
                };
                self.frame.key = key;
                self.state = State::Payload;
                Ok(Step::Again)
            }
            State::Payload if self.frame.opcode.is_control() => Ok(self.read_control(input)),
            State::Payload => self.read_data(input),
            State::FragmentsEnd => {
                self.state = State::Start;
                Ok(Step::Ready(Ready::FragmentsEnd))
            }
            State::Ended => {
                input.position = input.bytes.len();
                Ok(Step::NeedInput)
            }
        }
    }

    fn read_start(&mut self, input: &mut Input<'_>) -> Result<Step, ProtocolError> {
        let Some(bytes) = self.take::<2>(input) else {
            return Ok(Step::NeedInput);
        };
        let start = FrameStart::parse(
            bytes,
            Expectations {
                role: self.config.role,
                compression: self.inflater.is_some(),
                in_message: self.message.is_some(),
            },
        )?;
        self.frame = Frame {
            start: Some(start),
            fin: start.fin,
            opcode: start.opcode,
            ..Frame::NONE
        };
        self.control.clear();
        let kind = match start.opcode {
            Opcode::Text => Some(MessageKind::Text),
            Opcode::Binary => Some(MessageKind::Binary),
            _ => None,
        };
        if let Some(kind) = kind {
            let validate = !self.config.skip_utf8_validation;
            self.message = Some(Message::new(kind, start.rsv1, validate));
        }
        if start.extended_length_bytes() > 0 {
            self.state = State::Length;
            return Ok(Step::Again);
        }
        self.have_length(start, &[])
    }

    fn read_length(&mut self, input: &mut Input<'_>) -> Result<Step, ProtocolError> {
        let Some(start) = self.frame.start else {
            return Ok(Step::NeedInput);
        };
        if start.extended_length_bytes() == 2 {
            let Some(bytes) = self.take::<2>(input) else {
                return Ok(Step::NeedInput);
            };
            self.have_length(start, &bytes)
        } else {
            let Some(bytes) = self.take::<8>(input) else {
                return Ok(Step::NeedInput);
            };
            self.have_length(start, &bytes)
        }
    }

    fn have_length(&mut self, start: FrameStart, extended: &[u8]) -> Result<Step, ProtocolError> {
        let length = start.payload_length(extended)?;
        self.frame.length = length;
        if !start.opcode.is_control()
            && let Some(message) = &mut self.message
        {
            message.announced = message.announced.saturating_add(length);
            let most = self.config.limits.max_payload;
            if length > 0 && most.is_some_and(|most| message.announced > most as u64) {
                return Err(ProtocolError::MessageTooLarge);
            }
            self.frame.excess = !message.takes_another_frame(self.config.limits.max_fragments);
        }
        self.state = if start.masked {
            State::Key
        } else {
            State::Payload
        };
        Ok(Step::Again)
    }

    fn read_control(&mut self, input: &mut Input<'_>) -> Step {
        let length = self.frame.length as usize;
        if self.control.is_empty() && input.remaining() >= length {
            let start = input.position;
            input.position += length;
            apply_mask(&mut input.bytes[start..input.position], self.frame.key, 0);
            self.end_frame();
            return Step::Ready(Ready::Control(Some((start, input.position))));
        }
        let take = input.remaining().min(length - self.control.len());
        let piece = &input.bytes[input.position..input.position + take];
        self.control.extend_from_slice(piece);
        input.position += take;
        self.frame.received = self.control.len() as u64;
        if self.control.len() < length {
            return Step::NeedInput;
        }
        apply_mask(&mut self.control, self.frame.key, 0);
        self.end_frame();
        Step::Ready(Ready::Control(None))
    }

    fn read_data(&mut self, input: &mut Input<'_>) -> Result<Step, ProtocolError> {
        let Some(message) = self.message.as_mut() else {
            return Ok(Step::NeedInput);
        };
        if message.custody == Custody::Claimed {
            return self.end_claimed_frame();
        }
        let remaining = self.frame.length - self.frame.received;
        if remaining > 0 && input.remaining() == 0 {
            return Ok(Step::NeedInput);
        }
        let take = usize::try_from(remaining).map_or(input.remaining(), |remaining| {
            remaining.min(input.remaining())
        });
        if (take as u64) < remaining && self.offered_length(take).is_some() {
            return Ok(Step::Offer);
        }
        if self.has_put_off(input) {
            return Ok(Step::Offer);
        }
        let Some(message) = self.message.as_mut() else {
            return Ok(Step::NeedInput);
        };
        let start = input.position;
        input.position += take;
        let piece = &mut input.bytes[start..input.position];
        if self.frame.excess {
            // The whole frame is waited for, as long as it may be, but nothing of it is kept.
            self.frame.received += take as u64;
            return if self.frame.received < self.frame.length {
                Ok(Step::NeedInput)
            } else {
                Err(ProtocolError::TooManyFragments)
            };
        }
        let whole = self.frame.fin && take as u64 == self.frame.length;
        if whole && !message.compressed && message.is_untouched() {
            let mut key = self.frame.key;
            if message.is_checked() {
                apply_mask(piece, std::mem::take(&mut key), 0);
                message.validate_whole(piece)?;
            }
            let kind = message.kind;
            self.message = None;
            self.end_frame();
            let place = InInput {
                start,
                end: start + take,
                key,
            };
            if self.keep_fragments && kind == MessageKind::Binary {
                return Ok(self.hand_out_fragment(Piece::Input(place), true));
            }
            return Ok(Step::Ready(Ready::Whole(kind, place)));
        }

        apply_mask(piece, self.frame.key, self.frame.received as usize);

        let limit = self.config.limits.max_payload;
        match &mut self.inflater {
            Some(inflater) if message.compressed => {
                let before = message.buffer.len();
                message.inflate(piece, inflater, limit)?;
                self.inflated += message.buffer.len() - before;
            }
            _ => message.append(piece, remaining)?,
        }
        self.frame.received += take as u64;
        if self.frame.received < self.frame.length {
            message.hold()?;
            return Ok(Step::NeedInput);
        }
        self.end_data_frame()
    }

    fn end_data_frame(&mut self) -> Result<Step, ProtocolError> {
        let fin = self.frame.fin;
        let Some(message) = self.message.as_mut() else {
            return Ok(Step::NeedInput);
        };
        message.fragments = message.fragments.saturating_add(1);
        if message.compressed
            && let Some(inflater) = &mut self.inflater
        {
            message.end_compressed_frame(fin, inflater, self.config.limits.max_payload)?;
        }
        if !fin {
            message.hold()?;
        }
        if self.keep_fragments && message.kind == MessageKind::Binary {
            let fragment = std::mem::take(&mut message.buffer);
            message.handed_out += fragment.len();
            if fin {
                self.message = None;
            }
            self.end_frame();
            return Ok(self.hand_out_fragment(Piece::Owned(fragment), fin));
        }
        if !fin {
            self.end_frame();
            return Ok(Step::Again);
        }
        message.finish()?;
        let kind = message.kind;
        let buffer = std::mem::take(&mut message.buffer);
        self.message = None;
        self.end_frame();
        Ok(Step::Ready(Ready::Assembled(kind, buffer)))
    }

    fn hand_out_fragment(&mut self, piece: Piece, fin: bool) -> Step {
        if fin {
            self.state = State::FragmentsEnd;
        }
        if piece.is_empty() {
            Step::Again
        } else {
            Step::Ready(Ready::Fragment(piece))
        }
    }

    fn end_frame(&mut self) {
        self.progressed = true;
        self.state = State::Start;
    }

    fn event<'a>(
        &'a mut self,
        ready: Ready,
        input: &'a mut Input<'_>,
    ) -> Result<Event<'a>, ProtocolError> {
        Ok(match ready {
            Ready::Whole(kind, place) => Event::Message {
                kind,
                payload: place.of(input),
            },
            Ready::Assembled(kind, buffer) => Event::Message {
                kind,
                payload: Payload::Owned(buffer),
            },
            Ready::Claimed(kind) => Event::Message {
                kind,
                payload: Payload::Claimed,
            },
            Ready::Fragment(Piece::Input(place)) => Event::Fragment(place.of(input)),
            Ready::Fragment(Piece::Owned(buffer)) => Event::Fragment(Payload::Owned(buffer)),
            Ready::FragmentsEnd => Event::FragmentsEnd,
            Ready::Control(range) => {
                let body: &[u8] = match range {
                    Some((start, end)) => &input.bytes[start..end],
                    None => &self.control,
                };
                match self.frame.opcode {
                    Opcode::Ping => Event::Ping(body),
                    Opcode::Pong => Event::Pong(body),
                    _ => {
                        self.state = State::Ended;
                        self.message = None;
                        let skip = self.config.skip_utf8_validation;
                        let (code, reason) = parse_close_body(body, skip)?;
                        debug_assert!(code != NO_STATUS || reason.is_empty());
                        Event::Close { code, reason }
                    }
                }
            }
        })
    }

    /// The next `N` bytes of a header, once they are all there.
    fn take<const N: usize>(&mut self, input: &mut Input<'_>) -> Option<[u8; N]> {
        if self.partial_length == 0
            && let Some(bytes) = input.bytes[input.position..].first_chunk::<N>()
        {
            input.position += N;
            self.progressed = true;
            return Some(*bytes);
        }
        let wanted = (N - self.partial_length).min(input.remaining());
        let piece = &input.bytes[input.position..input.position + wanted];
        self.partial[self.partial_length..self.partial_length + wanted].copy_from_slice(piece);
        self.partial_length += wanted;
        input.position += wanted;
        if self.partial_length < N {
            return None;
        }
        self.partial_length = 0;
        self.progressed = true;
        self.partial.first_chunk::<N>().copied()
    }
}

/// A frame that lacks at least this many bytes is worth receiving straight into its message.
const DIRECT_FROM: u64 = 32 * 1024;

/// Which part of a frame comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Length,
    Key,
    Payload,
    /// The last fragment of a message whose fragments are kept apart has been handed out.
    FragmentsEnd,
    /// A close frame or an error came.
    Ended,
}

#[derive(Debug)]
struct Frame {
    start: Option<FrameStart>,
    fin: bool,
    opcode: Opcode,
    key: MaskKey,
    length: u64,
    received: u64,
    /// The message has had as many frames as it may have. That is known, and stays so, from the
    /// frame's beginning: half a frame must not be taken for a whole one when the limit changes.
    excess: bool,
}

impl Frame {
    const NONE: Self = Self {
        start: None,
        fin: false,
        opcode: Opcode::Continuation,
        key: [0; 4],
        length: 0,
        received: 0,
        excess: false,
    };
}

enum Step {
    Again,
    NeedInput,
    /// The input is left unread for a message that is offered to be claimed, or put off.
    Offer,
    Ready(Ready),
}

/// An event, described without borrowing anything.
enum Ready {
    Whole(MessageKind, InInput),
    Assembled(MessageKind, Vec<u8>),
    Claimed(MessageKind),
    Fragment(Piece),
    FragmentsEnd,
    Control(Option<(usize, usize)>),
}

enum Piece {
    Input(InInput),
    Owned(Vec<u8>),
}

/// Where in the input a payload is, and what it is masked with.
struct InInput {
    start: usize,
    end: usize,
    key: MaskKey,
}

impl InInput {
    fn of<'a>(self, input: &'a mut Input<'_>) -> Payload<'a> {
        Payload::Borrowed(Masked {
            bytes: &mut input.bytes[self.start..self.end],
            key: self.key,
        })
    }
}

impl Piece {
    fn is_empty(&self) -> bool {
        match self {
            Self::Input(place) => place.start == place.end,
            Self::Owned(buffer) => buffer.is_empty(),
        }
    }
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
