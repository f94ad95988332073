//! Wrong: an unstable sort is free to swap items whose keys are equal.

/// Sorts by the key of each item.
pub fn sort_by_key<T, K: Ord>(items: Vec<T>, mut key: impl FnMut(&T) -> K) -> Vec<T> {
    let mut keyed: Vec<(K, T)> = items.into_iter().map(|item| (key(&item), item)).collect();
    keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    keyed.into_iter().map(|(_, item)| item).collect()
}
