//! Medians, percentiles, and the interval of a ratio.

use serde::{Deserialize, Serialize};

/// How often the samples are drawn anew for an interval.
const DRAWS: usize = 2_000;

/// A range that holds the true ratio with a confidence of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interval {
    /// Lower end.
    pub(crate) low: f64,
    /// Upper end.
    pub(crate) high: f64,
}

/// What was measured of both kernels: a row a round, in it the same things in the same order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Paired {
    ours: Vec<Vec<f64>>,
    theirs: Vec<Vec<f64>>,
}

impl Paired {
    /// Adds what a round gave.
    pub(crate) fn push(&mut self, ours: Vec<f64>, theirs: Vec<f64>) {
        debug_assert_eq!(ours.len(), theirs.len(), "the same things of both");
        self.ours.push(ours);
        self.theirs.push(theirs);
    }

    /// The same for a round that gives one number a kernel.
    pub(crate) fn push_one(&mut self, ours: f64, theirs: f64) {
        self.push(vec![ours], vec![theirs]);
    }

    /// How many rounds there were.
    pub(crate) fn rounds(&self) -> usize {
        self.ours.len()
    }

    /// All of ours.
    pub(crate) fn ours(&self) -> Vec<f64> {
        self.ours.concat()
    }

    /// All of theirs.
    pub(crate) fn theirs(&self) -> Vec<f64> {
        self.theirs.concat()
    }

    /// What a thing took in each round, ours and theirs.
    pub(crate) fn column(&self, at: usize) -> (Vec<f64>, Vec<f64>) {
        let column = |rounds: &[Vec<f64>]| rounds.iter().map(|round| round[at]).collect();
        (column(&self.ours), column(&self.theirs))
    }

    /// Theirs over ours, each at the fraction `part` of its samples.
    pub(crate) fn ratio(&self, part: f64) -> f64 {
        quantile(&self.theirs(), part) / quantile(&self.ours(), part)
    }

    /// The bootstrap interval of that ratio (Efron's percentiles). Rounds and things are drawn with
    /// replacement, and both kernels get the same draw, because what disturbs a round disturbs
    /// both. `None` where there is nothing to draw from.
    pub(crate) fn interval(&self, part: f64, seed: u64) -> Option<Interval> {
        let rounds = self.ours.len();
        let things = self.ours.first()?.len();
        if rounds * things < 2 {
            return None;
        }
        let mut random = Random::new(seed);
        let ratios: Vec<f64> = (0..DRAWS)
            .map(|_| {
                let (rounds, things) = (random.draw(rounds), random.draw(things));
                let theirs = quantile(&drawn(&self.theirs, &rounds, &things), part);
                theirs / quantile(&drawn(&self.ours, &rounds, &things), part)
            })
            .collect();
        Some(Interval {
            low: quantile(&ratios, 0.025),
            high: quantile(&ratios, 0.975),
        })
    }
}

fn drawn(from: &[Vec<f64>], rounds: &[usize], things: &[usize]) -> Vec<f64> {
    let pick = |round: &usize| {
        let row = &from[*round];
        things.iter().map(|thing| row[*thing]).collect::<Vec<f64>>()
    };
    rounds.iter().flat_map(pick).collect()
}

/// The value at a fraction of the samples, between neighbours linearly (Hyndman and Fan's type 7).
pub(crate) fn quantile(samples: &[f64], part: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = part * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// Numbers that look random and are the same at each run (Vigna's SplitMix64).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// As many places below `count`, with replacement.
    fn draw(&mut self, count: usize) -> Vec<usize> {
        (0..count)
            .map(|_| (self.next() % count as u64) as usize)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let samples = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&samples, 0.25), 1.75);
        assert_eq!(quantile(&samples, 0.5), 2.5);
        assert_eq!(quantile(&samples, 1.0), 4.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn the_interval_encloses_the_ratio_and_is_the_same_again() {
        let mut paired = Paired::default();
        for round in 0..5 {
            let ours: Vec<f64> = (1..=40).map(|cell| f64::from(cell + round)).collect();
            let theirs = ours.iter().map(|time| time * 4.0 + 3.0).collect();
            paired.push(ours, theirs);
        }
        let interval = paired.interval(0.5, 7).unwrap();
        let ratio = paired.ratio(0.5);
        assert!(
            interval.low <= ratio && ratio <= interval.high,
            "{interval:?} {ratio}"
        );
        assert!(interval.low > 4.0 && interval.high < 5.0, "{interval:?}");
        assert_eq!(paired.interval(0.5, 7), Some(interval));
    }

    /// A load that doubles both must not widen the interval.
    #[test]
    fn what_disturbs_both_cancels_out() {
        let mut paired = Paired::default();
        for load in [1.0, 2.0, 8.0, 3.0] {
            paired.push_one(load, 5.0 * load);
        }
        let interval = paired.interval(0.5, 1).unwrap();
        assert!((interval.low - 5.0).abs() < 1e-9 && (interval.high - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_single_pair_has_no_interval() {
        let mut paired = Paired::default();
        assert_eq!(paired.interval(0.5, 1), None);
        paired.push_one(1.0, 2.0);
        assert_eq!(paired.interval(0.5, 1), None);
        assert_eq!(paired.ratio(0.5), 2.0);
    }
}
