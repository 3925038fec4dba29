//! The boundary to JavaScript: the only code that knows napi.
//!
//! - `addon`: what the addon exports.
//! - `environment`: the state of one JavaScript environment (the main thread, or a worker), and its end.
//! - `links`: the connections of an environment, by numbers that are never used twice.
//! - `greet`: sockets before their opening handshake. `open`, `send`, `receive`, `flush`, `control`: what JavaScript calls, and what sockets cause.
//! - `delivery`, `slab`: batches of events, handed to JavaScript in one call, and their memory. `external_memory`: memory that is handed over as it is.
//! - `threads`: connections on I/O threads, seen from here. `codec`: parts of the protocol by themselves.
//! - `migration`: connections that move between the loop and the threads.
//! - `panics`: what follows a panic. `raw`: the few calls of Node-API that all of them need.
//!
//! The calls of the hot path are raw Node-API functions, which cost a third of what generated ones
//! do. Three rules keep them sound. No `RefCell` is borrowed while JavaScript runs, because
//! JavaScript may call back in. No pointer into JavaScript memory is kept across a call into
//! JavaScript. Every entry catches panics: they become an error, or the end of one connection.

// Where no socket can be taken over (Windows), a good part of this has nothing to do.
#![cfg_attr(
    not(unix),
    allow(dead_code, unused_imports, unused_mut, unused_variables)
)]

mod addon;
mod codec;
mod control;
mod delivery;
mod environment;
mod external_memory;
mod flush;
#[cfg(unix)]
mod greet;
mod heap;
mod incoming;
#[cfg(unix)]
mod large_messages;
mod limits;
mod links;
#[cfg(unix)]
mod migration;
mod open;
mod panics;
mod raw;
mod receive;
mod send;
mod slab;
#[cfg(unix)]
mod threads;
