//! Grades `curry`.

use lesson_01_closures::curry::curry;
use proptest::prelude::*;

// `my_adder` of the notes, its two arguments given one after the other.
#[test]
fn t1_one_argument_at_a_time() {
    let my_adder = curry(|x: i32, y: i32| x + y);
    assert_eq!(my_adder(3)(4), 7, "curry(add)(3)(4)");
}

// The two arguments may be of different types, and the first one is the first one.
#[test]
fn t2_keeps_the_order_of_arguments() {
    let repeat = curry(|times: usize, text: &str| text.repeat(times));
    assert_eq!(repeat(3)("ab"), "ababab", "curry(repeat)(3)(\"ab\")");
}

// Each closure keeps the argument it was made with. This is where Python's lambdas in a loop fail.
#[test]
fn t3_each_closure_keeps_its_own() {
    let multiply = curry(|x: i32, y: i32| x * y);
    let tables: Vec<_> = [2, 3, 10].into_iter().map(&multiply).collect();
    let answers: Vec<i32> = tables.iter().map(|times| times(7)).collect();
    assert_eq!(
        answers,
        [14, 21, 70],
        "times 2, times 3 and times 10, made first and then all called with 7"
    );
}

// A `Box<dyn Fn>` can be called again and again, as every `Fn`.
#[test]
fn t4_inner_closure_works_again() {
    let add_world = curry(|suffix: &str, text: &str| format!("{text} {suffix}"))("World");
    for greeting in ["Hello", "Goodbye", "Hello"] {
        assert_eq!(
            add_world(greeting),
            format!("{greeting} World"),
            "one add_world, called with \"{greeting}\""
        );
    }
}

// The function may itself be a closure. What it keeps goes along into every closure made from it.
#[test]
fn t5_takes_a_closure_with_a_capture() {
    let rate = 3;
    let priced = curry(move |base: i32, pieces: i32| base + rate * pieces);
    let (cheap, dear) = (priced(10), priced(100));
    drop(priced);
    assert_eq!(
        (cheap(2), dear(2)),
        (16, 106),
        "10 + 3 · 2 and 100 + 3 · 2, called after the curried function is gone"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // The law that defines it: curry(f)(a)(b) is f(a, b).
    #[test]
    fn t6_is_the_same_function(a in any::<i64>(), b in any::<i64>()) {
        let f = |x: i64, y: i64| x.wrapping_mul(31).wrapping_sub(y);
        prop_assert_eq!(curry(f)(a)(b), f(a, b), "curry(f)({})({})", a, b);
    }
}
