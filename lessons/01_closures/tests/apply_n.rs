//! Grades `apply_n`.

use lesson_01_closures::apply_n::apply_n;
use proptest::prelude::*;

// Each call is fed with the answer of the call before it.
#[test]
fn t1_feeds_each_answer_back() {
    assert_eq!(
        apply_n(|x| x * 2, 3, 1),
        8,
        "1 doubled three times: 1, 2, 4, 8"
    );
}

// Zero is a number of times too: nothing is called, and the start comes back.
#[test]
fn t2_zero_times_is_the_start() {
    let mut called = false;
    let answer = apply_n(
        |x| {
            called = true;
            x + 1
        },
        0,
        41,
    );
    assert_eq!(answer, 41, "applied zero times, the start comes back");
    assert!(!called, "with n = 0 the function must not be called at all");
}

// An `FnMut` may count its own calls, so a call too many is seen.
#[test]
fn t3_calls_exactly_n_times() {
    for n in [1, 2, 300, 70_000] {
        let mut calls = 0;
        apply_n(|()| calls += 1, n, ());
        assert_eq!(calls, n, "number of calls for n = {n}");
    }
}

// A value that cannot be copied is moved from call to call.
#[test]
fn t4_moves_values_along() {
    let line = apply_n(|text: String| text + "-", 5, String::from(">"));
    assert_eq!(line, ">-----", "five dashes added to \">\"");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // `a` times and then `b` times more is `a + b` times.
    #[test]
    fn t5_times_add_up(a in 0_usize..400, b in 0_usize..400, start in any::<u32>()) {
        let step = |x: u32| x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut expected = start;
        for _ in 0..a + b {
            expected = step(expected);
        }
        prop_assert_eq!(
            apply_n(step, b, apply_n(step, a, start)), expected,
            "{} times and then {} times more", a, b
        );
        prop_assert_eq!(apply_n(step, a + b, start), expected, "{} times at once", a + b);
    }
}
