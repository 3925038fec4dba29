//! Where the two directions of a connection stand.

use std::cell::Cell;

/// What keeps the connection from reading or writing.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) started: Cell<bool>,
    /// What has been read before is being decoded elsewhere.
    pub(super) interrupted: Cell<bool>,
    pub(super) paused: Cell<bool>,
    pub(super) stalled: Cell<bool>,
    /// The peer's FIN or an error came: there is nothing more to read.
    pub(super) read_ended: Cell<bool>,
    /// Readiness came while paused, and will not come again: read when resumed.
    pub(super) unread: Cell<bool>,
    /// While paused, the end of the peer has been looked for, behind what is unread.
    pub(super) end_sought: Cell<bool>,
    /// The socket took no more.
    pub(super) write_blocked: Cell<bool>,
    pub(super) write_failed: Cell<bool>,
    /// What waits is too much for the process, which JavaScript has been told.
    pub(super) overflowed: Cell<bool>,
    pub(super) shutdown: Cell<bool>,
    /// JavaScript waits for everything to be written, and takes it that the socket is full.
    pub(super) drain_awaited: Cell<bool>,
    /// How often JavaScript has asked to be told when everything is written.
    pub(super) written_awaited: Cell<u32>,
    /// JavaScript also wants the bytes as they are read.
    pub(super) tapped: Cell<bool>,
    /// Closing is to be a RST.
    pub(super) reset: Cell<bool>,
    pub(super) closed: Cell<bool>,
    /// There has been a panic.
    pub(super) broken: Cell<bool>,
}

impl Flow {
    /// Whether the connection is simply open, in both directions.
    pub(super) fn is_plain(&self) -> bool {
        self.may_read()
            && !self.write_blocked.get()
            && !self.write_failed.get()
            && !self.shutdown.get()
            && !self.tapped.get()
            && !self.reset.get()
            && !self.broken.get()
            && !self.closed.get()
    }

    pub(super) fn may_read(&self) -> bool {
        self.started.get() && !self.paused.get() && !self.stalled.get() && !self.read_ended.get()
    }

    /// A peer that goes away is noticed while paused, too, unless unread data lie before its end.
    pub(super) fn seeks_end(&self) -> bool {
        self.started.get() && self.paused.get() && !self.read_ended.get() && !self.end_sought.get()
    }
}
