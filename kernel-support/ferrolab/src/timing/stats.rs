/// A range that holds the true value with a stated confidence.
///
/// ```
/// use ferrolab::timing::Interval;
/// let interval = Interval { low: 0.9, high: 1.1, confidence: 0.95 };
/// assert!(interval.contains(1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How often such an interval holds the true value, between 0 and 1.
    pub confidence: f64,
}

impl Interval {
    /// Whether `value` lies within, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The interval with both ends multiplied by `factor`, which must be positive.
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            low: self.low * factor,
            high: self.high * factor,
            ..self
        }
    }
}

/// The value at the fraction `part` of the sorted samples, between neighbours linearly
/// (Hyndman and Fan 1996, type 7, which is also NumPy's default). `NaN` if there are none.
///
/// ```
/// use ferrolab::timing::quantile;
/// assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.25), 1.75);
/// ```
pub fn quantile(samples: &[f64], part: f64) -> f64 {
    let sorted = sorted(samples);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = part.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// The middle sample, or the mean of the two in the middle. `NaN` if there are none.
///
/// ```
/// assert_eq!(ferrolab::timing::median(&[3.0, 1.0, 2.0]), 2.0);
/// ```
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// An interval for the median of what the samples were drawn from, by order statistics.
///
/// It assumes nothing about the distribution: the number of samples below the true median is
/// binomial with probability ½, so the k-th smallest and k-th largest sample enclose it with
/// probability 1 − 2·P(B ≤ k − 1) (Conover, *Practical Nonparametric Statistics*, 3rd ed., §3.2).
/// The widest `k` that still reaches 95 % is taken. With fewer than six samples 95 % is out of
/// reach: the interval is then from smallest to largest, and `confidence` says what that is worth.
///
/// ```
/// use ferrolab::timing::median_interval;
/// let samples: Vec<f64> = (1..=20).map(f64::from).collect();
/// let interval = median_interval(&samples).unwrap();
/// assert_eq!((interval.low, interval.high), (6.0, 15.0));
/// ```
pub fn median_interval(samples: &[f64]) -> Option<Interval> {
    let sorted = sorted(samples);
    let count = sorted.len();
    if count == 0 {
        return None;
    }
    let (k, confidence) = rank_for(count, 0.95);
    Some(Interval {
        low: sorted[k],
        high: sorted[count - 1 - k],
        confidence,
    })
}

/// The zero-based rank from either end, and the confidence it gives.
fn rank_for(count: usize, wanted: f64) -> (usize, f64) {
    let mut term = 0.5_f64.powi(count.min(1_000) as i32);
    if count > 1_000 {
        return (normal_rank(count), wanted);
    }
    let mut below = term;
    let mut best = (0, (1.0 - 2.0 * below).max(0.0));
    for k in 1..count.div_ceil(2) {
        term *= (count - k + 1) as f64 / k as f64;
        below += term;
        let confidence = 1.0 - 2.0 * below;
        if confidence < wanted {
            break;
        }
        best = (k, confidence);
    }
    best
}

/// The same rank by the normal approximation, for counts where ½ⁿ underflows.
fn normal_rank(count: usize) -> usize {
    let n = count as f64;
    (n / 2.0 - 0.98 * n.sqrt() - 1.0).floor().max(0.0) as usize
}

/// The finite samples, smallest first.
fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut finite: Vec<f64> = samples.iter().copied().filter(|x| x.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    finite
}

/// A straight line `intercept + slope·x` through points, each weighted.
///
/// `None` when the points do not determine a line.
pub(crate) fn fit_line(points: &[(f64, f64, f64)]) -> Option<(f64, f64)> {
    let total: f64 = points.iter().map(|p| p.2).sum();
    let mean_x = points.iter().map(|p| p.2 * p.0).sum::<f64>() / total;
    let mean_y = points.iter().map(|p| p.2 * p.1).sum::<f64>() / total;
    let spread: f64 = points.iter().map(|p| p.2 * (p.0 - mean_x).powi(2)).sum();
    let joint: f64 = points
        .iter()
        .map(|p| p.2 * (p.0 - mean_x) * (p.1 - mean_y))
        .sum();
    let slope = joint / spread;
    slope
        .is_finite()
        .then_some((mean_y - slope * mean_x, slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_agree_with_published_tables() {
        // Conover, table of the binomial at ½: ranks (counted from one) for 95 % intervals.
        for (count, rank) in [
            (6, 1),
            (8, 1),
            (9, 2),
            (12, 3),
            (20, 6),
            (50, 18),
            (100, 40),
        ] {
            let (k, confidence) = rank_for(count, 0.95);
            assert_eq!(k + 1, rank, "{count} samples");
            assert!(confidence >= 0.95);
        }
    }

    #[test]
    fn few_samples_admit_their_weakness() {
        let interval = median_interval(&[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((interval.low, interval.high), (1.0, 3.0));
        assert_eq!(interval.confidence, 0.75);
        assert_eq!(median_interval(&[5.0]).unwrap().confidence, 0.0);
        assert!(median_interval(&[]).is_none());
    }

    #[test]
    fn large_counts_do_not_underflow() {
        let (exact, _) = rank_for(1_000, 0.95);
        assert!(exact.abs_diff(normal_rank(1_000)) <= 1, "{exact}");
        let samples: Vec<f64> = (0..5_000).map(f64::from).collect();
        assert!(
            median_interval(&samples)
                .unwrap()
                .contains(median(&samples))
        );
    }

    #[test]
    fn coverage_is_what_is_claimed() {
        // 2,000 draws of 25 from an exponential; its median is ln 2.
        let mut random = crate::timing::engine::Random::new(7);
        let mut draw = || -(1.0 - random.unit()).ln();
        let hits = (0..2_000)
            .filter(|_| {
                let samples: Vec<f64> = (0..25).map(|_| draw()).collect();
                median_interval(&samples).unwrap().contains(2_f64.ln())
            })
            .count();
        assert!((1_880..=1_960).contains(&hits), "{hits} of 2000");
    }

    #[test]
    fn a_line_is_found() {
        let points = [(1.0, 5.0, 1.0), (0.5, 4.0, 2.0), (0.25, 3.5, 1.0)];
        let (intercept, slope) = fit_line(&points).unwrap();
        assert!((intercept - 3.0).abs() < 1e-12 && (slope - 2.0).abs() < 1e-12);
        assert!(fit_line(&[(1.0, 1.0, 1.0)]).is_none());
    }

    #[test]
    fn non_finite_samples_are_left_out() {
        assert_eq!(median(&[f64::NAN, 1.0, f64::INFINITY, 3.0]), 2.0);
        assert!(median(&[]).is_nan());
    }
}
