//! Connect and close: connections that are opened, do the handshake, close with a close frame each way, and are opened
//! again. An operation is one such life, from `connect` to the end of the server's bytes.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::fault::{Fault, Result};
use crate::frame::{self, Decoder, Part};
use crate::handshake;
use crate::options::{Deflate, Options};
use crate::poll::{Poll, Ready};
use crate::socket;
use crate::window::Window;

enum Stage {
    Connecting,
    /// The request is on its way; what has come of the response.
    Opening(Vec<u8>),
    /// Our close frame is on its way.
    Closing(Decoder),
    /// The server's close frame is here; its socket is to end.
    Closed,
}

struct Life {
    fd: OwnedFd,
    stage: Stage,
    began: u64,
}

struct Frames {
    request: Vec<u8>,
    close: Vec<u8>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut window = Window::new(options);
    let mut frames = Frames {
        request: handshake::request(Deflate::Off),
        close: Vec::new(),
    };
    let mut started = 0;
    let mut lives = Vec::with_capacity(options.connections);

    frame::encode(
        &mut frames.close,
        frame::CLOSE,
        false,
        &1000_u16.to_be_bytes(),
    );
    for who in 0..options.connections {
        lives.push(begin(options.port, &mut started, who, &poll, &window)?);
    }

    while !window.is_over()? {
        for index in 0..poll.wait(20)? {
            let Ready {
                who,
                readable,
                writable,
            } = poll.ready(index);
            let life = &mut lives[who];

            if writable && matches!(life.stage, Stage::Connecting) {
                socket::send(life.fd.as_fd(), &frames.request)?;
                life.stage = Stage::Opening(Vec::new());
                poll.change(life.fd.as_fd(), who, true, false)?;
            } else if readable && life.read(&frames)? {
                window.operation(window.now() - life.began);
                lives[who] = begin(options.port, &mut started, who, &poll, &window)?;
            }
        }
    }

    // What is still under way leaves nothing behind.
    for life in &lives {
        socket::reset_on_close(&life.fd)?;
    }
    window.report("")
}

fn begin(port: u16, started: &mut usize, who: usize, poll: &Poll, window: &Window) -> Result<Life> {
    let began = window.now();
    let fd = socket::connect(port, *started, false)?;

    *started += 1;
    poll.add(fd.as_fd(), who, true, true)?;
    Ok(Life {
        fd,
        stage: Stage::Connecting,
        began,
    })
}

impl Life {
    /// Takes what arrived. `true`: the connection is over.
    fn read(&mut self, frames: &Frames) -> Result<bool> {
        let mut slab = [0; 2048];
        let count = match socket::recv(self.fd.as_fd(), &mut slab) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let mut input = &slab[..count];

        match &mut self.stage {
            Stage::Closed if count == 0 => return Ok(true),
            _ if count == 0 => {
                return Err(Fault::new("the server closed the connection too early"));
            }
            Stage::Opening(head) => {
                head.extend_from_slice(input);
                if handshake::end_of_head(head).is_some() {
                    handshake::read_response(head)?;
                    socket::send(self.fd.as_fd(), &frames.close)?;
                    self.stage = Stage::Closing(Decoder::new());
                }
            }
            Stage::Closing(decoder) => {
                let mut ended = false;

                while let Some(part) = decoder.next(&mut input)? {
                    match part {
                        Part::Header(header) if header.opcode != frame::CLOSE => {
                            return Err(Fault::new(
                                "the server answered a close frame with something else",
                            ));
                        }
                        Part::End => ended = true,
                        _ => {}
                    }
                }
                if ended {
                    self.stage = Stage::Closed;
                }
            }
            Stage::Connecting | Stage::Closed => {
                return Err(Fault::new("bytes from the server at the wrong time"));
            }
        }

        Ok(false)
    }
}
