//! Wrong: keeps the number of calls in a `static`. There is one of those in the program, not one a
//! counter.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// Gives out a counter.
pub fn make_counter(start: i64, step: i64) -> impl FnMut() -> i64 {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    CALLS.store(0, Relaxed);
    move || start + step * CALLS.fetch_add(1, Relaxed)
}
