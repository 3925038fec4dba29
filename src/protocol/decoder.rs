//! Bytes of the peer in, events out (RFC 6455 section 5).
//!
//! A [`Decoder`] is given what a socket delivered, in any chunking, and asked for the next event
//! until it has none. A message that lies whole in the input is handed out as a slice of it, which
//! whoever takes it unmasks, and is never copied here; anything else is put together in memory that
//! grows with what arrives, into which who drives the decoder may [receive it](direct). They may also
//! [claim] a large message, to put it together in memory of theirs, or have it
//! [put off](put_off) if it is compressed.
//!
//! The first error ends the decoder, and so does a close frame: later input is ignored.
//!
//! A frame goes through its states in [`Decoder::step`]: its [header], then its [payload]. A step that
//! completes an event says [what is ready](ready), of which the event is made.

mod claim;
mod direct;
mod header;
mod payload;
mod put_off;
mod ready;

use super::deflate::Inflater;
use super::frame::FrameStart;
use super::message::Message;
use super::{DecoderChange, DecoderConfig, Event, Input, MaskKey, Opcode, ProtocolError};
use crate::forced_panics::{Place, panic_if_forced};
use ready::Ready;

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
}

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

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
