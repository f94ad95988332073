/// Gives out a counter: a closure whose first call answers `start`, the next `start + step`, and
/// so on.
///
/// Each counter keeps its own number. Two counters do not disturb each other.
///
/// ```
/// use lesson_01_closures::make_counter::make_counter;
///
/// let mut ticket = make_counter(100, 5);
/// assert_eq!([ticket(), ticket(), ticket()], [100, 105, 110]);
/// ```
pub fn make_counter(start: i64, step: i64) -> impl FnMut() -> i64 {
    let _ = (start, step); // Delete this line: it only keeps the compiler quiet.
    || todo!()
}
