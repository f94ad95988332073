use super::budget::timeit_budget;
use super::clock::{empty_loop, timer_precision};
use super::engine::{batch, interleave};
use super::stats::{Interval, median, median_interval, quantile};
use super::{format_duration, format_seconds};
use std::convert::Infallible;
use std::fmt;

/// How long a piece of code takes, from many runs. Made by [`timeit!`](crate::timeit).
///
/// ```
/// use ferrolab::prelude::*;
/// let timing = timeit!(black_box(2_u64).pow(10));
/// assert!(timing.quartiles().0 <= timing.median());
/// println!("{timing}");
/// ```
#[derive(Clone)]
pub struct Timing {
    seconds: Vec<f64>,
    loops: u64,
}

/// Measures a closure as [`timeit!`](crate::timeit) measures an expression.
///
/// The time of one run includes dropping its result. One run is made always; after that the
/// measurement ends within about half a second.
pub fn timeit<R>(mut work: impl FnMut() -> R) -> Timing {
    let first = batch(1, &mut work);
    let budget = timeit_budget();
    if first >= budget {
        return Timing {
            seconds: vec![first.as_secs_f64()],
            loops: 1,
        };
    }
    let mut run = |_: usize, loops: u64| Ok::<_, Infallible>(batch(loops, &mut work));
    let Ok(mut samples) = interleave(&[first], budget, &mut run);
    Timing::new(samples.seconds.remove(0), samples.loops[0])
}

impl Timing {
    /// From samples in seconds, each the mean of a batch of `loops` runs.
    pub(crate) fn new(seconds: Vec<f64>, loops: u64) -> Self {
        Self { seconds, loops }
    }

    /// The median time of one run, in seconds.
    pub fn median(&self) -> f64 {
        median(&self.seconds)
    }

    /// The first and third quartile, in seconds: half of all rounds lie between.
    pub fn quartiles(&self) -> (f64, f64) {
        (quantile(&self.seconds, 0.25), quantile(&self.seconds, 0.75))
    }

    /// An interval for the median, in seconds.
    pub fn interval(&self) -> Option<Interval> {
        median_interval(&self.seconds)
    }

    /// The time of each round, in seconds a run.
    pub fn samples(&self) -> &[f64] {
        &self.seconds
    }

    /// How many rounds were measured.
    pub fn rounds(&self) -> usize {
        self.seconds.len()
    }

    /// How many runs one round has.
    pub fn loops(&self) -> u64 {
        self.loops
    }

    /// A word of warning, if the number should not be trusted as it stands.
    pub fn warning(&self) -> Option<String> {
        let (low, high) = self.quartiles();
        if self.is_empty_loop() {
            return Some(
                "as short as an empty loop: the compiler may have removed the work\n\
                 hint: pass the inputs through `black_box(…)`"
                    .into(),
            );
        }
        (self.rounds() > 1 && high - low > 0.25 * self.median()).then(|| {
            "the runs differ much: something else was busy on this machine\n\
             hint: run it again"
                .into()
        })
    }

    /// Whether the fastest round was no slower than a loop that does nothing.
    pub(crate) fn is_empty_loop(&self) -> bool {
        self.seconds.iter().copied().fold(f64::INFINITY, f64::min) < 1.5 * empty_loop()
    }

    /// Shows the timing as a cell's last expression; the kernel calls this.
    pub fn evcxr_display(&self) {
        crate::display::Show::show(self);
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.quartiles();
        write!(out, "{}", format_seconds(self.median()))?;
        if self.rounds() > 1 {
            let (low, high) = (format_seconds(low), format_seconds(high));
            write!(out, " (half of the rounds between {low} and {high}")?;
            let loops = if self.loops == 1 { "run" } else { "runs" };
            write!(out, "; {} rounds of {} {loops}", self.rounds(), self.loops)?;
            write!(
                out,
                ", timer precision {})",
                format_duration(timer_precision())
            )?;
        } else {
            write!(out, " (one run; it is too long to repeat)")?;
        }
        match self.warning() {
            Some(warning) => write!(out, "\nwarning: {warning}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Timing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl crate::display::Show for Timing {
    fn bundle(&self) -> crate::display::Bundle {
        crate::display::Bundle::text(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_that_of_the_samples() {
        let timing = Timing::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], 1);
        assert_eq!(timing.median(), 3.0);
        assert_eq!(timing.quartiles(), (2.0, 4.0));
        assert!(
            timing
                .to_string()
                .starts_with("3.00 s (half of the rounds between 2.00 s and 4.00 s")
        );
        assert!(timing.warning().unwrap().starts_with("the runs differ"));
    }

    #[test]
    fn removed_work_is_noticed() {
        assert!(timeit(|| ()).warning().unwrap().contains("empty loop"));
    }

    #[test]
    fn more_work_takes_longer() {
        let work = |n: u64| move || (0..std::hint::black_box(n)).fold(0, |a: u64, b| a ^ b.pow(3));
        let (short, long) = (timeit(work(1_000)), timeit(work(100_000)));
        assert!(
            long.median() > 10.0 * short.median(),
            "{short} against {long}"
        );
    }
}
