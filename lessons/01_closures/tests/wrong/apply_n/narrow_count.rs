//! Wrong: squeezes `n` into a byte. `as` cuts without a word: 300 becomes 44.

/// Applies `f` to `start`, `n` times.
pub fn apply_n<T>(mut f: impl FnMut(T) -> T, n: usize, start: T) -> T {
    (0..n as u8).fold(start, |value, _| f(value))
}
