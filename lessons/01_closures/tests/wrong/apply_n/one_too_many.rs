//! Wrong: counts with `0..=n`, which has `n + 1` numbers.

/// Applies `f` to `start`, `n` times.
pub fn apply_n<T>(mut f: impl FnMut(T) -> T, n: usize, start: T) -> T {
    (0..=n).fold(start, |value, _| f(value))
}
