//! The native engine of hawser, a drop-in for the npm package `ws`.
//!
//! The layers, of which each knows only those below it:
//!
//! - `bridge`: the only code that knows JavaScript (feature `addon`).
//! - [`driver`]: who moves the bytes: Node's event loop, I/O threads, or Node's own streams.
//! - [`connection`]: one connection's life. No sockets.
//! - [`protocol`]: bytes to events and back. No sockets, no clock, no JavaScript.

#[cfg(feature = "addon")]
mod bridge;
pub mod connection;
pub mod driver;
mod forced_panics;
pub mod protocol;
