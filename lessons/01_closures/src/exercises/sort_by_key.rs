/// Sorts as Python's `sorted(items, key=…)` does: small keys first, and items with equal keys
/// stay in the order they came in.
///
/// `key` is called exactly once for each item, because a key may be slow to work out. The
/// standard library's method of this name calls it again for every comparison, so it is no help
/// here.
///
/// ```
/// use lesson_01_closures::sort_by_key::sort_by_key;
///
/// let names = vec!["shinchan", "lmn", "Himavari"];
/// let by_length = sort_by_key(names, |name| name.len());
/// assert_eq!(by_length, ["lmn", "shinchan", "Himavari"]);
/// ```
pub fn sort_by_key<T, K: Ord>(items: Vec<T>, key: impl FnMut(&T) -> K) -> Vec<T> {
    let _ = (items, key); // Delete this line: it only keeps the compiler quiet.
    todo!()
}
