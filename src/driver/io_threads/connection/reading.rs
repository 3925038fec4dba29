//! What a connection reads, and what it decodes to.
//!
//! A turn of reading is bounded, so that others get theirs, and becomes one delivery. What is delivered
//! and not heard yet counts against the inbound budget; above that the connection stalls, and TCP
//! slows the peer down.

use std::io;

use super::ThreadConnection;
use crate::connection::Connection;
use crate::driver::io_threads::{Delivery, Item};
use crate::driver::socket::{self, Received};
use crate::protocol::Input;

impl ThreadConnection {
    /// Reads once, or as long as a large frame can be received directly.
    pub(super) fn read(&self) -> Socketful {
        let mut delivery = Delivery::new(self.key);
        let mut left = READS_PER_TURN;
        let result = loop {
            let (received, wanted) = self.read_into(&mut delivery);
            left -= 1;
            if let Received::Bytes(length) = received {
                self.budget.count_received(length);
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

    /// What was read before the takeover.
    pub(super) fn take_head(&self, mut head: Vec<u8>) {
        let mut delivery = Delivery::new(self.key);
        let raw = self.flow.tapped.get().then(|| head.clone());
        decode(&mut self.state.borrow_mut(), &mut head, &mut delivery);
        if let Some(raw) = raw {
            delivery.push_raw(raw);
        }
        self.deliver(delivery);
    }

    /// While paused: tells of the peer's end if nothing lies before it.
    pub(super) fn seek_end(&self) {
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

    pub(super) fn fail_read(&self, error: io::Error) {
        self.flow.read_ended.set(true);
        self.deliver(Delivery::of(self.key, Item::ReadFailed(error)));
    }

    pub(super) fn deliver(&self, delivery: Delivery) {
        if delivery.items.is_empty() {
            return;
        }
        if delivery.charged > 0 && self.budget.charge(delivery.charged) {
            self.flow.stalled.set(true);
        }
        self.thread.outbox.push(delivery);
    }
}

/// What a turn of reading leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Socketful {
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

pub(super) fn drain(state: &mut Connection, input: &mut Input<'_>, delivery: &mut Delivery) {
    loop {
        match state.decoder.next(input) {
            Ok(Some(event)) => delivery.push(event),
            Ok(None) => return,
            Err(error) => return delivery.items.push(Item::Violation(error)),
        }
    }
}
