//! Open connections, and the loop that serves them: what may be sent is sent, what arrives is handed to the work of the
//! mode. One `recv` per turn and connection, and no memory held for any of them.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::fault::{Fault, Result};
use crate::frame::{Decoder, Header, Part};
use crate::handshake::{self, Agreed};
use crate::options::{Deflate, Options};
use crate::poll::{Poll, Ready};
use crate::script::{Cursor, Script};
use crate::socket;
use crate::window::Window;

const READ_SIZE: usize = 256 * 1024;

/// A piece of a message.
pub(crate) struct Piece<'a> {
    /// How much of the message came before.
    pub(crate) at: usize,
    pub(crate) compressed: bool,
    pub(crate) text: bool,
    pub(crate) bytes: &'a [u8],
}

/// Frames that connections are allowed to send: whose, and how many.
#[derive(Default)]
pub(crate) struct Permits(Vec<(usize, usize)>);

impl Permits {
    pub(crate) fn give(&mut self, who: usize, frames: usize) {
        match self.0.last_mut() {
            Some((last, count)) if *last == who => *count += frames,
            _ => self.0.push((who, frames)),
        }
    }
}

/// What a mode does with its connections.
pub(crate) trait Work {
    /// The script of a connection.
    fn script(&self, who: usize) -> &Script;

    /// Every connection is open.
    fn start(&mut self, now: u64, permits: &mut Permits);

    /// A part of a message arrived.
    fn piece(&mut self, who: usize, piece: &Piece<'_>) -> Result<()>;

    /// A message of `length` bytes on the wire arrived, all of it.
    fn message(
        &mut self,
        who: usize,
        length: usize,
        now: u64,
        window: &mut Window,
        permits: &mut Permits,
    ) -> Result<()>;
}

pub(crate) struct Connection {
    fd: OwnedFd,
    decoder: Decoder,
    cursor: Cursor,
    /// Of the message that is arriving.
    message: Header,
    received: usize,
    /// The socket was full, so that epoll watches for it to take more.
    blocked: bool,
}

/// Opens a connection and does the handshake, waiting for each step.
pub(crate) fn open(port: u16, number: usize, deflate: Deflate) -> Result<(Connection, Agreed)> {
    let fd = socket::connect(port, number, true)?;
    let mut head = Vec::new();
    let mut byte_buffer = [0; 1024];

    socket::send(fd.as_fd(), &handshake::request(deflate))?;
    while handshake::end_of_head(&head).is_none() {
        match socket::recv(fd.as_fd(), &mut byte_buffer)? {
            0 => {
                return Err(Fault::new(
                    "the server closed the connection in the handshake",
                ));
            }
            count => head.extend_from_slice(&byte_buffer[..count]),
        }
    }
    if handshake::end_of_head(&head) != Some(head.len()) {
        return Err(Fault::new("the server spoke before it was asked"));
    }

    let agreed = handshake::read_response(&head)?;

    if agreed.deflate != (deflate != Deflate::Off) {
        return Err(Fault::new(
            "the server did not agree to what was offered of permessage-deflate",
        ));
    }
    socket::set_nonblocking(&fd)?;
    socket::reset_on_close(&fd)?;

    let (decoder, cursor) = (Decoder::new(), Cursor::default());

    Ok((
        Connection {
            fd,
            decoder,
            cursor,
            message: Header::default(),
            received: 0,
            blocked: false,
        },
        agreed,
    ))
}

/// Opens as many connections as the options say; all servers answer all of them alike.
pub(crate) fn open_all(options: &Options, count: usize) -> Result<(Vec<Connection>, Agreed)> {
    let mut connections = Vec::with_capacity(count);
    let mut agreed = Agreed {
        deflate: false,
        server_takeover: false,
        client_takeover: false,
    };

    for number in 0..count {
        let (connection, answer) = open(options.port, number, options.deflate)?;

        agreed = answer;
        connections.push(connection);
    }

    Ok((connections, agreed))
}

/// Serves the connections until the window closes.
pub(crate) fn run(
    connections: &mut [Connection],
    work: &mut impl Work,
    window: &mut Window,
) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut slab = vec![0; READ_SIZE];
    let mut permits = Permits::default();

    for (who, connection) in connections.iter().enumerate() {
        poll.add(connection.fd.as_fd(), who, true, false)?;
    }
    work.start(window.now(), &mut permits);
    send(connections, work, &poll, &mut permits)?;

    while !window.is_over()? {
        for index in 0..poll.wait(20)? {
            let Ready {
                who,
                readable,
                writable,
            } = poll.ready(index);

            if writable {
                connections[who].flush(who, work, &poll)?;
            }
            if readable {
                connections[who].receive(who, &mut slab, work, window, &mut permits)?;
                send(connections, work, &poll, &mut permits)?;
            }
        }
    }

    Ok(())
}

fn send(
    connections: &mut [Connection],
    work: &impl Work,
    poll: &Poll,
    permits: &mut Permits,
) -> Result<()> {
    for (who, frames) in permits.0.drain(..) {
        let connection = &mut connections[who];

        connection.cursor.permit(frames);
        if !connection.blocked {
            connection.flush(who, work, poll)?;
        }
    }

    Ok(())
}

impl Connection {
    fn flush(&mut self, who: usize, work: &impl Work, poll: &Poll) -> Result<()> {
        let blocked = !self.cursor.flush(self.fd.as_fd(), work.script(who))?;

        if blocked != self.blocked {
            self.blocked = blocked;
            poll.change(self.fd.as_fd(), who, true, blocked)?;
        }

        Ok(())
    }

    fn receive(
        &mut self,
        who: usize,
        slab: &mut [u8],
        work: &mut impl Work,
        window: &mut Window,
        permits: &mut Permits,
    ) -> Result<()> {
        let count = match socket::recv(self.fd.as_fd(), slab) {
            Ok(0) => return Err(Fault::new(format!("the server closed connection {who}"))),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let now = window.now();
        let mut input = &slab[..count];

        while let Some(part) = self.decoder.next(&mut input)? {
            match part {
                Part::Header(header) => self.begin(header)?,
                Part::Payload(bytes) => {
                    let Header {
                        compressed, opcode, ..
                    } = self.message;
                    let text = opcode == crate::frame::TEXT;

                    work.piece(
                        who,
                        &Piece {
                            at: self.received,
                            compressed,
                            text,
                            bytes,
                        },
                    )?;
                    self.received += bytes.len();
                }
                Part::End if self.message.fin => {
                    work.message(who, self.received, now, window, permits)?
                }
                Part::End => {}
            }
        }

        Ok(())
    }

    fn begin(&mut self, header: Header) -> Result<()> {
        if header.opcode > 2 || header.key.is_some() {
            return Err(Fault::new(format!(
                "unexpected frame from the server, opcode {}",
                header.opcode
            )));
        }

        if header.opcode == 0 {
            self.message.fin = header.fin;
        } else {
            self.message = header;
            self.received = 0;
        }
        Ok(())
    }
}
