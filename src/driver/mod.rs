//! Who moves the bytes.
//!
//! Three drivers serve the same [`Connection`](crate::connection::Connection):
//!
//! - [`event_loop`]: a socket that was taken over from Node, polled on Node's own libuv loop.
//! - [`io_threads`]: such a socket on one of N tokio threads.
//! - the stream driver: Node keeps the socket (TLS, any `Duplex`, Windows) and hands its bytes over;
//!   it needs no code here, because the bytes are moved by Node.
//!
//! Which of the first two serves a new socket is decided here, in [`IoThreads::choose`]; when one
//! moves to the other afterwards, by [`policy`]. Whether a socket can be taken over at all is for [`takeover`] to say.

#[cfg(unix)]
pub mod clock;
#[cfg(unix)]
pub mod event_loop;
#[cfg(unix)]
pub mod io_threads;
#[cfg(unix)]
pub mod libuv;
pub mod policy;
#[cfg(unix)]
pub mod socket;
#[cfg(unix)]
pub mod takeover;

/// The setting `ioThreads`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IoThreads {
    /// Every connection starts on the loop; [`policy`] moves them.
    Auto,
    /// Every connection moves whenever it can, with or without a reason: for tests.
    Restless,
    /// Every connection lives on one of this many threads; on the loop if it is 0.
    Fixed(usize),
}

/// Where a socket that has been taken over lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    EventLoop,
    /// The index of an I/O thread.
    Thread(usize),
}

/// More threads than this help nobody.
pub const MAX_IO_THREADS: usize = 64;

/// A JavaScript thread does not keep more than these busy.
const MAX_AUTO_THREADS: usize = 4;

fn spare_processors() -> usize {
    std::thread::available_parallelism().map_or(0, |all| all.get() - 1)
}

impl IoThreads {
    /// How many threads connections may be moved to.
    pub fn to_move_to(self) -> usize {
        match self {
            Self::Auto => spare_processors().min(MAX_AUTO_THREADS),
            Self::Restless => 2,
            Self::Fixed(_) => 0,
        }
    }

    /// Where the next connection goes; `count` is how many went before it.
    pub fn choose(self, count: usize) -> Home {
        match self {
            Self::Auto | Self::Restless | Self::Fixed(0) => Home::EventLoop,
            Self::Fixed(threads) => Home::Thread(count % threads.min(MAX_IO_THREADS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_dealt_out_in_turn() {
        assert_eq!(IoThreads::Auto.choose(5), Home::EventLoop);
        assert_eq!(IoThreads::Fixed(0).choose(5), Home::EventLoop);
        let homes: Vec<Home> = (0..4).map(|n| IoThreads::Fixed(2).choose(n)).collect();
        let [a, b] = [Home::Thread(0), Home::Thread(1)];
        assert_eq!(homes, [a, b, a, b]);
    }
}
