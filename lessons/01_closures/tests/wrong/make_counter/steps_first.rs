//! Wrong: adds before it answers, so `start` itself is never given out.

/// Gives out a counter.
pub fn make_counter(start: i64, step: i64) -> impl FnMut() -> i64 {
    let mut next = start;
    move || {
        next += step;
        next
    }
}
