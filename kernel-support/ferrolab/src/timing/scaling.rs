use super::answer::{Agreement, Answer};
use super::budget::scaling_budget;
use super::engine::{Samples, batch, interleave};
use super::stats::{Interval, fit_line, median, median_interval};
use super::timeit::Timing;
use std::convert::Infallible;
use std::fmt::Debug;
use std::time::Instant;

/// Speed against the number of workers. Made by [`scaling`].
#[derive(Clone)]
pub struct Scaling {
    points: Vec<ScalingPoint>,
    amdahl: Option<Amdahl>,
    cores: usize,
}

/// The measurement with one number of workers.
#[derive(Debug, Clone)]
pub struct ScalingPoint {
    /// The number of workers.
    pub workers: usize,
    /// The time.
    pub timing: Timing,
    /// How many times as fast as the smallest number of workers.
    pub speedup: f64,
    /// The interval of the speed-up; none if there is only one round.
    pub speedup_interval: Option<Interval>,
    /// Whether the answer is that of the smallest number of workers.
    pub agreement: Agreement,
}

/// A fit of Amdahl's law, T(n) = T(1)·((1 − p) + p/n).
///
/// Source: G. M. Amdahl, "Validity of the single processor approach to achieving large scale
/// computing capabilities", AFIPS Spring Joint Computer Conference 1967, pp. 483–485. The law
/// assumes a core for each worker, so only points with no more workers than cores are fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amdahl {
    /// p, the fraction of the work that runs in parallel, from 0 to 1.
    pub parallel: f64,
    /// The interval of p from the fits of single rounds.
    pub interval: Option<Interval>,
    /// How many points were fitted.
    pub points: usize,
}

impl Amdahl {
    /// The speed-up that the law predicts for so many workers.
    ///
    /// ```
    /// use ferrolab::timing::Amdahl;
    /// let half = Amdahl { parallel: 0.5, interval: None, points: 2 };
    /// assert_eq!(half.speedup(1), 1.0);
    /// assert!((half.speedup(1_000_000) - 2.0).abs() < 1e-5);
    /// ```
    pub fn speedup(&self, workers: usize) -> f64 {
        1.0 / (1.0 - self.parallel + self.parallel / workers.max(1) as f64)
    }
}

/// Measures `work(n)` for each number of workers `n`, in interleaved rounds, and fits Amdahl's law.
///
/// The answers are compared; a warning is shown if they are not the same for every `n`.
///
/// ```
/// use ferrolab::prelude::*;
/// let scaling = scaling(1..=2, |n| {
///     std::thread::scope(|s| {
///         let part = move || (0..200_000 / n as u64).map(|x| x & 1).sum::<u64>();
///         let threads: Vec<_> = (0..n).map(|_| s.spawn(part)).collect();
///         threads.into_iter().map(|t| t.join().unwrap()).sum::<u64>()
///     })
/// });
/// assert_eq!(scaling.points().len(), 2);
/// assert!(scaling.all_agree());
/// ```
pub fn scaling<R: Debug>(
    workers: impl IntoIterator<Item = usize>,
    mut work: impl FnMut(usize) -> R,
) -> Scaling {
    let mut workers: Vec<usize> = workers.into_iter().filter(|n| *n > 0).collect();
    workers.sort_unstable();
    workers.dedup();
    let mut first_run = |n: &usize| {
        let start = Instant::now();
        let value = work(*n);
        (start.elapsed(), Answer::of(&value))
    };
    let (once, answers): (Vec<_>, Vec<_>) = workers.iter().map(&mut first_run).unzip();
    let mut run =
        |arm: usize, loops: u64| Ok::<_, Infallible>(batch(loops, &mut || work(workers[arm])));
    let Ok(samples) = interleave(&once, scaling_budget(), &mut run);
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    Scaling::new(&workers, &answers, samples, cores)
}

impl Scaling {
    pub(crate) fn new(
        workers: &[usize],
        answers: &[Answer],
        samples: Samples,
        cores: usize,
    ) -> Self {
        let amdahl = fit(workers, &samples.seconds, cores);
        let base = samples.seconds.first().cloned().unwrap_or_default();
        let parts = workers
            .iter()
            .zip(samples.seconds)
            .zip(samples.loops)
            .zip(answers);
        let points = parts.map(|(((workers, seconds), loops), answer)| {
            let ratios: Vec<f64> = base.iter().zip(&seconds).map(|(b, s)| b / s).collect();
            ScalingPoint {
                workers: *workers,
                speedup: median(&ratios),
                speedup_interval: median_interval(&ratios).filter(|_| ratios.len() > 1),
                agreement: answers[0].agreement(answer),
                timing: Timing::new(seconds, loops),
            }
        });
        Self {
            points: points.collect(),
            amdahl,
            cores,
        }
    }

    /// One point for each number of workers, the smallest first.
    pub fn points(&self) -> &[ScalingPoint] {
        &self.points
    }

    /// The fit, if there were at least two points with no more workers than cores.
    pub fn amdahl(&self) -> Option<Amdahl> {
        self.amdahl
    }

    /// The number of cores this process may use.
    pub fn cores(&self) -> usize {
        self.cores
    }

    /// Whether every number of workers gave the same answer.
    pub fn all_agree(&self) -> bool {
        !self
            .points
            .iter()
            .any(|point| matches!(point.agreement, Agreement::Differ { .. }))
    }

    /// Shows curve and table as a cell's last expression; the kernel calls this.
    pub fn evcxr_display(&self) {
        crate::display::Show::show(self);
    }
}

/// Fits the law to the medians, and to each round for the interval.
fn fit(workers: &[usize], seconds: &[Vec<f64>], cores: usize) -> Option<Amdahl> {
    let usable = workers.iter().filter(|n| **n <= cores).count();
    if usable < 2 {
        return None;
    }
    let medians: Vec<f64> = seconds.iter().map(|times| median(times)).collect();
    let rounds = seconds.iter().map(Vec::len).min().unwrap_or(0);
    let by_round: Vec<f64> = (0..rounds)
        .filter_map(|round| {
            let times: Vec<f64> = seconds.iter().map(|times| times[round]).collect();
            parallel_fraction(&workers[..usable], &times)
        })
        .collect();
    Some(Amdahl {
        parallel: parallel_fraction(&workers[..usable], &medians)?,
        interval: median_interval(&by_round).filter(|_| rounds > 1),
        points: usable,
    })
}

/// Least squares of relative errors of T(n) = a + b/n; then p = b / (a + b).
fn parallel_fraction(workers: &[usize], seconds: &[f64]) -> Option<f64> {
    let points: Vec<_> = workers
        .iter()
        .zip(seconds)
        .map(|(n, time)| (1.0 / *n as f64, *time, 1.0 / (time * time).max(1e-30)))
        .collect();
    let (fixed, shared) = fit_line(&points)?;
    let whole = fixed + shared;
    (whole > 0.0).then(|| (shared / whole).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times that follow the law exactly, in seven rounds of differing speed.
    fn lawful(parallel: f64, workers: &[usize]) -> Vec<Vec<f64>> {
        let time = |n: usize, round: usize| {
            (1.0 - parallel + parallel / n as f64) * (1.0 + round as f64 / 10.0)
        };
        workers
            .iter()
            .map(|n| (0..7).map(|round| time(*n, round)).collect())
            .collect()
    }

    #[test]
    fn the_parallel_fraction_is_found_again() {
        let workers = [1, 2, 3, 4, 8];
        for parallel in [0.0, 0.3, 0.9, 1.0] {
            let found = fit(&workers, &lawful(parallel, &workers), 8).unwrap();
            assert!((found.parallel - parallel).abs() < 1e-9, "{found:?}");
            assert_eq!(found.points, 5);
        }
    }

    #[test]
    fn points_beyond_the_cores_are_not_fitted() {
        let workers = [1, 2, 4];
        let mut seconds = lawful(0.8, &workers);
        seconds[2] = vec![100.0; 7];
        let found = fit(&workers, &seconds, 2).unwrap();
        assert!((found.parallel - 0.8).abs() < 1e-9);
        assert!(fit(&workers, &seconds, 1).is_none());
    }

    #[test]
    fn speed_ups_pair_rounds_so_that_drift_cancels() {
        let workers = [1, 2];
        let samples = Samples {
            seconds: lawful(1.0, &workers),
            loops: vec![1, 1],
        };
        let answers = [Answer::of(&1), Answer::of(&2)];
        let found = Scaling::new(&workers, &answers, samples, 2);
        assert!((found.points()[1].speedup - 2.0).abs() < 1e-9);
        assert!(!found.all_agree());
    }

    #[test]
    fn no_workers_is_an_empty_scaling() {
        let found = scaling(0..1, |n| n);
        assert!(found.points().is_empty() && found.amdahl().is_none());
        assert!(!found.to_string().is_empty());
    }
}
