//! The few calls of Node-API that the hot path needs, with their invariants.
//!
//! Every function here is safe to call on the thread of `env`, within a handle scope: that is where
//! all code of the bridge runs (`enter` is called by Node on that thread; `HandleScope` is opened
//! for what libuv calls).

use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::rc::Rc;

use napi::sys;

use super::delivery::Call;
use super::environment::Environment;
use super::panics;

/// An error for JavaScript to throw.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn argument(message: &str) -> Self {
        Self {
            code: "ERR_INVALID_ARG_TYPE",
            message: message.to_owned(),
        }
    }
}

pub(super) type Outcome = Result<sys::napi_value, Failure>;

/// What follows a panic in a function that JavaScript calls.
#[derive(Debug, Clone, Copy)]
pub(super) enum AfterPanic {
    /// It throws.
    Throw,
    /// The connection that its first argument names fails, and the function returns `undefined`.
    Fail,
    /// The same, but it returns this number.
    FailAndReturn(i32),
}

/// Runs the body of a function that JavaScript calls: fetches its arguments, catches panics, throws
/// failures.
///
/// # Safety
///
/// Called by Node with the arguments of a `napi_callback` whose data is the pointer of an
/// [`Environment`] that lives as long as JavaScript can run in it.
pub(super) unsafe fn enter<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    after_panic: AfterPanic,
    body: impl FnOnce(&Rc<Environment>, [sys::napi_value; N]) -> Outcome,
) -> sys::napi_value {
    let mut argc = N;
    let mut args = [null_mut(); N];
    let mut data = null_mut();
    // SAFETY: the out-pointers are valid and `args` has room for `argc` values.
    let status = unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &mut argc,
            args.as_mut_ptr(),
            null_mut(),
            &mut data,
        )
    };
    if status != sys::Status::napi_ok || data.is_null() {
        return null_mut();
    }
    // SAFETY: `data` came from `Rc::into_raw` (see `addon`), and that reference is given up only
    // when JavaScript can no longer run.
    let environment = unsafe {
        let pointer = data.cast::<Environment>().cast_const();
        Rc::increment_strong_count(pointer);
        Rc::from_raw(pointer)
    };
    let outcome = panics::caught(|| body(&environment, args));
    let outcome = outcome.unwrap_or_else(|| {
        let id = args.first().copied();
        panics::caught(|| recover(&environment, after_panic, id)).unwrap_or(Ok(null_mut()))
    });
    match outcome {
        Ok(value) => value,
        Err(failure) => {
            throw(env, &failure);
            null_mut()
        }
    }
}

fn recover(
    environment: &Environment,
    after_panic: AfterPanic,
    id: Option<sys::napi_value>,
) -> Outcome {
    let env = environment.env;
    if let AfterPanic::Throw = after_panic {
        return Err(Failure {
            code: panics::CODE,
            message: panics::MESSAGE.to_owned(),
        });
    }
    let id = id.and_then(|id| number(env, id).ok());
    if let Some(link) = id.and_then(|id| environment.link(id)) {
        panics::fail(environment, &link, Call::Nested);
    }
    Ok(match after_panic {
        AfterPanic::FailAndReturn(answer) => int32(env, answer),
        _ => undefined(env),
    })
}

fn throw(env: sys::napi_env, failure: &Failure) {
    let error = create_error(env, failure.code, &failure.message, ErrorClass::TypeError);
    // SAFETY: `error` is a value of the present scope.
    unsafe { sys::napi_throw(env, error) };
}

/// Which class an error object has.
#[derive(Debug, Clone, Copy)]
pub(super) enum ErrorClass {
    Error,
    TypeError,
    RangeError,
}

pub(super) fn create_error(
    env: sys::napi_env,
    code: &str,
    message: &str,
    class: ErrorClass,
) -> sys::napi_value {
    let (code, message) = (string(env, code), string(env, message));
    let mut error = null_mut();
    let create = match class {
        ErrorClass::Error => sys::napi_create_error,
        ErrorClass::TypeError => sys::napi_create_type_error,
        ErrorClass::RangeError => sys::napi_create_range_error,
    };
    // SAFETY: both are strings of the present scope.
    unsafe { create(env, code, message, &mut error) };
    error
}

pub(super) fn string(env: sys::napi_env, text: &str) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: pointer and length describe `text`.
    unsafe {
        sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut value)
    };
    value
}

/// A string of bytes that are all ASCII.
#[cfg(unix)]
pub(super) fn ascii(env: sys::napi_env, text: &[u8]) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: pointer and length describe `text`.
    unsafe {
        let (data, length) = (text.as_ptr().cast(), text.len() as isize);
        sys::napi_create_string_latin1(env, data, length, &mut value)
    };
    value
}

pub(super) fn undefined(env: sys::napi_env) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: the out-pointer is valid.
    unsafe { sys::napi_get_undefined(env, &mut value) };
    value
}

pub(super) fn int32(env: sys::napi_env, number: i32) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: the out-pointer is valid.
    unsafe { sys::napi_create_int32(env, number, &mut value) };
    value
}

pub(super) fn double(env: sys::napi_env, number: f64) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: the out-pointer is valid.
    unsafe { sys::napi_create_double(env, number, &mut value) };
    value
}

/// A number argument.
pub(super) fn number(env: sys::napi_env, value: sys::napi_value) -> Result<f64, Failure> {
    let mut number = 0.0;
    // SAFETY: `value` is an argument of the present call; it may be of any type.
    let status = unsafe { sys::napi_get_value_double(env, value, &mut number) };
    if status == sys::Status::napi_ok {
        Ok(number)
    } else {
        Err(Failure::argument("a number was expected"))
    }
}

/// A small non-negative whole number, such as a set of flags. Anything else becomes 0.
pub(super) fn bits(env: sys::napi_env, value: sys::napi_value) -> u32 {
    let mut bits = 0;
    // SAFETY: as for `number`.
    unsafe { sys::napi_get_value_uint32(env, value, &mut bits) };
    bits
}

pub(super) fn boolean(env: sys::napi_env, value: sys::napi_value) -> bool {
    let mut boolean = false;
    // SAFETY: as for `number`.
    unsafe { sys::napi_get_value_bool(env, value, &mut boolean) };
    boolean
}

/// The bytes of a typed array, where they are now.
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    pub(super) data: *mut u8,
    pub(super) length: usize,
    pub(super) array_buffer: sys::napi_value,
    /// Where `data` is within the array buffer.
    pub(super) offset: usize,
}

impl Bytes {
    /// # Safety
    ///
    /// No JavaScript runs while the slice is used, and nothing else refers to the bytes.
    pub(super) unsafe fn as_mut_slice<'a>(self) -> &'a mut [u8] {
        if self.length == 0 || self.data.is_null() {
            return &mut [];
        }
        // SAFETY: Node-API gave pointer and length of the array's memory, which stays while no
        // JavaScript runs (the caller's promise).
        unsafe { std::slice::from_raw_parts_mut(self.data, self.length) }
    }
}

/// A typed array of bytes (a Buffer, say).
pub(super) fn byte_array(env: sys::napi_env, value: sys::napi_value) -> Result<Bytes, Failure> {
    let mut kind = 0;
    let mut bytes = Bytes {
        data: null_mut(),
        length: 0,
        array_buffer: null_mut(),
        offset: 0,
    };
    let mut data: *mut c_void = null_mut();
    // SAFETY: the out-pointers are valid; a value of another type gives an error status.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut bytes.length,
            &mut data,
            &mut bytes.array_buffer,
            &mut bytes.offset,
        )
    };
    let is_bytes = kind == sys::TypedarrayType::uint8_array
        || kind == sys::TypedarrayType::uint8_clamped_array
        || kind == sys::TypedarrayType::int8_array;
    if status != sys::Status::napi_ok || !is_bytes {
        return Err(Failure::argument("a Uint8Array was expected"));
    }
    bytes.data = data.cast();
    Ok(bytes)
}

/// Appends a string argument as UTF-8; lone surrogates become U+FFFD, as with `Buffer.from`.
pub(super) fn append_string(
    env: sys::napi_env,
    value: sys::napi_value,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    /// UTF-8 of a string that is no longer than this fits, whatever its characters are, into memory
    /// that is reserved unmeasured.
    const UNMEASURED: usize = 16 * 1024;
    const MOST_PER_UNIT: usize = 3;

    let mut length = 0;
    let read = sys::napi_get_value_string_utf16;
    // SAFETY: without a buffer the call only tells how many UTF-16 units there are.
    let status = unsafe { read(env, value, null_mut(), 0, &mut length) };
    if status != sys::Status::napi_ok {
        return Err(Failure::argument("a string was expected"));
    }
    if length <= UNMEASURED {
        length *= MOST_PER_UNIT;
    } else {
        // SAFETY: without a buffer the call only measures.
        unsafe { sys::napi_get_value_string_utf8(env, value, null_mut(), 0, &mut length) };
    }
    // Node-API also writes a NUL.
    out.reserve(length + 1);
    let mut written = 0;
    // SAFETY: the spare capacity has room for `length` bytes and the NUL.
    unsafe {
        let spare = out.as_mut_ptr().add(out.len());
        sys::napi_get_value_string_utf8(env, value, spare.cast(), length + 1, &mut written);
    }
    crate::protocol::commit_spare(out, written.min(length));
    Ok(())
}

/// A Buffer of so many bytes, in memory of its own, which `fill` writes.
pub(super) fn buffer_filled(
    env: sys::napi_env,
    length: usize,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]),
) -> sys::napi_value {
    let mut data = null_mut();
    let mut value = null_mut();
    // SAFETY: the out-pointers are valid.
    unsafe { sys::napi_create_buffer(env, length, &mut data, &mut value) };
    if !data.is_null() {
        // SAFETY: Node has just made this memory, nobody else has it yet, and it stays while no
        // JavaScript runs. It may be uninitialized.
        fill(unsafe { std::slice::from_raw_parts_mut(data.cast(), length) });
    }
    value
}

/// A Buffer with a copy of `bytes`.
pub(super) fn buffer_copy(env: sys::napi_env, bytes: &[u8]) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: pointer and length describe `bytes`, which Node copies.
    unsafe {
        sys::napi_create_buffer_copy(
            env,
            bytes.len(),
            bytes.as_ptr().cast(),
            null_mut(),
            &mut value,
        )
    };
    value
}

/// Whether the host is Node itself: others that pretend to be name themselves in `process.versions`.
#[cfg(unix)]
pub(super) fn host_is_node(env: sys::napi_env) -> bool {
    let mut versions = null_mut();
    // SAFETY: the out-pointers are valid and the names are C strings. A value that is missing, or no
    // object, gives an error status and leaves the out-pointer as it was.
    unsafe {
        sys::napi_get_global(env, &mut versions);
        for name in [c"process", c"versions"] {
            sys::napi_get_named_property(env, versions, name.as_ptr(), &mut versions);
        }
        [c"bun", c"deno"].iter().all(|name| {
            let mut is_there = false;
            sys::napi_has_named_property(env, versions, name.as_ptr(), &mut is_there);
            !is_there
        })
    }
}

/// Adds a function to an object.
pub(super) fn set_function(
    env: sys::napi_env,
    object: sys::napi_value,
    name: &CStr,
    callback: unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value,
    data: *const Environment,
) {
    let mut function = null_mut();
    // SAFETY: `name` is a C string, `callback` has the right type, and `data` is what `enter` asks for.
    unsafe {
        sys::napi_create_function(
            env,
            name.as_ptr(),
            name.to_bytes().len() as isize,
            Some(callback),
            data.cast_mut().cast(),
            &mut function,
        );
        sys::napi_set_named_property(env, object, name.as_ptr(), function);
    }
}

/// A value that is kept from one call to the next. Freed by [`delete`](Self::delete), or with its
/// environment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference(sys::napi_ref);

impl Reference {
    pub(super) fn new(env: sys::napi_env, value: sys::napi_value) -> Result<Self, Failure> {
        Self::with_count(env, value, 1)
    }

    /// One that does not keep the object alive; use it only while somebody else does.
    pub(super) fn weak(env: sys::napi_env, value: sys::napi_value) -> Result<Self, Failure> {
        Self::with_count(env, value, 0)
    }

    fn with_count(env: sys::napi_env, value: sys::napi_value, count: u32) -> Result<Self, Failure> {
        let mut reference = null_mut();
        // SAFETY: `value` is a value of the present scope.
        let status = unsafe { sys::napi_create_reference(env, value, count, &mut reference) };
        if status == sys::Status::napi_ok {
            Ok(Self(reference))
        } else {
            Err(Failure::argument("an object was expected"))
        }
    }

    pub(super) fn get(self, env: sys::napi_env) -> sys::napi_value {
        let mut value = null_mut();
        // SAFETY: the reference is not deleted while it is held by anyone.
        unsafe { sys::napi_get_reference_value(env, self.0, &mut value) };
        value
    }

    pub(super) fn delete(self, env: sys::napi_env) {
        // SAFETY: called once, by the owner.
        unsafe { sys::napi_delete_reference(env, self.0) };
    }
}

/// A handle scope, closed when dropped.
pub(super) struct HandleScope {
    env: sys::napi_env,
    scope: sys::napi_handle_scope,
}

impl HandleScope {
    pub(super) fn open(env: sys::napi_env) -> Self {
        let mut scope = null_mut();
        // SAFETY: scopes are closed in the reverse order, because they are dropped so.
        unsafe { sys::napi_open_handle_scope(env, &mut scope) };
        Self { env, scope }
    }
}

impl Drop for HandleScope {
    fn drop(&mut self) {
        // SAFETY: `scope` is the innermost open scope.
        unsafe { sys::napi_close_handle_scope(self.env, self.scope) };
    }
}
