//! Events, handed to JavaScript in batches.
//!
//! A batch is a run of records in a table that JavaScript made (`lib/delivery.js`), and one call of
//! its `dispatch` function. A record is four 32-bit integers: kind and detail, where the payload
//! is, its offset, its length. Small payloads lie in a [slab](super::slab) that JavaScript views;
//! larger ones have a Buffer of their own, so that a message that is kept pins little memory.
//!
//! Invariants:
//!
//! - A listener may cause another batch while one is being dispatched. The table is a stack: the
//!   inner batch takes the records behind the outer one's, and puts the cursor back. When little is
//!   left of the table, the outer records are set aside and put back.
//! - A listener that throws ends `dispatch`. The exception is reported as uncaught, and dispatch
//!   goes on with the record after the cursor.

mod dispatch;
mod table;

use std::mem::MaybeUninit;
use std::ptr::null_mut;

use napi::sys;

use super::environment::Environment;
use super::heap;
use super::incoming::Incoming;
use super::links::Link;
use super::panics;
use super::raw::{self, ErrorClass, HandleScope};
use super::slab::SlabView;
use crate::protocol::{Event, MessageKind, Payload, ProtocolError, copy_masked};
use table::{Callbacks, HEADER, Table, WORDS};

pub(super) use dispatch::report_exception;
pub(super) use table::DeliveryState;

/// What a record tells. `lib/delivery.js` has the same list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Kind {
    Text = 1,
    Binary = 2,
    Fragment = 3,
    FragmentsEnd = 4,
    Ping = 5,
    Pong = 6,
    /// Detail: the close code.
    Close = 7,
    /// Payload: the error object. Detail: the close code that answers it.
    Violation = 8,
    /// The peer's FIN.
    End = 9,
    /// Detail: the error number.
    ReadFailed = 10,
    /// Detail: the error number.
    WriteFailed = 11,
    /// Detail: how many send callbacks are due.
    Sent = 12,
    Drained = 13,
    ShutDown = 14,
    Closed = 15,
    /// Bytes as they were read, for a program that listens to the socket's own `data`.
    Raw = 16,
    /// What waits for the peer is too much for the process.
    Overflowed = 17,
}

/// Sources of payloads; from `FIRST_BUFFER` up an index into the batch's list of buffers.
const IN_SLAB: i32 = 0;
const IN_CHUNK: i32 = 1;
const FIRST_BUFFER: i32 = 2;

/// How JavaScript is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// From libuv: with the connection's own async context; ticks and microtasks run afterwards.
    Callback,
    /// From within a call of JavaScript's: in the context of that call.
    Nested,
}

/// Records for one connection, to be dispatched together.
pub(super) struct Batch<'e> {
    environment: &'e Environment,
    /// The table, from where this batch begins.
    table: Table,
    /// The table as it was, and what was set aside of it.
    outer: (Table, Vec<i32>),
    count: usize,
    slab: SlabView,
    /// The memory that borrowed payloads lie in, if JavaScript views it itself.
    chunk: Option<raw::Bytes>,
    buffers: Vec<sys::napi_value>,
    _scope: HandleScope,
}

impl<'e> Batch<'e> {
    /// Begins a batch. With `chunk`, payloads that lie in it are viewed where they are.
    ///
    /// `None` if JavaScript cannot be called (any more).
    pub(super) fn begin(environment: &'e Environment, chunk: Option<raw::Bytes>) -> Option<Self> {
        let state = &environment.delivery;
        let callbacks = state.callbacks.get()?;
        if environment.is_closing() {
            return None;
        }
        let scope = HandleScope::open(environment.env);
        let slab = view_slab(environment, callbacks)?;
        let outer = state.table.get();
        let (table, set_aside) = outer.with_room();
        Some(Self {
            environment,
            table,
            outer: (outer, set_aside),
            count: 0,
            slab,
            chunk,
            buffers: Vec::new(),
            _scope: scope,
        })
    }

    /// Whether another event can be taken.
    pub(super) fn has_room(&self) -> bool {
        self.table.top + self.count < self.table.records && self.slab.has_room()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds an event of the protocol.
    pub(super) fn push(&mut self, event: Event<'_>) {
        match event {
            Event::Message { kind, payload } => self.message(message_kind(kind), payload),
            Event::Fragment(payload) => self.message(Kind::Fragment, payload),
            Event::FragmentsEnd => self.note(Kind::FragmentsEnd, 0),
            Event::Ping(body) => self.copied(Kind::Ping, 0, body),
            Event::Pong(body) => self.copied(Kind::Pong, 0, body),
            Event::Close { code, reason } => self.copied(Kind::Close, i32::from(code), reason),
        }
    }

    /// Adds a message whose payload is in memory of its own.
    pub(super) fn owned(&mut self, kind: Kind, payload: Vec<u8>) {
        // Memory of ours could not be transferred to a worker; memory of JavaScript's can.
        self.copied(kind, 0, &payload);
    }

    /// Memory for a message that arrives in pieces, if it may have that before all of it has arrived.
    pub(super) fn memory_for(&self, length: usize, arrived: usize) -> Option<Incoming> {
        let Environment { env, ahead, .. } = self.environment;
        Incoming::new(*env, length, arrived, ahead)
    }

    /// Gives up the memory of a message that will not be complete.
    pub(super) fn discard(&self, incoming: Incoming) {
        incoming.discard(self.environment.env);
    }

    /// Adds a message that was put together in its own Buffer.
    pub(super) fn claimed(&mut self, kind: MessageKind, incoming: Incoming) {
        let (buffer, length) = incoming.into_buffer(self.environment.env);
        self.in_buffer(message_kind(kind), 0, buffer, length);
    }

    /// Adds an event whose payload is copied.
    pub(super) fn copied(&mut self, kind: Kind, detail: i32, bytes: &[u8]) {
        self.filled(kind, detail, bytes.len(), |target| {
            copy_masked(bytes, target, [0; 4]);
        });
    }

    /// Adds an event whose payload `fill` writes to where it is to be.
    fn filled(
        &mut self,
        kind: Kind,
        detail: i32,
        length: usize,
        fill: impl FnOnce(&mut [MaybeUninit<u8>]),
    ) {
        if let Some((offset, target)) = self.slab.take(length) {
            fill(target);
            self.record(kind, detail, IN_SLAB, offset, length);
        } else {
            heap::count_message(length);
            let buffer = raw::buffer_filled(self.environment.env, length, fill);
            self.in_buffer(kind, detail, buffer, length);
        }
    }

    /// Adds an event without a payload.
    pub(super) fn note(&mut self, kind: Kind, detail: i32) {
        self.record(kind, detail, IN_SLAB, 0, 0);
    }

    /// Adds the end of the decoder.
    pub(super) fn violation(&mut self, error: ProtocolError) {
        let class = if error.is_range_error() {
            ErrorClass::RangeError
        } else {
            ErrorClass::Error
        };
        let env = self.environment.env;
        let value = raw::create_error(env, error.code(), &error.to_string(), class);
        self.in_buffer(Kind::Violation, i32::from(error.close_code()), value, 0);
    }

    /// Adds the end of a connection in whose service there was a panic.
    pub(super) fn internal_error(&mut self) {
        let env = self.environment.env;
        let error = raw::create_error(env, panics::CODE, panics::MESSAGE, ErrorClass::Error);
        self.in_buffer(Kind::Violation, i32::from(panics::CLOSE_CODE), error, 0);
    }

    fn message(&mut self, kind: Kind, payload: Payload<'_>) {
        match (payload, self.chunk) {
            (Payload::Owned(bytes), _) => self.owned(kind, bytes),
            // `receive` has it, and adds it by `claimed`.
            (Payload::Claimed, _) => {}
            (Payload::Borrowed(masked), Some(chunk)) => {
                let bytes = masked.in_place();
                let offset = chunk.offset + (bytes.as_ptr() as usize - chunk.data as usize);
                self.record(kind, 0, IN_CHUNK, offset, bytes.len());
            }
            (Payload::Borrowed(masked), None) => {
                self.filled(kind, 0, masked.len(), |target| masked.copy_to(target));
            }
        }
    }

    fn in_buffer(&mut self, kind: Kind, detail: i32, buffer: sys::napi_value, length: usize) {
        let source = FIRST_BUFFER + self.buffers.len() as i32;
        self.buffers.push(buffer);
        self.record(kind, detail, source, 0, length);
    }

    fn record(&mut self, kind: Kind, detail: i32, source: i32, offset: usize, length: usize) {
        let index = HEADER + (self.table.top + self.count) * WORDS;
        debug_assert!(self.table.top + self.count < self.table.records);
        if self.table.top + self.count >= self.table.records {
            return;
        }
        let words = [
            kind as i32 | detail << 8,
            source,
            offset as i32,
            length as i32,
        ];
        // SAFETY: the record is within the table, whose memory `Callbacks` keeps, and which nothing
        // outside `lib/delivery.js` can reach.
        unsafe {
            let target = self.table.words.add(index);
            std::ptr::copy_nonoverlapping(words.as_ptr(), target, WORDS);
        }
        self.count += 1;
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let (outer, set_aside) = &self.outer;
        outer.put_back(set_aside);
        self.environment.delivery.table.set(*outer);
    }
}

/// One note to a connection, in a batch of its own.
pub(super) fn tell(environment: &Environment, link: &Link, call: Call, kind: Kind, detail: i32) {
    if let Some(mut batch) = Batch::begin(environment, None) {
        batch.note(kind, detail);
        batch.dispatch(link, call);
    }
}

pub(super) fn message_kind(kind: MessageKind) -> Kind {
    match kind {
        MessageKind::Text => Kind::Text,
        MessageKind::Binary => Kind::Binary,
    }
}

/// The slab with room for a batch: the present one, or a new one from JavaScript.
fn view_slab(environment: &Environment, callbacks: Callbacks) -> Option<SlabView> {
    let env = environment.env;
    let slab = &environment.delivery.slab;
    if let Some(view) = slab.borrow_mut().view(env) {
        return Some(view);
    }
    let mut value = null_mut();
    // SAFETY: the function is JavaScript of ours which allocates and calls nobody.
    let status = unsafe {
        let function = callbacks.new_slab.get(env);
        let this = raw::undefined(env);
        sys::napi_call_function(env, this, function, 0, std::ptr::null(), &mut value)
    };
    if status != sys::Status::napi_ok {
        report_exception(env);
        return None;
    }
    slab.borrow_mut().replace(env, value).ok()
}
