//! A connection on its I/O thread.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;

use bytes::Bytes;
use socket2::Socket;
use tokio::io::unix::AsyncFd;
use tokio::io::{Interest, Ready};
use tokio::sync::Notify;

use super::{CommandKind, Delivery, Item, Key, NewConnection, Reading, Returned, ThreadShared};
use crate::connection::{Connection, InboundBudget, Outbound};
use crate::driver::socket::{self, Flushed, Received};
use crate::forced_panics::{Place, panic_if_forced};
use crate::protocol::Input;

/// Where a thread says how many bytes it has written of what was accepted, whether the socket took
/// no more, and how many more bytes messages have become by encoding them here, as the bits of
/// doubles: JavaScript reads them without a call.
#[derive(Clone, Copy)]
pub struct Progress {
    written: *const AtomicU64,
    blocked: *const AtomicU64,
    correction: *const AtomicU64,
}

impl Progress {
    /// # Safety
    ///
    /// The cells are valid, and written by nobody else, until the thread has been joined.
    pub unsafe fn new([written, blocked, correction]: [*const AtomicU64; 3]) -> Self {
        Self {
            written,
            blocked,
            correction,
        }
    }

    fn set(self, written: u64, blocked: bool) {
        // SAFETY: the cells outlive the thread (see `new`).
        let (written_cell, blocked_cell) = unsafe { (&*self.written, &*self.blocked) };
        written_cell.store((written as f64).to_bits(), Ordering::Relaxed);
        blocked_cell.store(f64::from(u8::from(blocked)).to_bits(), Ordering::Relaxed);
    }

    fn correct(self, by: i64) {
        // SAFETY: as above.
        let cell = unsafe { &*self.correction };
        let before = f64::from_bits(cell.load(Ordering::Relaxed));
        cell.store((before + by as f64).to_bits(), Ordering::Relaxed);
    }
}

// SAFETY: the cells are atomic and outlive the thread (see `Progress::new`).
unsafe impl Send for Progress {}

pub(super) struct ThreadConnection {
    key: Key,
    socket: AsyncFd<Socket>,
    state: RefCell<Connection>,
    flow: Flow,
    /// Something about `flow` changed, which the connection's task must know.
    changed: Notify,
    budget: Arc<InboundBudget>,
    /// See [`NewConnection::unheard`].
    unheard: Cell<bool>,
    progress: Progress,
    /// See [`NewConnection::accounted`].
    accounted: Cell<u64>,
    thread: Rc<ThreadShared>,
}

/// What keeps the connection from reading or writing.
#[derive(Default)]
struct Flow {
    started: Cell<bool>,
    /// What has been read before is being decoded elsewhere.
    interrupted: Cell<bool>,
    paused: Cell<bool>,
    stalled: Cell<bool>,
    /// The peer's FIN or an error came: there is nothing more to read.
    read_ended: Cell<bool>,
    /// Readiness came while paused, and will not come again: read when resumed.
    unread: Cell<bool>,
    /// While paused, the end of the peer has been looked for, behind what is unread.
    end_sought: Cell<bool>,
    /// The socket took no more.
    write_blocked: Cell<bool>,
    write_failed: Cell<bool>,
    /// What waits is too much for the process, which JavaScript has been told.
    overflowed: Cell<bool>,
    shutdown: Cell<bool>,
    /// JavaScript also wants the bytes as they are read.
    tapped: Cell<bool>,
    /// Closing is to be a RST.
    reset: Cell<bool>,
    closed: Cell<bool>,
    /// There has been a panic.
    broken: Cell<bool>,
}

impl Flow {
    /// Whether the connection is simply open, in both directions.
    fn is_plain(&self) -> bool {
        self.may_read()
            && !self.write_blocked.get()
            && !self.write_failed.get()
            && !self.shutdown.get()
            && !self.tapped.get()
            && !self.reset.get()
            && !self.broken.get()
            && !self.closed.get()
    }

    fn may_read(&self) -> bool {
        self.started.get() && !self.paused.get() && !self.stalled.get() && !self.read_ended.get()
    }

    /// A peer that goes away is noticed while paused, too, unless unread data lie before its end.
    fn seeks_end(&self) -> bool {
        self.started.get() && self.paused.get() && !self.read_ended.get() && !self.end_sought.get()
    }
}

impl ThreadConnection {
    /// Takes the socket in and begins to watch it. If that fails JavaScript is told.
    pub(super) fn open(new: NewConnection, thread: Rc<ThreadShared>) -> Option<Rc<Self>> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        // SAFETY: the socket owns its descriptor, which stays open and the same until both are dropped
        // together, and nothing else registers it with this runtime.
        let socket = match unsafe { AsyncFd::register_with_interest(new.socket, interest) } {
            Ok(socket) => socket,
            Err(error) => {
                let mut delivery = Delivery::of(new.key, Item::ReadFailed(error.into()));
                delivery.items.push(Item::Closed);
                thread.outbox.push(delivery);
                return None;
            }
        };
        let flow = Flow::default();
        flow.started.set(new.reading == Reading::Begun);
        flow.interrupted.set(new.reading == Reading::Interrupted);
        let connection = Rc::new(Self {
            key: new.key,
            socket,
            accounted: Cell::new(new.accounted),
            state: RefCell::new(*new.connection),
            flow,
            changed: Notify::new(),
            budget: new.budget,
            unheard: Cell::new(new.unheard),
            progress: new.progress,
            thread,
        });
        tokio::task::spawn_local(Rc::clone(&connection).live());
        Some(connection)
    }

    /// Does what JavaScript wants. Returns whether there is something to flush.
    pub(super) fn apply(&self, kind: CommandKind) -> bool {
        let mut state = self.state.borrow_mut();
        match kind {
            CommandKind::Open(_) | CommandKind::Return => {}
            CommandKind::Start { head, decoder } => {
                if let Some(decoder) = decoder {
                    state.decoder = *decoder;
                }
                drop(state);
                self.flow.started.set(true);
                if !head.is_empty() {
                    self.take_head(head);
                }
                self.changed.notify_one();
            }
            CommandKind::GoOn { mut rest, decoder } => {
                state.decoder = *decoder;
                self.flow.interrupted.set(false);
                self.flow.started.set(true);
                if !rest.is_empty() {
                    let mut delivery = Delivery::new(self.key);
                    let mut input = state.decoder.go_on(&mut rest);
                    drain(&mut state, &mut input, &mut delivery);
                    drop(state);
                    self.deliver(delivery);
                }
                self.changed.notify_one();
            }
            CommandKind::Write { bytes, marks } => {
                self.accounted
                    .set(self.accounted.get() + bytes.len() as u64);
                state.write(bytes, &marks);
                return true;
            }
            CommandKind::Message {
                payload,
                options,
                mark,
            } => {
                self.accounted
                    .set(self.accounted.get() + payload.len() as u64);
                let before = state.outbound.accepted();
                let Connection {
                    encoder, outbound, ..
                } = &mut *state;
                let mut broadcast = self.thread.broadcast.borrow_mut();
                match broadcast.frame(self.key, &payload, encoder, options) {
                    Some(frame) => outbound.push_shared(frame),
                    None => state.send(&payload, options),
                }
                let frame = state.outbound.accepted() - before;
                self.progress.correct(frame as i64 - payload.len() as i64);
                if mark {
                    state.outbound.mark();
                }
                return true;
            }
            CommandKind::Pause => self.flow.paused.set(true),
            CommandKind::Resume => {
                self.flow.paused.set(false);
                self.flow.end_sought.set(false);
                self.changed.notify_one();
            }
            CommandKind::Unstall => {
                self.flow.stalled.set(false);
                self.changed.notify_one();
            }
            CommandKind::Decoder(change) => state.decoder.change(change),
            CommandKind::DeflateDictionary(dictionary) => state.encoder.set_dictionary(dictionary),
            CommandKind::Tap(tapped) => self.flow.tapped.set(tapped),
            CommandKind::NoDelay(no_delay) => {
                socket::set_no_delay(self.socket.get_ref(), no_delay);
            }
            CommandKind::KeepAlive(seconds) => {
                socket::set_keep_alive(self.socket.get_ref(), seconds);
            }
            CommandKind::Reset => {
                self.flow.reset.set(true);
                socket::reset_on_close(self.socket.get_ref());
            }
            CommandKind::Shutdown => {
                self.flow.shutdown.set(true);
                return true;
            }
            CommandKind::Close { decoder } => {
                let may_decode = decoder.is_some() || self.flow.started.get();
                if let Some(decoder) = decoder {
                    state.decoder = *decoder;
                }
                drop(state);
                self.close(may_decode);
            }
        }
        false
    }

    /// Queues a frame that is encoded already, and that others may hold, too.
    pub(super) fn queue_shared(&self, frame: &Bytes) {
        self.accounted
            .set(self.accounted.get() + frame.len() as u64);
        self.state.borrow_mut().outbound.push_shared(frame);
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&self) {
        if self.flow.closed.get() || self.flow.write_failed.get() {
            return;
        }
        if !self.flow.write_blocked.get() {
            self.write();
        } else if self.overflows(&mut self.state.borrow_mut().outbound) {
            let delivery = Delivery::of(self.key, Item::Overflowed);
            self.thread.outbox.push(delivery);
        }
    }

    /// Counts what waits for a socket that takes no more. Returns whether JavaScript is to be told
    /// that it is too much.
    fn overflows(&self, outbound: &mut Outbound) -> bool {
        outbound.hold().is_err() && !self.flow.overflowed.replace(true)
    }

    /// Writes what is queued, waiting for the socket until `deadline`.
    pub(super) fn flush_until(&self, deadline: Instant) {
        let outbound = &mut self.state.borrow_mut().outbound;
        let _ = socket::flush_until(self.socket.get_ref(), outbound, deadline);
    }

    /// Parts with the socket and everything that belongs to it, unless something is going on that
    /// only this thread knows.
    pub(super) fn give_back(&self) -> Option<Returned> {
        self.flush();
        if !self.flow.is_plain() || !self.state.borrow().outbound.is_empty() {
            return None;
        }
        // The task holds the socket until it has been told.
        let socket = self.socket.get_ref().try_clone().ok()?;
        self.flow.closed.set(true);
        self.changed.notify_one();
        let connection = Box::new(self.state.replace(Connection::spent()));
        Some(Returned {
            socket,
            connection,
            accounted: self.accounted.get(),
            unheard: self.unheard.get(),
        })
    }

    /// What follows a panic in the service of the connection: nothing more is decoded, and
    /// JavaScript has a last frame to write. After a second panic it has not.
    pub(super) fn break_down(&self) {
        if self.flow.closed.get() {
            return;
        }
        self.thread.broadcast.borrow_mut().clear();
        let item = if self.flow.broken.replace(true) {
            self.flow.read_ended.set(true);
            self.flow.write_failed.set(true);
            Item::ReadFailed(io::Error::from_raw_os_error(libc::EIO))
        } else {
            self.state.borrow_mut().mend();
            Item::Broken
        };
        self.thread.outbox.push(Delivery::of(self.key, item));
    }

    /// The task of the connection, which a panic does not end: who would hear of the peer's end?
    async fn live(self: Rc<Self>) {
        let mut life = pin!(Rc::clone(&self).run());
        poll_fn(|context| {
            let step = AssertUnwindSafe(|| life.as_mut().poll(context));
            catch_unwind(step).unwrap_or_else(|_| {
                self.break_down();
                life.set(Rc::clone(&self).run());
                context.waker().wake_by_ref();
                Poll::Pending
            })
        })
        .await;
    }

    async fn run(self: Rc<Self>) {
        while !self.flow.closed.get() {
            panic_if_forced(Place::ThreadTask);
            let may_read = self.flow.may_read();
            let seeks_end = self.flow.seeks_end();
            if may_read && self.flow.unread.take() {
                // Nothing will say that the socket is readable: it has been said.
                self.flow.unread.set(self.read() == Socketful::More);
                tokio::task::yield_now().await;
                continue;
            }
            let may_write = self.flow.write_blocked.get();
            tokio::select! {
                biased;
                () = self.changed.notified() => {}
                ready = self.socket.writable(), if may_write => match ready {
                    Ok(mut guard) => {
                        self.write();
                        if self.flow.write_blocked.get() {
                            guard.clear_ready();
                        }
                    }
                    Err(error) => return self.fail_read(error),
                },
                ready = self.socket.readable(), if seeks_end => match ready {
                    Ok(mut guard) => {
                        self.flow.unread.set(true);
                        if guard.ready().is_read_closed() {
                            self.seek_end();
                        } else {
                            guard.clear_ready_matching(Ready::READABLE);
                        }
                    }
                    Err(error) => return self.fail_read(error),
                },
                ready = self.socket.readable(), if may_read => match ready {
                    Ok(mut guard) => {
                        match self.read() {
                            // A FIN that came with the data stays visible: tokio keeps
                            // `read_closed` when readiness is cleared.
                            Socketful::Empty => guard.clear_ready_matching(Ready::READABLE),
                            Socketful::More => {
                                drop(guard);
                                // Other connections of the thread get their turn.
                                tokio::task::yield_now().await;
                            }
                        }
                    }
                    Err(error) => return self.fail_read(error),
                },
            }
        }
    }

    fn write(&self) {
        let mut state = self.state.borrow_mut();
        let outbound = &mut state.outbound;
        let had_blocked = self.flow.write_blocked.take();
        let result = socket::flush(self.socket.get_ref(), outbound);
        let mut delivery = Delivery::new(self.key);
        let completed = outbound.take_completed();
        if completed > 0 {
            delivery.items.push(Item::Sent(completed));
        }
        match result {
            Ok(Flushed::Blocked) => {
                self.flow.write_blocked.set(true);
                let waiting = outbound.accepted() - outbound.flushed();
                let written = self.accounted.get().saturating_sub(waiting);
                self.progress.set(written, true);
                if self.overflows(outbound) {
                    delivery.items.push(Item::Overflowed);
                }
                self.changed.notify_one();
            }
            Ok(Flushed::All) => {
                self.progress.set(self.accounted.get(), false);
                if had_blocked {
                    delivery.items.push(Item::Drained);
                }
                if self.flow.shutdown.take() {
                    let _ = self.socket.get_ref().shutdown(std::net::Shutdown::Write);
                    delivery.items.push(Item::ShutDown);
                }
            }
            Err(error) => {
                self.flow.write_failed.set(true);
                delivery.items.push(Item::WriteFailed(error));
            }
        }
        drop(state);
        if !delivery.items.is_empty() {
            self.thread.outbox.push(delivery);
        }
    }

    /// Reads once, or as long as a large frame can be received directly.
    fn read(&self) -> Socketful {
        let mut delivery = Delivery::new(self.key);
        let mut left = READS_PER_TURN;
        let result = loop {
            let (received, wanted) = self.read_into(&mut delivery);
            left -= 1;
            if let Received::Bytes(length) = received {
                self.budget.count_received(length);
                self.unheard.set(false);
            }
            match received {
                Received::Bytes(length) if length < wanted => break Socketful::Empty,
                Received::Bytes(_) if left > 0 && delivery.charged < CHARGED_PER_TURN => {}
                Received::Bytes(_) => break Socketful::More,
                Received::WouldBlock => break Socketful::Empty,
                Received::End => {
                    self.flow.read_ended.set(true);
                    delivery.items.push(Item::End);
                    break Socketful::More;
                }
                Received::Failed(error) => {
                    self.flow.read_ended.set(true);
                    delivery.items.push(Item::ReadFailed(error));
                    break Socketful::More;
                }
            }
        };
        self.deliver(delivery);
        result
    }

    /// One read and what it decodes to; returns also how much was asked for.
    fn read_into(&self, delivery: &mut Delivery) -> (Received, usize) {
        let mut state = self.state.borrow_mut();
        let decoder = &mut state.decoder;
        let tapped = self.flow.tapped.get();
        if !tapped && let Some((buffer, most)) = decoder.direct_buffer() {
            let received = socket::receive_into(self.socket.get_ref(), buffer, most);
            if let Received::Bytes(length) = received {
                match decoder.commit_direct(length) {
                    Ok(()) => drain(&mut state, &mut Input::none(), delivery),
                    Err(error) => delivery.items.push(Item::Violation(error)),
                }
            }
            return (received, most);
        }
        let buffer = &mut **self.thread.read_buffer.borrow_mut();
        let received = socket::receive(self.socket.get_ref(), buffer);
        if let Received::Bytes(length) = received {
            let bytes = &mut buffer[..length];
            let raw = tapped.then(|| bytes.to_vec());
            decode(&mut state, bytes, delivery);
            if let Some(raw) = raw {
                delivery.push_raw(raw);
            }
        }
        (received, buffer.len())
    }

    /// While paused: tells of the peer's end if nothing lies before it.
    fn seek_end(&self) {
        let item = match socket::peek(self.socket.get_ref()) {
            Received::Bytes(_) | Received::WouldBlock => {
                self.flow.end_sought.set(true);
                // What is unread is heard when the socket is closed.
                match socket::failure(self.socket.get_ref()) {
                    Some(error) => Item::ReadFailed(error),
                    None => return,
                }
            }
            Received::End => Item::End,
            Received::Failed(error) => Item::ReadFailed(error),
        };
        self.flow.read_ended.set(true);
        self.deliver(Delivery::of(self.key, item));
    }

    fn take_head(&self, mut head: Vec<u8>) {
        let mut delivery = Delivery::new(self.key);
        let raw = self.flow.tapped.get().then(|| head.clone());
        decode(&mut self.state.borrow_mut(), &mut head, &mut delivery);
        if let Some(raw) = raw {
            delivery.push_raw(raw);
        }
        self.deliver(delivery);
    }

    fn deliver(&self, delivery: Delivery) {
        if delivery.items.is_empty() {
            return;
        }
        if delivery.charged > 0 && self.budget.charge(delivery.charged) {
            self.flow.stalled.set(true);
        }
        self.thread.outbox.push(delivery);
    }

    fn fail_read(&self, error: io::Error) {
        self.flow.read_ended.set(true);
        self.deliver(Delivery::of(self.key, Item::ReadFailed(error)));
    }

    /// Closes the socket once its task has ended, which is told to. What is unread is heard before, if
    /// it may be decoded here.
    fn close(&self, may_decode: bool) {
        if self.flow.closed.replace(true) {
            return;
        }
        let has_unread = !self.flow.read_ended.get() || self.flow.end_sought.get();
        let is_unread = self.flow.paused.get() && self.flow.started.get() && has_unread;
        // What came with the request is heard in any case.
        let is_unheard = self.unheard.get() && may_decode && !self.flow.read_ended.get();
        if is_unread || is_unheard {
            // What the peer said before the end is still heard. Whatever becomes of that, it is closed.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                panic_if_forced(Place::LastRead);
                self.read()
            }));
        }
        let mut last = Delivery::of(self.key, Item::Closed);
        if !self.flow.write_failed.get() {
            let outbound = &mut self.state.borrow_mut().outbound;
            let _ = socket::flush(self.socket.get_ref(), outbound);
            let completed = outbound.take_completed();
            if completed > 0 {
                last.items.insert(0, Item::Sent(completed));
            }
        }
        // The peer learns of it now, even if the task that holds the descriptor ends a little later.
        if !self.flow.reset.get() {
            let _ = self.socket.get_ref().shutdown(std::net::Shutdown::Both);
        }
        self.changed.notify_one();
        self.thread.outbox.push(last);
    }
}

/// What a turn of reading leaves behind.
#[derive(Debug, PartialEq, Eq)]
enum Socketful {
    Empty,
    More,
}

/// Bounds on one connection's turn, so that others get theirs.
const READS_PER_TURN: usize = 8;
const CHARGED_PER_TURN: usize = 512 * 1024;

fn decode(state: &mut Connection, bytes: &mut [u8], delivery: &mut Delivery) {
    match state.decoder.begin(bytes) {
        Ok(mut input) => drain(state, &mut input, delivery),
        Err(error) => delivery.items.push(Item::Violation(error)),
    }
}

fn drain(state: &mut Connection, input: &mut Input<'_>, delivery: &mut Delivery) {
    loop {
        match state.decoder.next(input) {
            Ok(Some(event)) => delivery.push(event),
            Ok(None) => return,
            Err(error) => return delivery.items.push(Item::Violation(error)),
        }
    }
}
