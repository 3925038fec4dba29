//! What the addon exports to `lib/`.

// What napi's macros export has to be `pub`, however private its module is.
#![allow(unreachable_pub)]

use std::rc::Rc;

use napi::JsValue;
use napi::bindgen_prelude::{Error, Object, Result, Status};
use napi::sys;
use napi_derive::napi;

use super::environment::Environment;
#[cfg(unix)]
use super::greet;
use super::panics;
use super::raw::{self, AfterPanic, Failure, Outcome};
use super::{control, flush, limits, open, receive, send};
use crate::driver::{IoThreads, MAX_IO_THREADS};

/// Called by Node when the addon is loaded into an environment.
#[napi(module_exports)]
pub fn register(exports: Object, env: napi::Env) -> Result<()> {
    panics::caught(|| export_functions(exports, env))
        .ok_or_else(|| Error::new(Status::GenericFailure, panics::MESSAGE))
}

fn export_functions(exports: Object, env: napi::Env) {
    let environment = Environment::new(env.raw());
    // The functions borrow the reference that the environment's cleanup hook holds: Node runs the
    // hook when JavaScript can no longer call them.
    let data = Rc::as_ptr(&environment);

    macro_rules! functions {
        ($after_panic:expr; $($name:literal => $function:path;)*) => {
            $({
                unsafe extern "C" fn entry(
                    env: sys::napi_env,
                    info: sys::napi_callback_info,
                ) -> sys::napi_value {
                    // SAFETY: Node calls this with the data that is given to `set_function` below.
                    unsafe { raw::enter(env, info, $after_panic, $function) }
                }
                raw::set_function(env.raw(), exports.raw(), $name, entry, data);
            })*
        };
    }

    functions! {
        AfterPanic::Throw;
        c"configureDelivery" => configure_delivery;
        c"configureIoThreads" => configure_io_threads;
        c"canTakeOver" => can_take_over;
        c"configureLimits" => limits::configure;
        c"usage" => limits::usage;
        c"reserveContexts" => limits::reserve_contexts;
        c"releaseContexts" => limits::release_contexts;
        c"limitsOutbound" => limits::limits_outbound;
        c"holdOutbound" => limits::hold_outbound;
        c"openStream" => open::open_stream;
        c"openSocket" => open::open_socket;
        c"counters" => open::counters;
        c"flush" => flush::flush;
        c"drain" => flush::drain;
    }
    // The first argument of these is the id of a connection.
    functions! {
        AfterPanic::FailAndReturn(send::BROKEN);
        c"send" => send::send;
        c"sendControl" => send::send_control;
        c"write" => send::write;
        c"encode" => send::encode;
        c"encodeInto" => send::encode_into;
        c"encodeHeader" => send::encode_header;
        // This one is for any connection.
        c"encodeControl" => send::encode_control_frame;
    }
    functions! {
        AfterPanic::FailAndReturn(0);
        c"shutdown" => control::shutdown;
        c"bytesRead" => control::bytes_read;
        c"awaitDrain" => control::await_drain;
    }
    functions! {
        AfterPanic::Fail;
        c"start" => open::start;
        c"receive" => receive::receive;
        c"flushNow" => flush::flush_now;
        c"pause" => control::pause;
        c"resume" => control::resume;
        c"reset" => control::reset;
        c"close" => control::close_connection;
        c"setDictionary" => control::set_dictionary;
        c"changeDecoder" => control::change_decoder;
        c"setTapped" => control::set_tapped;
        c"setReferenced" => control::set_referenced;
        c"setNoDelay" => control::set_no_delay;
        c"setKeepAlive" => control::set_keep_alive;
        c"nameOf" => control::name_of;
    }
    #[cfg(unix)]
    functions! {
        AfterPanic::Throw;
        c"configureGreeting" => greet::configure_greeting;
        c"greet" => greet::greet;
        c"dismiss" => greet::dismiss;
    }
    // What is gone with the panic has not been admitted.
    #[cfg(unix)]
    functions! {
        AfterPanic::FailAndReturn(0);
        c"admit" => greet::admit;
    }
    #[cfg(feature = "forced-panics")]
    functions! {
        AfterPanic::Throw;
        c"forcePanic" => force_panic;
        c"forceStall" => force_stall;
        c"forbidExternalMemory" => forbid_external_memory;
    }
}

/// `configureDelivery(dispatch, newSlab, table)`: how events reach JavaScript. Returns the table that
/// is used, which may be an earlier one.
fn configure_delivery(environment: &Rc<Environment>, args: [sys::napi_value; 3]) -> Outcome {
    let [dispatch, new_slab, table] = args;
    environment
        .delivery
        .configure(environment.env, dispatch, new_slab, table)
}

/// What stands for connections that always move, see `lib/configure.js`.
const RESTLESS: f64 = -2.0;

/// `configureIoThreads(count, isInitial)`: -1 means `auto`. What the environment variable says counts
/// once: another copy of `lib/` may be loaded when the program has chosen.
fn configure_io_threads(environment: &Rc<Environment>, args: [sys::napi_value; 2]) -> Outcome {
    let env = environment.env;
    let count = raw::number(env, args[0])?;
    let is_initial = raw::boolean(env, args[1]);
    let setting = if count == RESTLESS {
        IoThreads::Restless
    } else if count < 0.0 {
        IoThreads::Auto
    } else if count <= MAX_IO_THREADS as f64 {
        IoThreads::Fixed(count as usize)
    } else {
        return Err(Failure {
            code: "ERR_OUT_OF_RANGE",
            message: format!("ioThreads must not be greater than {MAX_IO_THREADS}"),
        });
    };
    let was_configured = environment.is_configured.replace(true);
    if !(is_initial && was_configured) {
        environment.io_threads.set(setting);
        #[cfg(unix)]
        environment.mover.configure(setting);
    }
    Ok(raw::undefined(env))
}

/// `canTakeOver()`: whether the host has what the drivers for sockets need.
fn can_take_over(environment: &Rc<Environment>, _args: [sys::napi_value; 0]) -> Outcome {
    let mut value = std::ptr::null_mut();
    // SAFETY: the out-pointer is valid.
    unsafe { sys::napi_get_boolean(environment.env, environment.can_take_over(), &mut value) };
    Ok(value)
}

/// `forcePanic(place)`: has whoever passes a [`Place`](crate::forced_panics::Place) next panic, if it
/// names one. Returns 1 if the panic that was asked for before is still to come.
#[cfg(feature = "forced-panics")]
fn force_panic(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let mut name = Vec::new();
    raw::append_string(environment.env, args[0], &mut name)?;
    let is_pending = crate::forced_panics::force(&String::from_utf8_lossy(&name));
    Ok(raw::int32(environment.env, i32::from(is_pending)))
}

/// `forceStall(milliseconds)`: has the I/O thread that goes round next do nothing for so long, if that
/// is not 0. Returns 2 if the stall that was asked for before goes on, 1 if it is still to come.
#[cfg(feature = "forced-panics")]
fn force_stall(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    use crate::forced_panics::{Stall, force_stall};

    let milliseconds = raw::number(environment.env, args[0])?;
    let state = match force_stall(std::time::Duration::from_millis(milliseconds as u64)) {
        Stall::None => 0,
        Stall::ToCome(_) => 1,
        Stall::GoingOn => 2,
    };
    Ok(raw::int32(environment.env, state))
}

/// `forbidExternalMemory(flag)`: whether the host is to be like one that allows no memory of ours.
/// Returns how often it has been refused.
#[cfg(feature = "forced-panics")]
fn forbid_external_memory(environment: &Rc<Environment>, args: [sys::napi_value; 1]) -> Outcome {
    let is_forbidden = raw::number(environment.env, args[0])? != 0.0;
    let refused = super::external_memory::forced::forbid(is_forbidden);
    Ok(raw::int32(environment.env, refused as i32))
}
