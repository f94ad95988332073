//! Wrong: tests for the end after the call, so `n = 0` calls `f` once.

/// Applies `f` to `start`, `n` times.
pub fn apply_n<T>(mut f: impl FnMut(T) -> T, n: usize, start: T) -> T {
    let mut value = f(start);
    for _ in 1..n {
        value = f(value);
    }
    value
}
