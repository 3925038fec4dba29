//! What `configure()` limits for the whole process, and how much of it is in use.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::sys;

use super::environment::Environment;
use super::raw::{self, Outcome};
use crate::connection::OUTBOUND;
use crate::protocol::{Account, CONTEXTS, PARTIAL_MESSAGES, Share};

/// In the order of `lib/limits.js`.
static ACCOUNTS: [&Account; 3] = [&PARTIAL_MESSAGES, &OUTBOUND, &CONTEXTS];

/// A connection with permessage-deflate has one for each direction.
const CONTEXTS_PER_CONNECTION: usize = 2;

/// What an environment holds that no connection of the engine's does.
pub(super) struct Holdings {
    /// Contexts of a handshake that is about to open its connection.
    contexts: RefCell<Share>,
    /// What streams of Node's have not written.
    outbound: RefCell<Share>,
}

impl Default for Holdings {
    fn default() -> Self {
        Self {
            contexts: RefCell::new(Share::of(&CONTEXTS)),
            outbound: RefCell::new(Share::of(&OUTBOUND)),
        }
    }
}

impl Holdings {
    /// A connection has been opened, which counts its contexts itself; or it has not been.
    pub(super) fn opened(&self) {
        let mut contexts = self.contexts.borrow_mut();
        if contexts.amount() > 0 {
            let _ = contexts.set(0);
        }
    }
}

/// `configureLimits(which, most, isInitial)`: `which` is a place in the list above, `most` 0 for no
/// limit. What the environment variables say counts once, not again in each worker.
pub(super) fn configure(environment: &Rc<Environment>, args: [sys::napi_value; 3]) -> Outcome {
    static INITIALIZED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

    let env = environment.env;
    let which = raw::bits(env, args[0]) as usize;
    let most = raw::number(env, args[1])?;
    let is_initial = raw::boolean(env, args[2]);
    if let (Some(account), Some(initialized)) = (ACCOUNTS.get(which), INITIALIZED.get(which)) {
        let was_initialized = initialized.swap(true, Ordering::Relaxed);
        if !(is_initial && was_initialized) {
            account.set_most((most >= 1.0).then_some(most as usize));
        }
    }
    Ok(raw::undefined(env))
}

/// `usage(which)`: how much all connections of the process take.
pub(super) fn usage(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let which = raw::bits(environment.env, args[0]) as usize;
    let taken = ACCOUNTS.get(which).map_or(0, |account| account.taken());
    Ok(raw::double(environment.env, taken as f64))
}

/// `reserveContexts()`: whether a connection may be compressed. If so, the next one that is opened
/// has the contexts.
pub(super) fn reserve_contexts(
    environment: &Rc<Environment>,
    _args: [sys::napi_value; 0],
) -> Outcome {
    let mut contexts = environment.limits.contexts.borrow_mut();
    let is_granted = contexts.set(CONTEXTS_PER_CONNECTION).is_ok();
    if !is_granted {
        let _ = contexts.set(0);
    }
    Ok(raw::int32(environment.env, i32::from(is_granted)))
}

/// `releaseContexts()`: no connection is about to be opened (any more).
pub(super) fn release_contexts(
    environment: &Rc<Environment>,
    _args: [sys::napi_value; 0],
) -> Outcome {
    environment.limits.opened();
    Ok(raw::undefined(environment.env))
}

/// `limitsOutbound()`: whether what streams have not written has to be counted.
pub(super) fn limits_outbound(
    environment: &Rc<Environment>,
    _args: [sys::napi_value; 0],
) -> Outcome {
    let is_limited = i32::from(OUTBOUND.is_limited());
    Ok(raw::int32(environment.env, is_limited))
}

/// `holdOutbound(change)`: counts bytes that a stream was given, or has written if it is negative.
/// Returns 0 if that was too much.
pub(super) fn hold_outbound(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let change = raw::number(environment.env, args[0])? as isize;
    let mut outbound = environment.limits.outbound.borrow_mut();
    let amount = outbound.amount().saturating_add_signed(change);
    let is_granted = outbound.set(amount).is_ok();
    Ok(raw::int32(environment.env, i32::from(is_granted)))
}
