//! The few system calls on sockets that are needed, each as a safe function.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::{c_int, c_void, sockaddr, sockaddr_in, socklen_t};

/// A TCP connection to `port` of this machine.
///
/// `spread` picks one of 200 loopback addresses to connect from, because a single one has only 28,000 ports.
/// When `blocking` is false the connection may still be under way.
pub(crate) fn connect(port: u16, spread: usize, blocking: bool) -> io::Result<OwnedFd> {
    let kind =
        libc::SOCK_STREAM | libc::SOCK_CLOEXEC | if blocking { 0 } else { libc::SOCK_NONBLOCK };
    // SAFETY: no memory is passed.
    let fd = check(unsafe { libc::socket(libc::AF_INET, kind, 0) })?;
    // SAFETY: `fd` was opened just now and belongs to nobody else.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };

    set(&fd, libc::IPPROTO_TCP, libc::TCP_NODELAY)?;
    set(&fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT)?;

    let from = address(Ipv4Addr::new(127, 0, 0, 2 + (spread % 200) as u8), 0);
    // SAFETY: `from` outlives the call, and its size is given.
    check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const from).cast(), size_of_address()) })?;

    let to = address(Ipv4Addr::LOCALHOST, port);
    // SAFETY: as above.
    match check(unsafe {
        libc::connect(
            fd.as_raw_fd(),
            (&raw const to).cast::<sockaddr>(),
            size_of_address(),
        )
    }) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(fd),
    }
}

/// A listening socket on a free port, and that port.
pub(crate) fn listen() -> io::Result<(OwnedFd, u16)> {
    let listener = std::net::TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();

    listener.set_nonblocking(true)?;
    // SAFETY: a socket that is listening. The standard library's backlog is 128 only.
    check(unsafe { libc::listen(listener.as_raw_fd(), 4096) })?;
    Ok((listener.into(), port))
}

/// The next connection that waits, not blocking.
pub(crate) fn accept(listener: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: the peer's address is not asked for.
    let fd = unsafe {
        libc::accept4(
            listener.as_raw_fd(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            flags,
        )
    };
    // SAFETY: `accept4` opened it for us.
    let fd = unsafe { OwnedFd::from_raw_fd(check(fd)?) };

    set(&fd, libc::IPPROTO_TCP, libc::TCP_NODELAY)?;
    Ok(fd)
}

pub(crate) fn set_nonblocking(fd: &OwnedFd) -> io::Result<()> {
    let mut on: c_int = 1;
    // SAFETY: FIONBIO reads one int.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw mut on) }).map(drop)
}

/// Makes closing the socket reset the connection: nothing of it is left behind.
pub(crate) fn reset_on_close(fd: &OwnedFd) -> io::Result<()> {
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    set_option(fd, libc::SOL_SOCKET, libc::SO_LINGER, &linger)
}

pub(crate) fn recv(fd: BorrowedFd<'_>, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the slice is writable memory of the given length.
    let count = unsafe {
        libc::recv(
            fd.as_raw_fd(),
            into.as_mut_ptr().cast::<c_void>(),
            into.len(),
            0,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

pub(crate) fn send(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the slice is readable memory of the given length.
    let count = unsafe {
        libc::send(
            fd.as_raw_fd(),
            bytes.as_ptr().cast::<c_void>(),
            bytes.len(),
            libc::MSG_NOSIGNAL,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

fn set(fd: &OwnedFd, level: c_int, name: c_int) -> io::Result<()> {
    let on: c_int = 1;
    set_option(fd, level, name, &on)
}

fn set_option<T>(fd: &OwnedFd, level: c_int, name: c_int, value: &T) -> io::Result<()> {
    // SAFETY: `value` outlives the call, and its size is given.
    check(unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            name,
            (&raw const *value).cast(),
            size_of::<T>() as socklen_t,
        )
    })
    .map(drop)
}

fn address(ip: Ipv4Addr, port: u16) -> sockaddr_in {
    sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes(ip.octets()),
        },
        sin_zero: [0; 8],
    }
}

fn size_of_address() -> socklen_t {
    size_of::<sockaddr_in>() as socklen_t
}

/// What a system call returned, or the error that it left.
pub(crate) fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
