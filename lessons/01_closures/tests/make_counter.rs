//! Grades `make_counter`.

use lesson_01_closures::make_counter::make_counter;
use proptest::prelude::*;

// The counter answers first and steps afterwards, so the start itself is given out.
#[test]
fn t1_begins_with_the_start() {
    let mut counter = make_counter(7, 1);
    assert_eq!(counter(), 7, "first call of make_counter(7, 1)");
}

// What a `move` closure keeps lives as long as the closure, so calls can build on each other.
#[test]
fn t2_remembers_between_calls() {
    let mut counter = make_counter(0, 5);
    let answers = [counter(), counter(), counter(), counter()];
    assert_eq!(
        answers,
        [0, 5, 10, 15],
        "the first four calls of make_counter(0, 5)"
    );
}

// Each closure owns its number. Two counters are two numbers.
#[test]
fn t3_counters_do_not_disturb_each_other() {
    let mut tickets = make_counter(1, 1);
    let mut invoices = make_counter(1000, 10);
    let answers = [tickets(), invoices(), tickets(), invoices(), tickets()];
    assert_eq!(
        answers,
        [1, 1000, 2, 1010, 3],
        "make_counter(1, 1) and make_counter(1000, 10), called in turns"
    );
}

// A counter is a value like any other: it can be given away, and it keeps its place.
#[test]
fn t4_keeps_its_place_when_given_away() {
    let mut counter = make_counter(10, -3);
    let first = counter();
    let rest: Vec<i64> = std::iter::repeat_with(counter).take(3).collect();
    assert_eq!(first, 10, "first call of make_counter(10, -3)");
    assert_eq!(
        rest,
        [7, 4, 1],
        "the next three calls, made by the iterator that was given the counter"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // Call number k, counted from zero, answers start + k · step.
    #[test]
    fn t5_is_a_straight_line(start in -1000_i64..1000, step in -1000_i64..1000, k in 0_usize..50) {
        let mut counter = make_counter(start, step);
        let mut answer = counter();
        for _ in 0..k {
            answer = counter();
        }
        prop_assert_eq!(
            answer, start + step * k as i64,
            "call number {} of make_counter({}, {}), counted from zero", k, start, step
        );
    }
}
