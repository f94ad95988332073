/// Runs an expression once, prints its wall and CPU time, and gives its value back.
///
/// ```
/// use ferrolab::prelude::*;
/// let sum = time!((1..=100).sum::<u32>());
/// assert_eq!(sum, 5050);
/// ```
#[macro_export]
macro_rules! time {
    ($work:expr $(,)?) => {{
        let watch = $crate::timing::Stopwatch::start();
        let value = $work;
        let reading = watch.read();
        ::std::println!("{reading}");
        value
    }};
}

/// Runs an expression many times and gives a [`Timing`](crate::timing::Timing): the median time
/// of a run with its spread.
///
/// The number of runs adapts to the expression. The result of each run goes through `black_box`;
/// inputs that the compiler knows should do so too, or it computes the answer beforehand.
///
/// ```
/// use ferrolab::prelude::*;
/// let words = ["a", "bc", "d"];
/// let timing = timeit!(words.concat());
/// assert!(timing.rounds() > 1);
/// ```
#[macro_export]
macro_rules! timeit {
    ($work:expr $(,)?) => {
        $crate::timing::timeit(|| $work)
    };
}

/// Measures several expressions beside each other and gives a
/// [`Comparison`](crate::timing::Comparison) with table and bars.
///
/// All of them run in every round, in random order. The first is the one the others are compared
/// to. The answers are compared, and a warning is shown if they differ. Expressions may change
/// the same variables, since only one of them runs at a time.
///
/// ```
/// use ferrolab::prelude::*;
/// let numbers: Vec<u64> = (0..1_000).collect();
/// let comparison = compare! {
///     "loop" => { let mut sum = 0; for n in &numbers { sum += n; } sum },
///     "iterator" => numbers.iter().sum::<u64>(),
/// };
/// assert!(comparison.all_agree());
/// ```
#[macro_export]
macro_rules! compare {
    ($($name:expr => $work:expr),+ $(,)?) => {
        $crate::timing::Comparison::measure(
            ::std::vec![$(::std::string::String::from($name)),+],
            |arm: usize, visit: &mut $crate::timing::Visit| {
                let mut here = 0_usize;
                $(
                    if here == arm {
                        visit.arm(|| $work, |value| {
                            // Which of the two is used depends on the value's type, so
                            // `expect` would fail for one of them.
                            #[allow(unused_imports)]
                            use $crate::__private::{ViaDebug as _, ViaNothing as _};
                            (&&$crate::__private::Probe(value)).answer()
                        });
                        return;
                    }
                    here += 1;
                )+
                let _ = here;
            },
        )
    };
}
