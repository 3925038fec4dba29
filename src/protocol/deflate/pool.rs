//! Contexts that a thread keeps for the next message, of whichever connection.
//!
//! What is in the pool has been reset: it knows nothing of the messages or the dictionary that it
//! served. A context that is taken is one connection's until it is given back, or freed.

use std::cell::RefCell;

use zlib_rs::{Deflate, Inflate};

use super::deflater::Shape;
use super::{DeflaterConfig, InflaterConfig};

pub(super) fn take_deflate(config: &DeflaterConfig, dictionary: Option<&[u8]>) -> Deflate {
    let shape = config.shape();
    let pooled = POOL.with_borrow_mut(|pool| {
        let index = pool.deflate.iter().position(|(other, _)| *other == shape)?;
        Some(pool.deflate.swap_remove(index).1)
    });
    let mut context = pooled.unwrap_or_else(|| Deflate::new_with_config(config.zlib()));
    if let Some(dictionary) = dictionary {
        let result = context.set_dictionary(dictionary);
        debug_assert!(result.is_ok(), "a fresh context takes any dictionary");
    }
    context
}

pub(super) fn give_back_deflate(config: &DeflaterConfig, mut context: Deflate) {
    // The pool is gone when a thread ends; the context is then simply freed.
    let _ = POOL.try_with(|pool| {
        let pool = &mut pool.borrow_mut().deflate;
        if pool.len() < POOLED {
            context.reset();
            pool.push((config.shape(), context));
        }
    });
}

pub(super) fn take_inflate(config: &InflaterConfig, dictionary: Option<&[u8]>) -> Inflate {
    let mut context = take_empty_inflate(config);
    if let Some(dictionary) = dictionary {
        let result = context.set_dictionary(dictionary);
        debug_assert!(result.is_ok(), "a fresh context takes any dictionary");
    }
    context
}

fn take_empty_inflate(config: &InflaterConfig) -> Inflate {
    let shared = config.no_context_takeover || config.window_bits == FULL_WINDOW;
    if shared && let Some(context) = POOL.with_borrow_mut(|pool| pool.inflate.pop()) {
        return context;
    }
    let window_bits = if shared {
        FULL_WINDOW
    } else {
        config.window_bits.clamp(8, 15)
    };
    Inflate::new(false, window_bits)
}

pub(super) fn give_back_inflate(config: &InflaterConfig, mut context: Inflate) {
    if !config.no_context_takeover && config.window_bits != FULL_WINDOW {
        return;
    }
    let _ = POOL.try_with(|pool| {
        let pool = &mut pool.borrow_mut().inflate;
        if pool.len() < POOLED {
            context.reset(false);
            pool.push(context);
        }
    });
}

/// Idle contexts that a thread keeps; more than these are freed.
const POOLED: usize = 8;

/// The largest window: what a reset context has, and what inflates any smaller one too.
const FULL_WINDOW: u8 = 15;

#[derive(Default)]
struct Pool {
    deflate: Vec<(Shape, Deflate)>,
    inflate: Vec<Inflate>,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
}
