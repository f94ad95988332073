//! Grades `sort_by_key`.

use lesson_01_closures::sort_by_key::sort_by_key;
use proptest::prelude::*;

/// The children of the notes: name and age.
fn children() -> Vec<(&'static str, u32)> {
    vec![("lmn", 25), ("shinchan", 12), ("Himavari", 6)]
}

// The key decides, not the item: here it picks the age out of each pair.
#[test]
fn t1_smallest_key_first() {
    assert_eq!(
        sort_by_key(children(), |child| child.1),
        [("Himavari", 6), ("shinchan", 12), ("lmn", 25)],
        "the children sorted by age"
    );
}

// A key may be of any type with an order. Capital letters come before small ones, as in Python.
#[test]
fn t2_keys_may_be_strings() {
    assert_eq!(
        sort_by_key(children(), |child| child.0.to_string()),
        [("Himavari", 6), ("lmn", 25), ("shinchan", 12)],
        "the children sorted by name"
    );
}

// No items and one item are sorted already.
#[test]
fn t3_short_lists() {
    assert_eq!(
        sort_by_key(Vec::<i32>::new(), |x| *x),
        [],
        "an empty list sorted"
    );
    assert_eq!(sort_by_key(vec![9], |x| *x), [9], "a list of one sorted");
}

// A stable sort keeps equal keys in order, so one can sort by name first and by age afterwards.
#[test]
fn t4_equal_keys_keep_their_order() {
    let numbers: Vec<u32> = (0..300).collect();
    let sorted = sort_by_key(numbers.clone(), |n| n % 3);
    let expected: Vec<u32> = (0..3)
        .flat_map(|rest| numbers.iter().copied().filter(move |n| n % 3 == rest))
        .collect();
    assert_eq!(
        sorted, expected,
        "0 to 299 sorted by n % 3: within one remainder the numbers should still ascend"
    );
}

// A key can be slow (a file's size, a price from a server), so Python asks for each only once.
#[test]
fn t5_asks_for_each_key_once() {
    let mut calls = 0;
    let items: Vec<i32> = (0..100).map(|n| n * 37 % 101).collect();
    let sorted = sort_by_key(items, |n| {
        calls += 1;
        *n
    });
    assert!(sorted.is_sorted(), "100 numbers, sorted by themselves");
    assert_eq!(calls, 100, "number of calls of `key` for 100 items");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // Whatever the items, the answer is what a stable sort of the standard library gives.
    #[test]
    fn t6_agrees_with_a_stable_sort(items in prop::collection::vec((0_u8..5, any::<u16>()), 0..80)) {
        let mut expected = items.clone();
        expected.sort_by_key(|item| item.0);
        prop_assert_eq!(
            sort_by_key(items.clone(), |item| item.0), expected,
            "{:?} sorted by the first number of each pair", items
        );
    }
}
