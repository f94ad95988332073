//! Grades `compose`.

use lesson_01_closures::compose::compose;
use proptest::prelude::*;
use std::cell::Cell;

// The order is the order of reading: what stands first is called first.
#[test]
fn t1_f_comes_before_g() {
    let add_then_double = compose(|x| x + 1, |x| x * 2);
    assert_eq!(
        add_then_double(5),
        12,
        "compose(add one, double)(5): first 5 + 1, then the 6 doubled"
    );
}

// A function with a name is as good as a closure: both are `Fn`.
#[test]
fn t2_takes_functions_and_closures() {
    fn negate(x: i32) -> i32 {
        -x
    }
    let distance = compose(negate, i32::abs);
    assert_eq!(distance(7), 7, "compose(negate, i32::abs)(7)");
}

// `Fn`, unlike `FnOnce`, is a promise that a second and a third call work as the first did.
#[test]
fn t3_can_be_called_again() {
    let shout = compose(|s: String| s.to_uppercase(), |s: String| s + "!");
    for (call, word) in ["hello", "bye", "yolo"].into_iter().enumerate() {
        let expected = format!("{}!", word.to_uppercase());
        assert_eq!(
            shout(word.to_string()),
            expected,
            "call number {} of the composed function, with \"{word}\"",
            call + 1
        );
    }
}

// What is captured goes in with the functions, and composing alone runs nothing.
#[test]
fn t4_runs_each_function_once_a_call() {
    let (f_calls, g_calls) = (Cell::new(0), Cell::new(0));
    let both = compose(
        |x: i32| {
            f_calls.set(f_calls.get() + 1);
            x
        },
        |x: i32| {
            g_calls.set(g_calls.get() + 1);
            x
        },
    );
    assert_eq!(
        (f_calls.get(), g_calls.get()),
        (0, 0),
        "calls of f and g before the composed function was ever called"
    );
    both(1);
    both(2);
    assert_eq!(
        (f_calls.get(), g_calls.get()),
        (2, 2),
        "calls of f and g after two calls of the composed function"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // Brackets do not matter: (f, g) and then h is f and then (g, h).
    #[test]
    fn t5_is_associative(x in any::<i64>(), a in any::<i64>(), b in any::<i64>()) {
        let f = move |v: i64| v.wrapping_add(a);
        let g = move |v: i64| v.wrapping_mul(b);
        let h = |v: i64| v ^ 0xFF;
        let expected = h(g(f(x)));
        prop_assert_eq!(
            compose(compose(f, g), h)(x), expected,
            "compose(compose(f, g), h) should call f, g, h in that order"
        );
        prop_assert_eq!(
            compose(f, compose(g, h))(x), expected,
            "compose(f, compose(g, h)) should call f, g, h in that order"
        );
    }
}
