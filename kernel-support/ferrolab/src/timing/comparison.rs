use super::answer::{Agreement, Answer};
use super::budget::compare_budget;
use super::engine::{Samples, Visit, interleave};
use super::stats::{Interval, median, median_interval};
use super::timeit::Timing;
use std::convert::Infallible;
use std::fmt;

/// Several programs measured beside each other. Made by [`compare!`](crate::compare) and
/// [`python::beside`](crate::python::beside).
///
/// Every ratio comes from pairs of times of the same round, so that a machine that slows down
/// for a while does not change it.
///
/// ```
/// use ferrolab::prelude::*;
/// let text = "a b c ".repeat(100);
/// let comparison = compare! {
///     "split" => text.split(' ').count(),
///     "bytes" => text.bytes().filter(|b| *b == b' ').count() + 1,
/// };
/// assert_eq!(comparison.arms().len(), 2);
/// assert!(comparison.ratio("bytes").is_some());
/// ```
#[derive(Clone)]
pub struct Comparison {
    arms: Vec<Arm>,
}

/// One program of a [`Comparison`].
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// Its time.
    pub timing: Timing,
    /// Its time divided by the first one's.
    pub ratio: f64,
    /// The interval of that ratio; none if there is only one round.
    pub ratio_interval: Option<Interval>,
    /// Whether its answer is that of the first.
    pub agreement: Agreement,
}

impl Comparison {
    /// Measures arms that are told apart by their number. [`compare!`](crate::compare) calls it.
    #[doc(hidden)]
    pub fn measure(names: Vec<String>, mut visit: impl FnMut(usize, &mut Visit)) -> Self {
        let mut once = Vec::new();
        let mut answers = Vec::new();
        for arm in 0..names.len() {
            let mut first = Visit::asking();
            visit(arm, &mut first);
            once.push(first.elapsed);
            answers.push(first.answer);
        }
        let mut run = |arm: usize, loops: u64| {
            let mut timed = Visit::timing(loops);
            visit(arm, &mut timed);
            Ok::<_, Infallible>(timed.elapsed)
        };
        let Ok(samples) = interleave(&once, compare_budget(), &mut run);
        Self::new(names, &answers, samples)
    }

    /// From names, answers and samples in the same order.
    pub(crate) fn new(names: Vec<String>, answers: &[Option<Answer>], samples: Samples) -> Self {
        let first = samples.seconds.first().cloned().unwrap_or_default();
        let parts = names
            .into_iter()
            .zip(samples.seconds)
            .zip(samples.loops)
            .zip(answers);
        let arms = parts.map(|(((name, seconds), loops), answer)| {
            let ratios: Vec<f64> = seconds.iter().zip(&first).map(|(a, b)| a / b).collect();
            Arm {
                name,
                ratio: median(&ratios),
                ratio_interval: median_interval(&ratios).filter(|_| ratios.len() > 1),
                agreement: agreement(answers.first(), answer),
                timing: Timing::new(seconds, loops),
            }
        });
        Self {
            arms: arms.collect(),
        }
    }

    /// The programs, in the order given.
    pub fn arms(&self) -> &[Arm] {
        &self.arms
    }

    /// The program of that name.
    pub fn arm(&self, name: &str) -> Option<&Arm> {
        self.arms.iter().find(|arm| arm.name == name)
    }

    /// The time of the named program divided by that of the first, with its interval.
    pub fn ratio(&self, name: &str) -> Option<(f64, Option<Interval>)> {
        self.arm(name).map(|arm| (arm.ratio, arm.ratio_interval))
    }

    /// Whether no answer differs from the first.
    pub fn all_agree(&self) -> bool {
        !self
            .arms
            .iter()
            .any(|arm| matches!(arm.agreement, Agreement::Differ { .. }))
    }

    /// Whether the named program is faster than the first, beyond what chance explains.
    /// `None` if there is no clear difference, or no such program.
    pub fn is_faster(&self, name: &str) -> Option<bool> {
        self.arm(name)?.is_faster()
    }

    /// Shows table and bars as a cell's last expression; the kernel calls this.
    pub fn evcxr_display(&self) {
        crate::display::Show::show(self);
    }
}

impl Arm {
    /// Whether it is faster than the first, if that is clear: the interval of the ratio lies on one
    /// side of 1. Where few rounds make the interval unsure (below 90 %), every round must differ
    /// by half at least.
    pub fn is_faster(&self) -> Option<bool> {
        let interval = self.ratio_interval?;
        let margin = if interval.confidence >= 0.9 { 1.0 } else { 1.5 };
        if interval.high < 1.0 / margin {
            Some(true)
        } else if interval.low > margin {
            Some(false)
        } else {
            None
        }
    }
}

/// Compares an answer with the first one.
fn agreement(first: Option<&Option<Answer>>, answer: &Option<Answer>) -> Agreement {
    match (first, answer) {
        (Some(Some(first)), Some(answer)) => first.agreement(answer),
        _ => Agreement::NotCompared,
    }
}

impl fmt::Debug for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(slow: &[f64], answers: [i32; 2]) -> Comparison {
        let samples = Samples {
            seconds: vec![vec![1.0; slow.len()], slow.to_vec()],
            loops: vec![1, 1],
        };
        let answers = answers.map(|value| Some(Answer::of(&value)));
        Comparison::new(vec!["a".into(), "b".into()], &answers, samples)
    }

    #[test]
    fn ratios_are_medians_of_pairs() {
        let found = comparison(&[2.0, 2.1, 1.9, 2.0, 2.2, 1.8, 2.0], [1, 1]);
        assert_eq!(found.ratio("b").unwrap().0, 2.0);
        assert_eq!(found.is_faster("b"), Some(false));
        assert!(found.all_agree());
    }

    #[test]
    fn an_interval_around_one_is_no_difference() {
        let found = comparison(&[0.9, 1.1, 0.95, 1.05, 1.2, 0.8, 1.0], [1, 1]);
        assert_eq!(found.is_faster("b"), None);
        assert!(found.to_string().contains("no clear difference"), "{found}");
    }

    #[test]
    fn few_rounds_need_a_large_difference() {
        assert_eq!(comparison(&[1.2, 1.2], [1, 1]).is_faster("b"), None);
        assert_eq!(comparison(&[0.2, 0.3], [1, 1]).is_faster("b"), Some(true));
        let one = comparison(&[0.2], [1, 1]);
        assert_eq!(one.is_faster("b"), None);
        assert!(one.to_string().contains("one round says little"), "{one}");
    }

    #[test]
    fn different_answers_are_shown() {
        let found = comparison(&[1.0, 1.0], [1, 2]);
        assert!(!found.all_agree());
        let text = found.to_string();
        assert!(text.contains("answers differ") && text.contains("`1`") && text.contains("`2`"));
    }

    #[test]
    fn arms_may_change_the_same_variable() {
        let mut buffer = Vec::new();
        let found = crate::compare! {
            "push" => { buffer.clear(); for n in 0..50 { buffer.push(n); } buffer.len() },
            "extend" => { buffer.clear(); buffer.extend(0..50); buffer.len() },
        };
        assert!(found.all_agree());
    }

    #[test]
    fn answers_of_any_type_can_be_measured() {
        struct Silent;
        let text = String::from("abc");
        let found = crate::compare! {
            "number" => 1 + 1,
            "float" => 2.0,
            "silent" => Silent,
            "unit" => (),
            "borrowed" => text.as_str(),
        };
        let agreements: Vec<_> = found.arms().iter().map(|arm| &arm.agreement).collect();
        assert_eq!(
            agreements[1..4],
            [
                &Agreement::Same,
                &Agreement::NotCompared,
                &Agreement::NotCompared
            ]
        );
        assert!(matches!(agreements[4], Agreement::Differ { .. }));
    }

    #[test]
    fn a_hundredfold_difference_is_seen() {
        let sum = |n: u64| (0..std::hint::black_box(n)).fold(0, |a: u64, b| a ^ b.pow(3));
        let found = crate::compare! { "long" => sum(100_000), "short" => sum(100) };
        assert_eq!(found.is_faster("short"), Some(true), "{found}");
        assert!(!found.all_agree());
    }
}
