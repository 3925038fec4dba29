//! What is sent on a connection that lives on a thread.
//!
//! Frames are gathered for a turn and go to the thread in one piece, in their order. What has been
//! accepted is counted here, for `bufferedAmount`; what has been written, by the thread. A sender that
//! waits to be told that its frame is written is told at once while the thread keeps up, unless one
//! before it waits still.

use crate::bridge::environment::Environment;
use crate::bridge::links::{Link, ThreadIo};
use crate::driver::io_threads::CommandKind;
use crate::protocol::MessageOptions;

use super::{command, live_until_written};

/// Queues a message that its thread is to encode. Returns whether its sender may be told without
/// waiting for the thread.
pub(in crate::bridge) fn send_message(
    environment: &Environment,
    link: &Link,
    io: &mut ThreadIo,
    payload: &[u8],
    options: MessageOptions,
    mark: bool,
) -> bool {
    uncork(environment, link.id, io);
    io.accept(link, payload.len());
    let taken = mark && io.tell_at_once(link);
    let mark = mark && !taken;
    io.untold += u32::from(mark);
    let kind = CommandKind::Message {
        payload: environment.broadcast.borrow_mut().copy(link.id, payload),
        options,
        mark,
    };
    command(environment, link.id, io, kind);
    live_until_written(environment, link.id, io);
    taken
}

/// Queues a frame that others are sent, too. Its sender must not wait to be told.
pub(in crate::bridge) fn broadcast(
    environment: &Environment,
    link: &Link,
    io: &mut ThreadIo,
    frame: &bytes::Bytes,
) {
    io.accept(link, frame.len());
    environment.mover.count_broadcast();
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.pool.broadcast(io.thread, link.id, frame);
    }
}

/// Queues the frames of this turn for their thread.
pub(in crate::bridge) fn uncork(environment: &Environment, id: u64, io: &mut ThreadIo) {
    if io.cork.is_empty() && io.marks.is_empty() {
        return;
    }
    let kind = CommandKind::Write {
        bytes: std::mem::take(&mut io.cork),
        marks: std::mem::take(&mut io.marks),
    };
    command(environment, id, io, kind);
    live_until_written(environment, id, io);
}

impl ThreadIo {
    /// Counts what has been appended to the cork since it was `before` bytes long.
    /// Returns whether its sender may be told without waiting for the thread.
    pub(in crate::bridge) fn corked(&mut self, link: &Link, before: usize, mark: bool) -> bool {
        self.accept(link, self.cork.len() - before);
        if mark && !self.tell_at_once(link) {
            self.marks.push(self.cork.len());
            self.untold += 1;
            return false;
        }
        mark
    }

    pub(in crate::bridge) fn accept(&mut self, link: &Link, bytes: usize) {
        self.accepted += bytes as u64;
        link.counters.set_accepted(self.accepted);
    }

    /// Whether a sender may be told already, and none before it waits: a thread takes a while to
    /// write what a system call would have taken at once.
    fn tell_at_once(&self, link: &Link) -> bool {
        self.untold == 0 && link.counters.keeps_up(self.accepted)
    }
}
