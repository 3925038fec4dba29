//! What is right, said as simply as it can be: without regard to speed, with all input so far at
//! hand, and with no code of the crate but the names of its types.

mod decoder;
mod headers;
mod inflate;

pub use decoder::{Reference, Seen};
pub use headers::{is_token, offers, subprotocols};
pub use inflate::{Fault, Inflate};
