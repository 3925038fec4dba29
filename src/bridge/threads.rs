//! Connections that live on I/O threads, seen from JavaScript's thread.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::control;
use super::delivery::{Batch, Call, Kind, message_kind};
use super::environment::Environment;
use super::links::{Io, Link, ThreadIo};
use super::migration;
use super::panics;
use crate::driver::event_loop::Wake;
use crate::driver::io_threads::{Command, CommandKind, Delivery, Item, Place, Pool};
use crate::forced_panics;
use crate::protocol::MessageOptions;

/// The threads of an environment, and how they wake it.
pub(super) struct Threads {
    pool: Pool,
    wake: Wake,
    /// Connections that keep the process alive.
    referenced: usize,
    /// Connections that were resumed, or closed, with something held.
    resumed: Vec<u64>,
    /// What is still to be delivered, in order. It is here and not with whoever delivers it because
    /// a listener may end the process.
    postponed: VecDeque<Delivery>,
    /// The connections whose deliveries are on the stack: mostly none or one.
    in_hand: Vec<u64>,
}

impl Threads {
    /// Puts what the threads have said behind what is still to be delivered.
    fn gather(&mut self) {
        let said = self.pool.collect();
        if self.postponed.is_empty() {
            self.postponed = said.into();
        } else {
            self.postponed.extend(said);
        }
    }

    /// Ends the threads and closes the wake-up handle, for the end of the environment.
    pub(super) fn shut_down(self, environment: &Rc<Environment>) {
        // Joining the threads first means that nobody is left to use the handle, which is closed at
        // the end of this.
        let last = self.pool.shut_down();
        for delivery in self.postponed.into_iter().chain(last) {
            migration::write_last(environment, delivery);
        }
    }
}

/// Starts a thread, unless it runs already.
pub(super) fn ensure(environment: &Rc<Environment>, thread: usize) -> io::Result<()> {
    let mut threads = environment.threads.borrow_mut();
    if threads.is_none() {
        *threads = Some(prepare(environment)?);
    }
    match &mut *threads {
        Some(threads) => threads.pool.ensure(thread),
        None => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn prepare(environment: &Rc<Environment>) -> io::Result<Threads> {
    let event_loop = environment.event_loop.ok_or(io::ErrorKind::Unsupported)?;
    let weak = Rc::downgrade(environment);
    let open = environment.count_handle();
    let wake = Wake::new(event_loop, move || {
        let _counted = &open;
        if let Some(environment) = weak.upgrade() {
            collect(&environment);
        }
    })?;
    wake.set_referenced(false);
    // SAFETY: the senders are owned by the pool, whose threads are joined before the handle is
    // closed (see `shut_down`).
    let sender = unsafe { wake.sender() };
    Ok(Threads {
        pool: Pool::new(move || sender.wake()),
        wake,
        referenced: 0,
        resumed: Vec::new(),
        postponed: VecDeque::new(),
        in_hand: Vec::new(),
    })
}

/// Queues a command for the thread of a connection. [`flush_commands`] sends it.
pub(super) fn command(environment: &Environment, id: u64, io: &ThreadIo, kind: CommandKind) {
    if let Some(waiting) = &mut *io.waiting.borrow_mut() {
        waiting.push(kind);
        return;
    }
    command_thread(environment, io.thread, id, kind);
}

pub(super) fn command_thread(
    environment: &Environment,
    thread: usize,
    key: u64,
    kind: CommandKind,
) {
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.pool.command(thread, Command { key, kind });
    }
}

/// Queues a frame that others are sent, too. Its sender must not wait to be told.
pub(super) fn broadcast(
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

/// How long the threads have run.
pub(super) fn time(environment: &Environment) -> Duration {
    match &*environment.threads.borrow() {
        Some(threads) => threads.pool.time(),
        None => Duration::ZERO,
    }
}

/// Hands queued commands to their threads.
pub(super) fn flush_commands(environment: &Environment) {
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.pool.flush();
    }
}

pub(super) fn drain(environment: &Environment, deadline: Instant) {
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.pool.drain(deadline);
    }
}

/// Takes in the connections that have come back, before everything else that the threads have said.
/// For the end of the process. Returns whether any has.
pub(super) fn settle_returned(environment: &Rc<Environment>) -> bool {
    let deliveries = match &mut *environment.threads.borrow_mut() {
        Some(threads) => {
            threads.gather();
            std::mem::take(&mut threads.postponed)
        }
        None => return false,
    };
    let mut any = false;
    let mut postponed = VecDeque::new();
    for delivery in deliveries {
        let link = environment.link(delivery.key as f64);
        let rest = match link {
            Some(link) => migration::settle(environment, &link, delivery),
            None => continue,
        };
        any |= rest.is_none();
        postponed.extend(rest);
    }
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.postponed = postponed;
        // SAFETY: used at once, while the handle is open.
        unsafe { threads.wake.sender() }.wake();
    }
    any
}

/// Changes how many connections keep the process alive.
pub(super) fn set_referenced(environment: &Environment, io: &mut ThreadIo, referenced: bool) {
    if std::mem::replace(&mut io.referenced, referenced) == referenced {
        return;
    }
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        if referenced {
            threads.referenced += 1;
        } else {
            threads.referenced -= 1;
        }
        threads.wake.set_referenced(threads.referenced > 0);
    }
}

impl ThreadIo {
    /// Counts what has been appended to the cork since it was `before` bytes long.
    /// Returns whether its sender may be told without waiting for the thread.
    pub(super) fn corked(&mut self, link: &Link, before: usize, mark: bool) -> bool {
        self.accept(link, self.cork.len() - before);
        if mark && !self.tell_at_once(link) {
            self.marks.push(self.cork.len());
            self.untold += 1;
            return false;
        }
        mark
    }

    pub(super) fn accept(&mut self, link: &Link, bytes: usize) {
        self.accepted += bytes as u64;
        link.counters.set_accepted(self.accepted);
    }

    /// Whether a sender may be told already, and none before it waits: a thread takes a while to
    /// write what a system call would have taken at once.
    fn tell_at_once(&self, link: &Link) -> bool {
        self.untold == 0 && link.counters.keeps_up(self.accepted)
    }
}

/// Queues a message that its thread is to encode. Returns whether its sender may be told without
/// waiting for the thread.
pub(super) fn send_message(
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
    taken
}

/// Queues the frames of this turn for their thread.
pub(super) fn uncork(environment: &Environment, id: u64, io: &mut ThreadIo) {
    if io.cork.is_empty() && io.marks.is_empty() {
        return;
    }
    let kind = CommandKind::Write {
        bytes: std::mem::take(&mut io.cork),
        marks: std::mem::take(&mut io.marks),
    };
    command(environment, id, io, kind);
}

/// Delivers what was read before the takeover, and has the thread read from now on. What cannot be
/// delivered at once goes to the thread, like bytes that come later. Within the delivery of other
/// bytes it only adds to them: the decoder is needed for what is left of those.
pub(super) fn start(environment: &Rc<Environment>, link: &Rc<Link>, head: &[u8]) {
    let was_in_hand = link.in_hand.get();
    let at_once = match &*link.io.borrow() {
        Io::Thread(io) => {
            io.budget.count_received(head.len());
            let is_flowing = !io.paused && !io.tapped;
            io.decoder.is_some() && (is_flowing || was_in_hand)
        }
        _ => return,
    };
    let mut head = head.to_vec();
    if at_once && !head.is_empty() {
        link.in_hand.set(true);
        super::receive::deliver(environment, link, &mut head, None, Call::Nested);
        link.in_hand.set(was_in_hand);
        head.clear();
    }
    if at_once && was_in_hand {
        return;
    }
    if let Io::Thread(io) = &mut *link.io.borrow_mut() {
        let decoder = io.decoder.take();
        command(
            environment,
            link.id,
            io,
            CommandKind::Start { head, decoder },
        );
        flush_commands(environment);
    }
}

/// Has the thread of a connection read from now on that has left the loop while what was read of it
/// there was in hand; `rest` of that has not been decoded. Returns false if there is none.
pub(super) fn go_on(environment: &Environment, link: &Link, rest: &[u8]) -> bool {
    if link.closed.get() {
        // The thread has been told to close: what has been read is still to be heard here.
        return false;
    }
    let Io::Thread(io) = &mut *link.io.borrow_mut() else {
        return false;
    };
    let Some(decoder) = io.decoder.take() else {
        return false;
    };
    let rest = rest.to_vec();
    command(
        environment,
        link.id,
        io,
        CommandKind::GoOn { rest, decoder },
    );
    true
}

pub(super) fn set_paused(
    environment: &Rc<Environment>,
    link: &Rc<Link>,
    io: &mut ThreadIo,
    paused: bool,
) {
    if std::mem::replace(&mut io.paused, paused) == paused {
        return;
    }
    let kind = if paused {
        CommandKind::Pause
    } else {
        CommandKind::Resume
    };
    command(environment, link.id, io, kind);
    flush_commands(environment);
    if !paused {
        release_held(environment, link.id, io);
    }
}

/// Has what was held delivered: from the loop, not within this call of JavaScript's.
fn release_held(environment: &Environment, id: u64, io: &ThreadIo) {
    if !io.held.is_empty()
        && let Some(threads) = &mut *environment.threads.borrow_mut()
    {
        threads.resumed.push(id);
        // SAFETY: used at once, while the handle is open.
        unsafe { threads.wake.sender() }.wake();
    }
}

/// Tells the thread to write what it can and close the socket; the last event follows.
pub(super) fn close(environment: &Environment, link: &Link, io: &mut ThreadIo) {
    uncork(environment, link.id, io);
    // A decoder that has bytes in hand goes on with them here.
    let is_unheard = io.unheard && !link.in_hand.get();
    let decoder = io.decoder.take_if(|_| is_unheard);
    command(environment, link.id, io, CommandKind::Close { decoder });
    flush_commands(environment);
    // What was held while paused is still delivered, before the last event.
    io.paused = false;
    release_held(environment, link.id, io);
}

/// Deliveries after which the answers to them are handed to the threads: not after each, because a
/// thread that sleeps costs a system call to wake; not after all, because then it would wait for us.
const DELIVERIES_PER_FLUSH: usize = 16;

/// Delivers what the threads have gathered.
fn collect(environment: &Rc<Environment>) {
    environment.run(None, |environment| {
        let in_hand = in_hand(environment);
        if panics::caught(|| collect_all(environment)).is_none() {
            go_on_after_panic(environment, in_hand);
        }
    });
}

/// How many deliveries are on the stack.
fn in_hand(environment: &Environment) -> usize {
    let threads = environment.threads.borrow();
    threads.as_ref().map_or(0, |threads| threads.in_hand.len())
}

/// Sees to it that what was not delivered is, in another turn.
fn go_on_after_panic(environment: &Environment, in_hand: usize) {
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.in_hand.truncate(in_hand);
        // SAFETY: used at once, while the handle is open.
        unsafe { threads.wake.sender() }.wake();
    }
}

fn collect_all(environment: &Rc<Environment>) {
    forced_panics::panic_if_forced(forced_panics::Place::Collect);
    let resumed = match &mut *environment.threads.borrow_mut() {
        Some(threads) => {
            threads.gather();
            std::mem::take(&mut threads.resumed)
        }
        None => return,
    };
    for id in resumed {
        if let Some(link) = environment.link(id as f64) {
            deliver_held(environment, &link);
        }
    }
    let mut count = 0;
    while let Some(delivery) = take_in_hand(environment) {
        if let Some(link) = environment.link(delivery.key as f64) {
            environment.run(Some(&link), |environment| {
                if let Some(delivery) = migration::settle(environment, &link, delivery) {
                    take(environment, &link, delivery);
                    migration::after_delivery(environment, &link);
                }
            });
        }
        lay_down(environment);
        count += 1;
        if count % DELIVERIES_PER_FLUSH == 0 {
            super::flush::flush_dirty(environment);
        }
    }
    super::flush::flush_dirty(environment);
    flush_commands(environment);
}

/// The next delivery. A listener that runs the loop gets here from within a delivery: what belongs
/// behind that one stays where it is.
fn take_in_hand(environment: &Environment) -> Option<Delivery> {
    let mut threads = environment.threads.borrow_mut();
    let Threads {
        postponed, in_hand, ..
    } = threads.as_mut()?;
    let mut waiting = postponed.iter();
    let next = waiting.position(|delivery| !in_hand.contains(&delivery.key))?;
    let delivery = postponed.remove(next)?;
    in_hand.push(delivery.key);
    Some(delivery)
}

fn lay_down(environment: &Environment) {
    if let Some(threads) = &mut *environment.threads.borrow_mut() {
        threads.in_hand.pop();
    }
}

fn deliver_held(environment: &Rc<Environment>, link: &Rc<Link>) {
    loop {
        let delivery = match &mut *link.io.borrow_mut() {
            Io::Thread(io) if !io.paused => io.held.pop_front(),
            _ => None,
        };
        let Some(delivery) = delivery else { return };
        environment.run(Some(link), |environment| {
            deliver(environment, link, delivery);
        });
    }
}

fn take(environment: &Rc<Environment>, link: &Rc<Link>, mut delivery: Delivery) {
    if let Io::Thread(io) = &mut *link.io.borrow_mut()
        && (io.paused || !io.held.is_empty())
    {
        let news = delivery.split_news(!io.held.is_empty());
        let said = std::mem::replace(&mut delivery, news);
        if !said.items.is_empty() {
            io.held.push_back(said);
        }
    }
    deliver(environment, link, delivery);
}

/// Hands a delivery to JavaScript.
fn deliver(environment: &Rc<Environment>, link: &Rc<Link>, delivery: Delivery) {
    let Delivery {
        arena,
        items,
        charged,
        ..
    } = delivery;
    let closed = items.iter().any(|item| matches!(item, Item::Closed));
    let told = items.iter().map(Item::told).sum::<u32>();
    panics::guarded(environment, link, Call::Callback, || {
        dispatch(environment, link, items, &arena);
    });
    if let Io::Thread(io) = &mut *link.io.borrow_mut() {
        io.untold = io.untold.saturating_sub(told);
        if charged > 0 && io.budget.release(charged) {
            command(environment, link.id, io, CommandKind::Unstall);
        }
        if closed {
            set_referenced(environment, io, false);
        }
    }
    if closed {
        link.closed.set(true);
        link.io.replace(Io::Closed);
        control::forget(environment, link);
    }
}

fn dispatch(environment: &Environment, link: &Link, items: Vec<Item>, arena: &[u8]) {
    let mut items = items
        .into_iter()
        .filter(|item| is_heard(link, item))
        .peekable();
    while items.peek().is_some() {
        let Some(mut batch) = Batch::begin(environment, None) else {
            break;
        };
        while batch.has_room()
            && let Some(item) = items.next()
        {
            add(&mut batch, item, arena);
        }
        let stuck = batch.is_empty();
        batch.dispatch(link, Call::Callback);
        if stuck {
            break;
        }
    }
}

/// Nothing more is heard of what the peer says once there has been a panic.
fn is_heard(link: &Link, item: &Item) -> bool {
    match item {
        Item::Broken => !link.is_broken.replace(true),
        Item::End => true,
        _ => item.is_news() || !link.is_broken.get(),
    }
}

fn add(batch: &mut Batch<'_>, item: Item, arena: &[u8]) {
    let mut payload = |kind: Kind, detail: i32, place: Place| match place {
        Place::Arena { start, length } => {
            batch.copied(kind, detail, &arena[start..start + length]);
        }
        Place::Own(bytes) => batch.owned(kind, bytes),
    };
    match item {
        Item::Message(kind, place) => payload(message_kind(kind), 0, place),
        Item::Fragment(place) => payload(Kind::Fragment, 0, place),
        Item::Ping(place) => payload(Kind::Ping, 0, place),
        Item::Raw(place) => payload(Kind::Raw, 0, place),
        Item::Pong(place) => payload(Kind::Pong, 0, place),
        Item::Close(code, place) => payload(Kind::Close, i32::from(code), place),
        Item::FragmentsEnd => batch.note(Kind::FragmentsEnd, 0),
        Item::Violation(error) => batch.violation(error),
        Item::Broken => batch.internal_error(),
        Item::End => batch.note(Kind::End, 0),
        Item::ReadFailed(error) => {
            batch.note(Kind::ReadFailed, error.raw_os_error().unwrap_or(0));
        }
        Item::WriteFailed(error) => {
            batch.note(Kind::WriteFailed, error.raw_os_error().unwrap_or(0));
        }
        Item::Sent(count) => batch.note(Kind::Sent, count.min(0x007f_ffff) as i32),
        Item::Drained => batch.note(Kind::Drained, 0),
        Item::Overflowed => batch.note(Kind::Overflowed, 0),
        Item::ShutDown => batch.note(Kind::ShutDown, 0),
        // `migration::settle` has taken these.
        Item::Returned(_) | Item::Kept => {}
        Item::Closed => batch.note(Kind::Closed, 0),
    }
}
