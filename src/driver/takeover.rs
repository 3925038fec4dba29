//! Taking a socket over from Node (Unix).
//!
//! Node's handle owns the descriptor until it is closed. A duplicate keeps the TCP connection alive
//! beyond that, and its number belongs to us alone: nothing in Node can read, write or close it.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use socket2::Socket;

/// Duplicates the descriptor of a connected stream socket.
///
/// Refuses what is not one: then the stream driver serves.
pub fn duplicate(fd: RawFd) -> io::Result<Socket> {
    let socket = duplicate_accepted(fd)?;
    if socket.r#type()? != socket2::Type::STREAM {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The same for a descriptor that is known to be that of a non-blocking stream socket: libuv has
/// just accepted it.
pub fn duplicate_accepted(fd: RawFd) -> io::Result<Socket> {
    if fd < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the number comes from a live handle of Node's and is only used within this call,
    // while JavaScript cannot run and close it. If it were not open, `dup` would say so.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let owned: OwnedFd = borrowed.try_clone_to_owned()?;
    Ok(Socket::from(owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn only_stream_sockets_are_taken() {
        let (a, _b) = Socket::pair(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        let copy = duplicate(a.as_raw_fd()).unwrap();
        assert_ne!(copy.as_raw_fd(), a.as_raw_fd());
        let (datagram, _other) =
            Socket::pair(socket2::Domain::UNIX, socket2::Type::DGRAM, None).unwrap();
        assert!(duplicate(datagram.as_raw_fd()).is_err());
        assert!(duplicate(-1).is_err());
        assert!(duplicate(100_000).is_err());
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(duplicate(file.as_raw_fd()).is_err());
    }
}
