//! The one place where the protocol takes memory as written that it did not write itself.
//!
//! Inflating into, or receiving into, the spare capacity of a vector saves zeroing it first, which
//! for messages of a megabyte costs as much as copying them.

/// Makes `written` more bytes of `vec` part of it.
///
/// The caller has had them written: by a call that was given `vec.spare_capacity_mut()` and
/// reported how many bytes of its beginning it filled.
///
/// # Panics
///
/// If `written` is more than the spare capacity.
pub fn commit_spare(vec: &mut Vec<u8>, written: usize) {
    let length = vec.len() + written;
    assert!(
        length <= vec.capacity(),
        "more was written than there was room"
    );
    // SAFETY: `length` is within the capacity (asserted above), and the bytes up to it are
    // initialized: those before by the vector, those after by the writer named above.
    unsafe { vec.set_len(length) };
}
