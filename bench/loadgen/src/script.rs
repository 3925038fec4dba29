//! What a connection sends: frames that were encoded, masked and compressed before the run, one after the other in
//! memory, so that sending any number of them is one `send` of one slice.
//!
//! A script has frames that are sent once and frames that are sent in a cycle for ever. With context takeover the
//! first turn refers to less than the later ones, which is why there are the former.

use std::{io, os::fd::BorrowedFd};

use flate2::{Compress, Compression, FlushCompress};

use crate::fault::Result;
use crate::options::{Deflate, Options};
use crate::payload::Kind;
use crate::{frame, payload, socket};

pub(crate) struct Script {
    frames: Vec<u8>,
    /// Where each frame ends.
    ends: Vec<usize>,
    /// The frame that comes after the last one.
    cycle: usize,
}

/// The messages of an echo run, before framing. Message `i` of a connection is number `i % len`.
pub(crate) fn payloads(options: &Options) -> Vec<Vec<u8>> {
    let count = match options.size {
        // More than a deflate window holds, or a context would find every message in it, whole.
        size if options.payload == Kind::Json => {
            (64 * 1024_usize).div_ceil(size.max(1)).clamp(4, 256)
        }
        0..=4096 => 8,
        // Few of the large ones, so that the generator stays in its cache.
        4097..=65_536 => 4,
        _ => 2,
    };

    (0..count)
        .map(|number| payload::build(options.payload, options.size, number))
        .collect()
}

impl Script {
    /// The payloads in a cycle, compressed as `deflate` says.
    pub(crate) fn new(payloads: &[Vec<u8>], opcode: u8, deflate: Deflate) -> Self {
        let mut script = Self {
            frames: Vec::new(),
            ends: Vec::new(),
            cycle: 0,
        };
        let mut compress = Compress::new(Compression::default(), false);

        if deflate == Deflate::Takeover {
            // Whatever the second turn refers to lies as far back in every later turn.
            payloads
                .iter()
                .for_each(|payload| script.push(opcode, true, &deflated(&mut compress, payload)));
            script.cycle = script.ends.len();
            payloads
                .iter()
                .for_each(|payload| script.push(opcode, true, &deflated(&mut compress, payload)));
            return script;
        }

        loop {
            for payload in payloads {
                if deflate == Deflate::NoTakeover {
                    compress.reset();
                    script.push(opcode, true, &deflated(&mut compress, payload));
                } else {
                    script.push(opcode, false, payload);
                }
            }
            // A long cycle is seldom cut in two by its end.
            if script.frames.len() > 64 * 1024 || script.ends.len() > 1024 {
                return script;
            }
        }
    }

    fn push(&mut self, opcode: u8, compressed: bool, payload: &[u8]) {
        frame::encode(&mut self.frames, opcode, compressed, payload);
        self.ends.push(self.frames.len());
    }
}

/// One message as permessage-deflate has it: flushed, and without the four bytes that every flush ends with.
fn deflated(compress: &mut Compress, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 128);
    let before = compress.total_in();

    loop {
        let used = (compress.total_in() - before) as usize;
        let full_before = out.len() == out.capacity();

        compress
            .compress_vec(&payload[used..], &mut out, FlushCompress::Sync)
            .expect("deflate accepts any input");
        if out.len() < out.capacity() && !full_before {
            break;
        }
        out.reserve(payload.len() + 128);
    }

    out.truncate(out.len() - 4);
    out
}

/// How far one connection is in a script.
#[derive(Default)]
pub(crate) struct Cursor {
    /// The frame that is sent next, or in part.
    frame: usize,
    /// The byte that is sent next.
    at: usize,
    /// Frames that may be sent and have not been, whole.
    due: usize,
}

impl Cursor {
    pub(crate) fn permit(&mut self, frames: usize) {
        self.due += frames;
    }

    /// Sends what is due. `false`: the socket took only a part of it.
    pub(crate) fn flush(&mut self, fd: BorrowedFd<'_>, script: &Script) -> Result<bool> {
        while self.due > 0 {
            let last = (self.frame + self.due).min(script.ends.len());

            match socket::send(fd, &script.frames[self.at..script.ends[last - 1]]) {
                Ok(sent) => self.advance(sent, last, script),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }

        Ok(true)
    }

    fn advance(&mut self, sent: usize, last: usize, script: &Script) {
        self.at += sent;
        while self.frame < last && script.ends[self.frame] <= self.at {
            self.frame += 1;
            self.due -= 1;
        }

        if self.frame == script.ends.len() {
            self.frame = script.cycle;
            self.at = if script.cycle == 0 {
                0
            } else {
                script.ends[script.cycle - 1]
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::*;
    use crate::frame::{Decoder, Part, TEXT};

    /// The payloads of the first `count` frames that a cursor would send, still compressed.
    fn sent(script: &Script, count: usize) -> Vec<Vec<u8>> {
        let mut cursor = Cursor::default();
        let mut stream = Vec::new();

        for _ in 0..count {
            let start = cursor.at;
            let end = script.ends[cursor.frame];
            stream.extend_from_slice(&script.frames[start..end]);
            cursor.permit(1);
            cursor.advance(end - start, cursor.frame + 1, script);
        }

        let mut decoder = Decoder::new();
        let mut input = &stream[..];
        let mut key = [0; 4];
        let mut found: Vec<Vec<u8>> = Vec::new();

        while let Some(part) = decoder.next(&mut input).unwrap() {
            match part {
                Part::Header(header) => {
                    key = header.key.unwrap();
                    found.push(Vec::new());
                }
                Part::Payload(bytes) => {
                    *found.last_mut().unwrap() = bytes
                        .iter()
                        .enumerate()
                        .map(|(i, byte)| byte ^ key[i & 3])
                        .collect();
                }
                Part::End => {}
            }
        }
        found
    }

    #[test]
    fn one_context_inflates_every_turn_of_the_cycle() {
        let options = Options {
            payload: Kind::Json,
            size: 1000,
            ..Options::default()
        };
        let payloads = payloads(&options);
        let script = Script::new(&payloads, TEXT, Deflate::Takeover);
        let mut inflate = Decompress::new(false);

        for (i, compressed) in sent(&script, 300).iter().enumerate() {
            let mut input = compressed.clone();
            input.extend_from_slice(&[0, 0, 0xff, 0xff]);
            let mut out = Vec::with_capacity(4096);
            inflate
                .decompress_vec(&input, &mut out, FlushDecompress::Sync)
                .unwrap();
            assert_eq!(out, payloads[i % payloads.len()], "message {i}");
        }
    }

    #[test]
    fn plain_messages_are_sent_in_turn() {
        let payloads = payloads(&Options {
            size: 16,
            ..Options::default()
        });
        let script = Script::new(&payloads, TEXT, Deflate::Off);

        for (i, payload) in sent(&script, 5000).iter().enumerate() {
            assert_eq!(payload, &payloads[i % payloads.len()]);
        }
    }
}
