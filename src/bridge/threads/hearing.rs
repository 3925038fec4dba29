//! What the threads have said, delivered to JavaScript.
//!
//! A listener may run the loop, and so get here again, or end the process, and what serves it may panic.
//! So what is still to be delivered is kept with the [`Threads`], in its order, and not on the stack; a
//! connection whose delivery is on the stack is passed over until that is done. What the peer says to
//! a connection that is paused is held with it; what became of our own frames is not.

use std::collections::VecDeque;
use std::rc::Rc;

use super::{Threads, command, count_answers, flush_commands, stop_counting};
use crate::bridge::delivery::{Batch, Call, Kind, message_kind};
use crate::bridge::environment::Environment;
use crate::bridge::links::{Io, Link};
use crate::bridge::{control, flush, migration, panics};
use crate::driver::io_threads::{CommandKind, Delivery, Item, Place};
use crate::forced_panics;

/// Delivers what the threads have gathered.
pub(super) fn collect(environment: &Rc<Environment>) {
    environment.run(None, |environment| {
        let in_hand = in_hand(environment);
        if panics::caught(|| collect_all(environment)).is_none() {
            go_on_after_panic(environment, in_hand);
        }
    });
}

/// Takes in the connections that have come back, before everything else that the threads have said.
/// For the end of the process. Returns whether any has.
pub(in crate::bridge) fn settle_returned(environment: &Rc<Environment>) -> bool {
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

/// Deliveries after which the answers to them are handed to the threads: not after each, because a
/// thread that sleeps costs a system call to wake; not after all, because then it would wait for us.
const DELIVERIES_PER_FLUSH: usize = 16;

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
            flush::flush_dirty(environment);
        }
    }
    flush::flush_dirty(environment);
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
    let answers = items.iter().map(Item::answers).sum::<u32>();
    panics::guarded(environment, link, Call::Callback, || {
        dispatch(environment, link, items, &arena);
    });
    if let Io::Thread(io) = &mut *link.io.borrow_mut() {
        io.untold = io.untold.saturating_sub(told);
        if answers > 0 {
            count_answers(environment, io, answers);
        }
        if charged > 0 && io.budget.release(charged) {
            command(environment, link.id, io, CommandKind::Unstall);
        }
        if closed {
            stop_counting(environment, io);
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
        // What asked for that is no code of the program's.
        Item::Written(_) => false,
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
        // Who asked for these is told elsewhere.
        Item::Written(_) | Item::Returned(_) | Item::Kept => {}
        Item::Closed => batch.note(Kind::Closed, 0),
    }
}
