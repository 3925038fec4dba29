//! The table of records, and what else batches share.
//!
//! JavaScript makes the table and hands it over once; from then on it lives as long as the environment,
//! and nothing outside `lib/delivery.js` can reach it. It begins with a few words of its own, of which
//! the first is the cursor: the record after the one whose listener is being called.

use std::cell::{Cell, RefCell};
use std::ptr::null_mut;

use napi::sys;

use crate::bridge::raw::{Failure, Reference};
use crate::bridge::slab::Slab;

/// What batches share.
#[derive(Default)]
pub(in crate::bridge) struct DeliveryState {
    pub(super) callbacks: Cell<Option<Callbacks>>,
    pub(super) table: Cell<Table>,
    pub(super) slab: RefCell<Slab>,
}

impl DeliveryState {
    /// Counts a turn, in the table's second word.
    pub(in crate::bridge) fn count_turn(&self) {
        let table = self.table.get();
        if !table.words.is_null() {
            // SAFETY: the table has `HEADER` words before its records.
            unsafe { *table.words.add(1) = (*table.words.add(1)).wrapping_add(1) };
        }
    }

    /// Takes the functions of `lib/delivery.js`, and its table. Returns the table that is used.
    ///
    /// Several copies of `lib/` may share this environment: the package under two names, or loaded
    /// again by a test runner. They are all the same, so that the last one's functions serve
    /// everybody, and the one before can be forgotten. But there is one table: a batch may be
    /// in it just now.
    pub(in crate::bridge) fn configure(
        &self,
        env: sys::napi_env,
        dispatch: sys::napi_value,
        new_slab: sys::napi_value,
        table: sys::napi_value,
    ) -> Result<sys::napi_value, Failure> {
        let functions = [
            Reference::new(env, dispatch)?,
            Reference::new(env, new_slab)?,
        ];
        let table = match self.callbacks.get() {
            Some(before) => {
                before.dispatch.delete(env);
                before.new_slab.delete(env);
                before.table
            }
            None => self.adopt(env, table)?,
        };
        let [dispatch, new_slab] = functions;
        self.callbacks.set(Some(Callbacks {
            dispatch,
            new_slab,
            table,
        }));
        Ok(table.get(env))
    }

    fn adopt(&self, env: sys::napi_env, table: sys::napi_value) -> Result<Reference, Failure> {
        let mut kind = 0;
        let mut length = 0;
        let mut data = null_mut();
        // SAFETY: the out-pointers are valid; a value of another type gives an error status.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                env,
                table,
                &mut kind,
                &mut length,
                &mut data,
                null_mut(),
                null_mut(),
            )
        };
        if status != sys::Status::napi_ok
            || kind != sys::TypedarrayType::int32_array
            || length < HEADER + WORDS
        {
            return Err(Failure::argument("an Int32Array was expected"));
        }
        let reference = Reference::new(env, table)?;
        self.table.set(Table {
            words: data.cast(),
            records: (length - HEADER) / WORDS,
            top: 0,
        });
        Ok(reference)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Callbacks {
    pub(super) dispatch: Reference,
    pub(super) new_slab: Reference,
    /// Keeps the table's memory.
    table: Reference,
}

#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) words: *mut i32,
    pub(super) records: usize,
    /// The first record that no batch uses.
    pub(super) top: usize,
}

impl Table {
    /// The table with room for a batch, and what had to be set aside for that.
    pub(super) fn with_room(self) -> (Self, Vec<i32>) {
        if self.records - self.top >= LEAST_RECORDS.min(self.records) {
            return (self, Vec::new());
        }
        // SAFETY: these are words of the table, which lives as long as the environment.
        let used = unsafe { std::slice::from_raw_parts(self.words.add(HEADER), self.top * WORDS) };
        (Self { top: 0, ..self }, used.to_vec())
    }

    pub(super) fn put_back(self, set_aside: &[i32]) {
        // SAFETY: the words came from here, see `with_room`.
        unsafe {
            let target = self.words.add(HEADER);
            std::ptr::copy_nonoverlapping(set_aside.as_ptr(), target, set_aside.len());
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        Self {
            words: null_mut(),
            records: 0,
            top: 0,
        }
    }
}

/// Words of a record, and words before the first record: the cursor, the count of turns of the
/// event loop, that of batches, and one that is not used.
pub(super) const WORDS: usize = 4;
pub(super) const HEADER: usize = 4;

/// A batch does not begin with room for fewer records than this.
const LEAST_RECORDS: usize = 64;
