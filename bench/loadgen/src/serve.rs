//! The other side, for runs in which clients are measured: an echo server that costs as little as can be. Prints its
//! port, and on a line `measure PID SECONDS` of stdin measures that process while it echoes. An operation is a message
//! that went back; latencies are for the client to tell.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::fault::{Fault, Result};
use crate::frame::{self, Decoder, Part};
use crate::handshake;
use crate::options::Options;
use crate::poll::{Poll, Ready};
use crate::socket;
use crate::window::Window;

const READ_SIZE: usize = 256 * 1024;
/// A client that does not read what it is sent is not read from, beyond this.
const MOST_UNSENT: usize = 4 * 1024 * 1024;

const LISTENER: usize = usize::MAX;
const STDIN: usize = usize::MAX - 1;

struct Client {
    fd: OwnedFd,
    /// The request, until it is whole.
    head: Option<Vec<u8>>,
    decoder: Decoder,
    key: [u8; 4],
    /// Bytes of the frame so far: where in the key its next byte is.
    position: usize,
    unsent: Vec<u8>,
    sent: usize,
    /// What epoll watches for: reading, writing.
    watched: (bool, bool),
}

pub(crate) fn run() -> Result<()> {
    let (listener, port) = socket::listen()?;
    let stdin = io::stdin();
    let mut poll = Poll::new()?;
    let mut clients: Vec<Option<Client>> = Vec::new();
    let mut slab = vec![0; READ_SIZE];
    let mut window: Option<Window> = None;

    poll.add(listener.as_fd(), LISTENER, true, false)?;
    poll.add(stdin.as_fd(), STDIN, true, false)?;
    println!("{{\"event\":\"listening\",\"port\":{port}}}");
    io::stdout().flush()?;

    loop {
        for index in 0..poll.wait(20)? {
            let Ready {
                who,
                readable,
                writable,
            } = poll.ready(index);

            match who {
                LISTENER => accept(listener.as_fd(), &poll, &mut clients)?,
                STDIN => match read_order()? {
                    Some(options) => window = Some(Window::new(&options)),
                    None => return Ok(()),
                },
                _ => {
                    let Some(client) = &mut clients[who] else {
                        continue;
                    };
                    let goes_on = (!writable || client.flush())
                        && (!readable || client.receive(&mut slab, window.as_mut())?);

                    if goes_on {
                        client.watch(who, &poll)?;
                    } else {
                        clients[who] = None;
                    }
                }
            }
        }

        if let Some(open) = &mut window
            && open.is_over()?
        {
            open.report("")?;
            io::stdout().flush()?;
            window = None;
        }
    }
}

/// Reads a line of stdin; `None` at its end.
fn read_order() -> Result<Option<Options>> {
    let mut line = String::new();

    if io::stdin().read_line(&mut line)? == 0 {
        return Ok(None);
    }

    let mut words = line.split_whitespace();
    let (Some("measure"), Some(pid), Some(seconds)) = (words.next(), words.next(), words.next())
    else {
        return Err(Fault::new(format!("not understood: {line}")));
    };
    let number = |_| Fault::new(format!("not understood: {line}"));

    Ok(Some(Options {
        pid: Some(pid.parse().map_err(number)?),
        seconds: seconds
            .parse()
            .map_err(|_| Fault::new(format!("not understood: {line}")))?,
        warm_up: 0.0,
        ..Options::default()
    }))
}

fn accept(listener: BorrowedFd<'_>, poll: &Poll, clients: &mut Vec<Option<Client>>) -> Result<()> {
    let fd = match socket::accept(listener) {
        Ok(fd) => fd,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
        Err(error) => return Err(error.into()),
    };

    poll.add(fd.as_fd(), clients.len(), true, false)?;
    clients.push(Some(Client {
        fd,
        head: Some(Vec::new()),
        decoder: Decoder::new(),
        key: [0; 4],
        position: 0,
        unsent: Vec::new(),
        sent: 0,
        watched: (true, false),
    }));
    Ok(())
}

impl Client {
    /// `false`: the connection is over.
    fn receive(&mut self, slab: &mut [u8], window: Option<&mut Window>) -> Result<bool> {
        let count = match socket::recv(self.fd.as_fd(), slab) {
            Ok(count) if count > 0 => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            _ => return Ok(false),
        };
        let mut input = &slab[..count];

        if let Some(head) = &mut self.head {
            head.extend_from_slice(input);
            if let Some(end) = handshake::end_of_head(head) {
                if end != head.len() {
                    return Err(Fault::new("the client did not wait for the response"));
                }
                self.unsent = handshake::response(head)?;
                self.head = None;
            }
            input = &[];
        }

        Ok(self.echo(input, window)? && self.flush())
    }

    fn echo(&mut self, mut input: &[u8], mut window: Option<&mut Window>) -> Result<bool> {
        while let Some(part) = self.decoder.next(&mut input)? {
            match part {
                Part::Header(header) if header.opcode >= frame::CLOSE => return Ok(false),
                Part::Header(header) => {
                    self.key = header
                        .key
                        .ok_or_else(|| Fault::new("a frame without a mask"))?;
                    self.position = 0;
                    frame::encode_header(
                        &mut self.unsent,
                        header.opcode,
                        false,
                        header.length,
                        false,
                    );
                }
                Part::Payload(bytes) => self.unmask(bytes),
                Part::End => {
                    if let Some(window) = &mut window {
                        window.operation(0);
                    }
                }
            }
        }

        Ok(true)
    }

    /// Appends bytes of a payload, eight at a time.
    fn unmask(&mut self, bytes: &[u8]) {
        let mut key = self.key;
        key.rotate_left(self.position & 3);
        let [a, b, c, d] = key;
        let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
        let (words, rest) = bytes.as_chunks::<8>();

        self.unsent.reserve(bytes.len());
        for word in words {
            self.unsent
                .extend_from_slice(&(u64::from_ne_bytes(*word) ^ wide).to_ne_bytes());
        }
        self.unsent.extend(
            rest.iter()
                .zip(key.iter().cycle())
                .map(|(byte, key)| byte ^ key),
        );
        self.position += bytes.len();
    }

    /// Sends what there is. `false`: the connection is over.
    fn flush(&mut self) -> bool {
        while self.sent < self.unsent.len() {
            match socket::send(self.fd.as_fd(), &self.unsent[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            }
        }

        self.unsent.clear();
        self.sent = 0;
        true
    }

    fn watch(&mut self, who: usize, poll: &Poll) -> Result<()> {
        let waiting = self.unsent.len() - self.sent;
        let wanted = (waiting < MOST_UNSENT, waiting > 0);

        if wanted != self.watched {
            self.watched = wanted;
            poll.change(self.fd.as_fd(), who, wanted.0, wanted.1)?;
        }
        Ok(())
    }
}
