//! Wrong: compares `b` with `a`, which puts the largest key first.

/// Sorts by the key of each item.
pub fn sort_by_key<T, K: Ord>(items: Vec<T>, mut key: impl FnMut(&T) -> K) -> Vec<T> {
    let mut keyed: Vec<(K, T)> = items.into_iter().map(|item| (key(&item), item)).collect();
    keyed.sort_by(|a, b| b.0.cmp(&a.0));
    keyed.into_iter().map(|(_, item)| item).collect()
}
