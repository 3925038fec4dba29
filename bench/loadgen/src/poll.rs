//! epoll, level-triggered. Each descriptor has a number that its owner chose.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use crate::socket::check;

pub(crate) struct Poll {
    fd: OwnedFd,
    events: Vec<libc::epoll_event>,
}

#[derive(Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) who: usize,
    /// There is something to read, or nothing more to come.
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

impl Poll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: no memory is passed.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: opened just now.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };

        Ok(Self {
            fd,
            events: vec![libc::epoll_event { events: 0, u64: 0 }; 1024],
        })
    }

    pub(crate) fn add(
        &self,
        fd: BorrowedFd<'_>,
        who: usize,
        read: bool,
        write: bool,
    ) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, who, read, write)
    }

    pub(crate) fn change(
        &self,
        fd: BorrowedFd<'_>,
        who: usize,
        read: bool,
        write: bool,
    ) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, who, read, write)
    }

    /// Waits for events, for at most some milliseconds; says how many there are.
    pub(crate) fn wait(&mut self, milliseconds: i32) -> io::Result<usize> {
        // SAFETY: the vector is as long as the kernel is told.
        let count = check(unsafe {
            libc::epoll_wait(
                self.fd.as_raw_fd(),
                self.events.as_mut_ptr(),
                self.events.len() as i32,
                milliseconds,
            )
        });

        match count {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            other => other.map(|count| count as usize),
        }
    }

    /// Event number `index` of the last `wait`.
    pub(crate) fn ready(&self, index: usize) -> Ready {
        let event = self.events[index];
        let flags = event.events;
        let over = (libc::EPOLLHUP | libc::EPOLLERR | libc::EPOLLRDHUP) as u32;

        Ready {
            who: event.u64 as usize,
            readable: flags & (libc::EPOLLIN as u32 | over) != 0,
            writable: flags & libc::EPOLLOUT as u32 != 0,
        }
    }

    fn control(
        &self,
        what: i32,
        fd: BorrowedFd<'_>,
        who: usize,
        read: bool,
        write: bool,
    ) -> io::Result<()> {
        let mut events = 0;
        if read {
            events |= libc::EPOLLIN as u32;
        }
        if write {
            events |= libc::EPOLLOUT as u32;
        }

        let mut event = libc::epoll_event {
            events,
            u64: who as u64,
        };
        // SAFETY: `event` outlives the call, which copies it.
        check(unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), what, fd.as_raw_fd(), &raw mut event) })
            .map(drop)
    }
}
