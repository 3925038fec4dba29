//! One connection's life, without a socket: what is being received, what waits to be sent, and how
//! much of either may wait.
//!
//! A driver moves the bytes; the close handshake and its timer belong to JavaScript, whose order of
//! events is part of the `ws` API.

mod broadcast;
mod budget;
mod outbound;

pub use broadcast::Broadcast;
pub use budget::InboundBudget;
pub use outbound::{OUTBOUND, Outbound};

use crate::protocol::{
    Decoder, DecoderChange, DecoderConfig, DeflatePolicy, Encoder, Limits, MaskKey, MessageOptions,
    Opcode, Role, encode_control,
};

/// Everything that is decided when a connection is opened.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionConfig {
    pub decoder: DecoderConfig,
    /// How outgoing messages are compressed, if permessage-deflate has been negotiated.
    pub deflate: Option<DeflatePolicy>,
    /// Fragments of binary messages are handed out as received.
    pub keep_fragments: bool,
}

impl ConnectionConfig {
    /// A decoder for what the peer sends.
    pub fn decoder(&self) -> Decoder {
        let mut decoder = Decoder::new(self.decoder);
        decoder.change(DecoderChange::KeepFragments(self.keep_fragments));
        decoder
    }
}

/// Both directions of a connection.
pub struct Connection {
    pub decoder: Decoder,
    pub encoder: Encoder,
    pub outbound: Outbound,
}

impl Connection {
    pub fn new(config: &ConnectionConfig) -> Self {
        Self {
            decoder: config.decoder(),
            encoder: Encoder::new(config.deflate),
            outbound: Outbound::default(),
        }
    }

    /// Parts with the decoder, which goes on elsewhere.
    pub fn take_decoder(&mut self) -> Box<Decoder> {
        Box::new(std::mem::replace(&mut self.decoder, Self::spent().decoder))
    }

    /// Stands in for one that has gone elsewhere.
    pub fn spent() -> Self {
        let decoder = DecoderConfig {
            role: Role::Server,
            limits: Limits::default(),
            skip_utf8_validation: false,
            inflate: None,
        };
        Self::new(&ConnectionConfig {
            decoder,
            deflate: None,
            keep_fragments: false,
        })
    }

    /// After a panic: nothing more is decoded, and what was being compressed is forgotten. What is
    /// queued is whole frames, see [`Encoder`], and so is what may still be: a close frame.
    pub fn mend(&mut self) {
        self.decoder.end();
        self.encoder = Encoder::new(None);
    }

    /// Queues a message or a fragment of one.
    pub fn send(&mut self, payload: &[u8], options: MessageOptions) {
        let encoder = &mut self.encoder;
        self.outbound
            .append(|out| encoder.message(payload, options, out));
    }

    /// Queues frames that are encoded already, and marks at positions in them.
    pub fn write(&mut self, bytes: Vec<u8>, marks: &[usize]) {
        let length = bytes.len();
        self.outbound.push(bytes);
        for position in marks {
            self.outbound.mark_back((length - position) as u64);
        }
    }

    /// Queues a control frame.
    pub fn send_control(&mut self, opcode: Opcode, payload: &[u8], mask: Option<MaskKey>) {
        self.outbound
            .append(|out| encode_control(opcode, payload, mask, out));
    }
}
