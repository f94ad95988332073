//! Wrong: the variable is made anew inside the closure, so each call starts from the beginning.

/// Gives out a counter.
pub fn make_counter(start: i64, step: i64) -> impl FnMut() -> i64 {
    move || {
        let mut next = start;
        let answer = next;
        next += step;
        let _ = next;
        answer
    }
}
