//! Reads and writes of a non-blocking stream socket.

use std::io::{self, IoSlice, Read};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{MaybeUninitSlice, Socket};

use crate::connection::Outbound;
use crate::forced_panics::{Place, panic_if_forced};
use crate::protocol::{MAX_HEADER_LENGTH, commit_spare};

/// Turns keep-alive probes on, after so many seconds (0: the system's default), or off.
///
/// A socket that has no such option (a Unix domain socket) is left as it is.
pub fn set_keep_alive(socket: &Socket, seconds: Option<u32>) {
    let _ = socket.set_keepalive(seconds.is_some());
    if let Some(seconds @ 1..) = seconds {
        let time = Duration::from_secs(u64::from(seconds));
        let _ = socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(time));
    }
}

/// Turns Nagle's algorithm off or on, where the socket has it.
pub fn set_no_delay(socket: &Socket, no_delay: bool) {
    let _ = socket.set_tcp_nodelay(no_delay);
}

/// Makes the coming close of the socket a RST instead of a FIN.
pub fn reset_on_close(socket: &Socket) {
    let _ = socket.set_linger(Some(Duration::ZERO));
}

/// What sockets are read into, one buffer for each thread: a message of 64 KiB fits, with its header.
pub const READ_BUFFER: usize = 64 * 1024 + MAX_HEADER_LENGTH;
/// The addresses and ports of this end and of the peer's, each with a space between.
pub fn names(socket: &Socket) -> [Option<String>; 2] {
    [socket.local_addr(), socket.peer_addr()].map(|name| match name.ok()?.as_socket()? {
        SocketAddr::V4(name) => Some(format!("{} {}", name.ip(), name.port())),
        SocketAddr::V6(name) => {
            let (ip, port) = (name.ip(), name.port());
            let zone = ip.is_unicast_link_local().then(|| zone(name.scope_id()));
            Some(format!("{ip}{} {port}", zone.unwrap_or_default()))
        }
    })
}

/// The interface of a link-local address, as it is written behind it.
fn zone(index: u32) -> String {
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: the buffer has the size that the function asks for.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
    if found.is_null() {
        return String::new();
    }
    let name: Vec<u8> = name.into_iter().take_while(|&byte| byte != 0).collect();
    format!("%{}", String::from_utf8_lossy(&name))
}

/// What came of a read.
#[derive(Debug)]
pub enum Received {
    /// So many bytes. Fewer than there was room for means that the socket is empty.
    Bytes(usize),
    /// Nothing has arrived.
    WouldBlock,
    /// The peer sent a FIN.
    End,
    Failed(io::Error),
}

/// Reads into `buffer` once.
pub fn receive(socket: &Socket, buffer: &mut [u8]) -> Received {
    classify(|| (&*socket).read(buffer))
}

/// Reads at most `most` bytes into the spare capacity of `buffer` once.
pub fn receive_into(socket: &Socket, buffer: &mut Vec<u8>, most: usize) -> Received {
    let spare = buffer.spare_capacity_mut();
    let most = most.min(spare.len());
    let received = classify(|| socket.recv(&mut spare[..most]));
    if let Received::Bytes(length) = received {
        commit_spare(buffer, length);
    }
    received
}

/// Reads once into `target`, whose first bytes it returns, and what follows into `buffer`.
pub fn receive_split(
    socket: &Socket,
    target: &mut [MaybeUninit<u8>],
    buffer: &mut [u8],
) -> Received {
    // SAFETY: `MaybeUninit<u8>` has the layout of `u8`, and a read leaves nothing uninitialized that
    // was not so before.
    let buffer = unsafe {
        std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast::<MaybeUninit<u8>>(), buffer.len())
    };
    let mut parts = [MaybeUninitSlice::new(target), MaybeUninitSlice::new(buffer)];
    classify(|| socket.recv_vectored(&mut parts).map(|(length, _)| length))
}

/// As [`receive_into`], but the bytes also stay in the socket.
pub fn peek_into(socket: &Socket, buffer: &mut Vec<u8>, most: usize) -> Received {
    let spare = buffer.spare_capacity_mut();
    let most = most.min(spare.len());
    let received = classify(|| socket.peek(&mut spare[..most]));
    if let Received::Bytes(length) = received {
        commit_spare(buffer, length);
    }
    received
}

/// What a read would give, without reading it.
pub fn peek(socket: &Socket) -> Received {
    let mut byte = [std::mem::MaybeUninit::uninit()];
    classify(|| socket.peek(&mut byte))
}

/// The error that has ended the connection, if one has, without reading what came before it.
pub fn failure(socket: &Socket) -> Option<io::Error> {
    socket.take_error().ok().flatten()
}

/// Whether the peer has reset the connection, or it has failed otherwise. What came before can still be
/// read, and the next call says what has happened.
pub fn has_failed(socket: &Socket) -> bool {
    poll(socket, 0, 0).is_ok_and(|ready| ready & libc::POLLERR != 0)
}

fn classify(mut read: impl FnMut() -> io::Result<usize>) -> Received {
    loop {
        return match read() {
            Ok(0) => Received::End,
            Ok(length) => Received::Bytes(length),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Received::WouldBlock,
            Err(error) => Received::Failed(error),
        };
    }
}

/// Whether everything was written, or the socket took no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    All,
    Blocked,
}

/// Writes what waits until the socket takes no more.
pub fn flush(socket: &Socket, outbound: &mut Outbound) -> io::Result<Flushed> {
    flush_with(socket, outbound, 0)
}

/// Writes what waits and, if the socket takes all of it, a FIN, in the same segment where the system
/// knows how to.
pub fn flush_and_shut_down(socket: &Socket, outbound: &mut Outbound) -> io::Result<Flushed> {
    let flushed = flush_with(socket, outbound, MORE_FOLLOWS)?;
    if flushed == Flushed::All {
        // A peer that is gone already needs no FIN.
        let _ = socket.shutdown(std::net::Shutdown::Write);
    }
    Ok(flushed)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const MORE_FOLLOWS: libc::c_int = libc::MSG_MORE;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const MORE_FOLLOWS: libc::c_int = 0;

fn flush_with(socket: &Socket, outbound: &mut Outbound, flags: libc::c_int) -> io::Result<Flushed> {
    while !outbound.is_empty() {
        panic_if_forced(Place::Flush);
        let result = match outbound.single() {
            Some(bytes) => socket.send_with_flags(bytes, flags),
            None => {
                let mut slices = Vec::with_capacity(16);
                outbound.slices(&mut slices);
                socket.send_vectored_with_flags(&slices, flags)
            }
        };
        match written(result)? {
            Some(length) => outbound.advance(length),
            None => return Ok(Flushed::Blocked),
        }
    }
    Ok(Flushed::All)
}

/// Writes a header and a payload that is not ours behind what waits, once. Returns how many bytes
/// of header and payload the socket took; what it did not take is the caller's to keep.
pub fn write_through(
    socket: &Socket,
    outbound: &mut Outbound,
    header: &[u8],
    payload: &[u8],
) -> io::Result<usize> {
    let waiting = (outbound.accepted() - outbound.flushed()) as usize;
    let own = [IoSlice::new(header), IoSlice::new(payload)];
    let result = if waiting == 0 {
        socket.send_vectored(&own)
    } else {
        let mut slices = Vec::with_capacity(18);
        outbound.slices(&mut slices);
        let queued: usize = slices.iter().map(|slice| slice.len()).sum();
        if queued < waiting {
            return Ok(0);
        }
        slices.extend(own);
        socket.send_vectored(&slices)
    };
    let length = written(result)?.unwrap_or(0);
    outbound.advance(length.min(waiting));
    Ok(length.saturating_sub(waiting))
}

/// Writes what waits, waiting for the socket until `deadline`. For the end of a process.
pub fn flush_until(socket: &Socket, outbound: &mut Outbound, deadline: Instant) -> io::Result<()> {
    while flush(socket, outbound)? == Flushed::Blocked {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        wait_writable(socket, left)?;
    }
    Ok(())
}

fn wait_writable(socket: &Socket, left: Duration) -> io::Result<()> {
    let milliseconds = i32::try_from(left.as_millis()).unwrap_or(i32::MAX).max(1);
    match poll(socket, libc::POLLOUT, milliseconds) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// What has happened of `events`, or went wrong, within a time.
fn poll(socket: &Socket, events: i16, milliseconds: i32) -> io::Result<i16> {
    use std::os::fd::AsRawFd;

    let mut poll = libc::pollfd {
        fd: socket.as_raw_fd(),
        events,
        revents: 0,
    };
    // SAFETY: `poll` is one valid pollfd, and the descriptor is open as long as `socket` lives.
    let result = unsafe { libc::poll(&mut poll, 1, milliseconds) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(poll.revents)
}

/// `None` if the socket takes no more.
fn written(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(length) => Ok(Some(length)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Some(0)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Socket, Socket) {
        let (a, b) = Socket::pair(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        a.set_nonblocking(true).unwrap();
        b.set_nonblocking(true).unwrap();
        (a, b)
    }

    #[test]
    fn what_the_socket_does_not_take_stays() {
        let (a, b) = pair();
        let mut outbound = Outbound::default();
        outbound.push(vec![7; 4 << 20]);
        assert_eq!(flush(&a, &mut outbound).unwrap(), Flushed::Blocked);
        let sent = outbound.flushed();
        assert!(sent > 0 && !outbound.is_empty());
        let mut total = 0;
        let mut buffer = vec![0; 1 << 16];
        while total < 4 << 20 {
            match receive(&b, &mut buffer) {
                Received::Bytes(length) => total += length,
                _ => {
                    flush(&a, &mut outbound).unwrap();
                }
            }
        }
        assert!(outbound.is_empty());
        drop(a);
        assert!(matches!(receive(&b, &mut buffer), Received::End));
    }

    #[test]
    fn both_ends_have_names() {
        let listener = std::net::TcpListener::bind("[::1]:0").unwrap();
        let address = listener.local_addr().unwrap();
        let socket = Socket::from(std::net::TcpStream::connect(address).unwrap());
        let [own, peer] = names(&socket);
        assert!(own.unwrap().starts_with("::1 "));
        assert_eq!(peer.unwrap(), format!("::1 {}", address.port()));
        assert_eq!(names(&pair().0), [None, None]);
    }

    #[test]
    fn what_is_looked_at_stays() {
        let (a, b) = pair();
        let mut buffer = Vec::with_capacity(100);
        let received = peek_into(&b, &mut buffer, 100);
        assert!(matches!(received, Received::WouldBlock));
        a.send(b"hello").unwrap();
        for _ in 0..2 {
            buffer.clear();
            let received = peek_into(&b, &mut buffer, 4);
            assert!(matches!(received, Received::Bytes(4)));
            assert_eq!(buffer, b"hell");
        }
        drop(a);
        assert!(matches!(
            receive_into(&b, &mut buffer, 5),
            Received::Bytes(5)
        ));
        assert!(matches!(peek_into(&b, &mut buffer, 5), Received::End));
    }

    #[test]
    fn a_fin_follows_what_waits() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let a = Socket::from(std::net::TcpStream::connect(address).unwrap());
        let (mut b, _) = listener.accept().unwrap();
        let mut outbound = Outbound::default();
        outbound.push(b"the last".to_vec());
        assert_eq!(
            flush_and_shut_down(&a, &mut outbound).unwrap(),
            Flushed::All
        );
        let mut bytes = Vec::new();
        b.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"the last");
    }

    #[test]
    fn a_payload_is_written_behind_what_waits() {
        let (a, b) = pair();
        let mut outbound = Outbound::default();
        outbound.append(|out| out.extend_from_slice(b"first "));
        let taken = write_through(&a, &mut outbound, b"header ", b"payload").unwrap();
        assert_eq!(taken, 14);
        assert!(outbound.is_empty());
        let mut buffer = Vec::with_capacity(100);
        assert!(matches!(
            receive_into(&b, &mut buffer, 100),
            Received::Bytes(20)
        ));
        assert_eq!(buffer, b"first header payload");
    }
}
