/// Applies `f` to `start`, then to the result, and so on, `n` times in all.
///
/// With `n = 0` the answer is `start` itself. `f` is an `FnMut`: it may change what it keeps, so
/// call it exactly `n` times.
///
/// ```
/// use lesson_01_closures::apply_n::apply_n;
///
/// let after_three_years = apply_n(|savings| savings * 2, 3, 100);
/// assert_eq!(after_three_years, 800);
/// ```
pub fn apply_n<T>(mut f: impl FnMut(T) -> T, n: usize, start: T) -> T {
    (0..n).fold(start, |value, _| f(value))
}
