//! A connection on its I/O thread.
//!
//! It has a task, which waits for the socket and [reads](reading) or [writes](writing) when it may, and
//! it does what JavaScript wants between the task's turns. What keeps either direction from going on is
//! its [flow], of which the task is told when it has changed. No borrow of the connection is held
//! while the task waits.
//!
//! A panic in any of this ends the connection, and neither its task nor its thread.

mod flow;
mod reading;
mod writing;

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use socket2::Socket;
use tokio::io::unix::AsyncFd;
use tokio::io::{Interest, Ready};
use tokio::sync::Notify;

use super::progress::Progress;
use super::thread::ThreadShared;
use super::{CommandKind, Delivery, Item, Key, NewConnection, Reading, Returned};
use crate::connection::{Connection, InboundBudget};
use crate::driver::socket;
use crate::forced_panics::{Place, panic_if_forced};
use flow::Flow;
use reading::{Socketful, drain};

pub(super) struct ThreadConnection {
    key: Key,
    socket: AsyncFd<Socket>,
    state: RefCell<Connection>,
    flow: Flow,
    /// Something about `flow` changed, which the connection's task must know.
    changed: Notify,
    budget: Arc<InboundBudget>,
    progress: Progress,
    /// See [`NewConnection::accounted`].
    accounted: Cell<u64>,
    thread: Rc<ThreadShared>,
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
            CommandKind::TellDrained => {
                self.flow.drain_awaited.set(true);
                return true;
            }
            CommandKind::TellWritten => {
                let awaited = &self.flow.written_awaited;
                awaited.set(awaited.get() + 1);
                return true;
            }
            CommandKind::Close => {
                drop(state);
                self.close();
            }
        }
        false
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

    /// Closes the socket once its task has ended, which is told to.
    fn close(&self) {
        if self.flow.closed.replace(true) {
            return;
        }
        let has_unread = !self.flow.read_ended.get() || self.flow.end_sought.get();
        if self.flow.paused.get() && self.flow.started.get() && has_unread {
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
