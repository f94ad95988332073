//! From values to places: ranges, ticks and their labels.

use crate::display::group_digits;

/// An axis' range with its ticks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Scale {
    /// A scale from the first to the last round number around the values, with about `count` ticks.
    pub(crate) fn linear(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = widen(low, high);
        let step = nice_step((high - low) / count.max(1) as f64);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let steps = (last - first).clamp(1.0, 50.0) as usize;
        let ticks = (0..=steps).map(|at| (first + at as f64) * step);
        Self {
            low: first * step,
            high: last * step,
            log: false,
            ticks: labels(ticks, step),
        }
    }

    /// As `tight`, for whole numbers: no ticks between them.
    pub(crate) fn whole(low: f64, high: f64, count: usize) -> Self {
        let numbers = (high - low).clamp(1.0, count as f64) as usize;
        Self::tight(low, high, numbers)
    }

    /// The same with ticks inside the values only: for axes that need not end on a round number.
    pub(crate) fn tight(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = widen(low, high);
        let mut scale = Self::linear(low, high, count);
        let slack = (high - low) * 1e-9;
        scale
            .ticks
            .retain(|(value, _)| (low - slack..=high + slack).contains(value));
        Self { low, high, ..scale }
    }

    /// A logarithmic scale over whole decades; both ends must be positive.
    pub(crate) fn logarithmic(low: f64, high: f64) -> Self {
        let first = (low.log10() + 1e-9).floor() as i32;
        let last = ((high.log10() - 1e-9).ceil() as i32).max(first + 1);
        let skip = ((last - first) / 8 + 1) as usize;
        let ticks = (first..=last)
            .step_by(skip)
            .map(|n| (10_f64.powi(n), power(n)));
        Self {
            low: 10_f64.powi(first),
            high: 10_f64.powi(last),
            log: true,
            ticks: ticks.collect(),
        }
    }

    /// Linear or logarithmic, whichever is asked for and possible.
    pub(crate) fn of(values: &[f64], log: bool, from_zero: bool, count: usize) -> Self {
        let usable = |value: &&f64| value.is_finite() && (!log || **value > 0.0);
        let bounds = values
            .iter()
            .filter(usable)
            .fold(None, |range: Option<(f64, f64)>, value| {
                let (low, high) = range.unwrap_or((*value, *value));
                Some((low.min(*value), high.max(*value)))
            });
        match bounds {
            Some((low, high)) if log => Self::logarithmic(low, high),
            Some((low, high)) if from_zero => Self::linear(low.min(0.0), high.max(0.0), count),
            Some((low, high)) => Self::linear(low, high, count),
            None if log => Self::logarithmic(1.0, 10.0),
            None => Self::linear(0.0, 1.0, count),
        }
    }

    /// Where a value lies, from 0 to 1; none if it has no place.
    pub(crate) fn part(&self, value: f64) -> Option<f64> {
        let place = if self.log {
            (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10())
        } else {
            // Halved first, so that the difference of huge ends stays finite.
            (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0)
        };
        place.is_finite().then_some(place)
    }

    /// The place of a value between two pixels, kept between them.
    pub(crate) fn place(&self, value: f64, from: f64, to: f64) -> Option<f64> {
        self.part(value)
            .map(|part| from + (to - from) * part.clamp(-0.02, 1.02))
    }
}

/// A range that is not empty and not beyond what floats can subtract.
fn widen(low: f64, high: f64) -> (f64, f64) {
    let (low, high) = (low.min(high), low.max(high));
    let (low, high) = (low.clamp(-1e300, 1e300), high.clamp(-1e300, 1e300));
    let size = low.abs().max(high.abs());
    if size < 1e-290 {
        (0.0, 1.0)
    } else if high - low > size * 1e-12 {
        (low, high)
    } else {
        (low - size * 0.1, high + size * 0.1)
    }
}

/// 1, 2 or 5 times a power of ten, not less than `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.max(1e-300).log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    let factor = factors
        .iter()
        .find(|factor| *factor * power >= rough * (1.0 - 1e-9));
    power * factor.unwrap_or(&10.0)
}

/// Labels with as many digits as the step needs.
fn labels(values: impl Iterator<Item = f64>, step: f64) -> Vec<(f64, String)> {
    let decimals = (-(step * 1.000_001).log10().floor()).clamp(0.0, 12.0) as usize;
    values
        .map(|value| {
            let value = if value.abs() < step * 1e-6 {
                0.0
            } else {
                value
            };
            (value, number(value, step, decimals))
        })
        .collect()
}

fn number(value: f64, step: f64, decimals: usize) -> String {
    if value != 0.0 && (value.abs() >= 1e6 || step < 1e-4) {
        let digits =
            (value.abs().log10().floor() - (step * 1.000_001).log10().floor()).clamp(0.0, 8.0);
        return format!("{value:.*e}", digits as usize).replace('-', "−");
    }
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let point = if rest.is_empty() { "" } else { "." };
    format!("{}{point}{rest}", group_digits(whole)).replace('-', "−")
}

/// A power of ten as a label.
fn power(exponent: i32) -> String {
    match exponent {
        -3 => "0.001".into(),
        -2 => "0.01".into(),
        -1 => "0.1".into(),
        0..=3 => 10_i32.pow(exponent as u32).to_string(),
        _ => format!("10{}", superscript(exponent)),
    }
}

fn superscript(number: i32) -> String {
    let raised = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32(0x2070 + (digit as u32 - '0' as u32)).unwrap_or(digit),
    };
    number.to_string().chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scale: &Scale) -> Vec<&str> {
        scale.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_enclose() {
        assert_eq!(
            texts(&Scale::linear(0.0, 3.2, 5)),
            ["0", "1", "2", "3", "4"]
        );
        assert_eq!(
            texts(&Scale::linear(0.1, 0.22, 4)),
            ["0.10", "0.15", "0.20", "0.25"]
        );
        assert_eq!(
            texts(&Scale::linear(0.0, 43_000.0, 3)),
            ["0", "20,000", "40,000", "60,000"]
        );
        assert_eq!(
            texts(&Scale::linear(-3.0, 3.0, 3)),
            ["−4", "−2", "0", "2", "4"]
        );
        assert_eq!(
            texts(&Scale::logarithmic(0.02, 3_000.0)),
            ["0.01", "0.1", "1", "10", "100", "1000", "10⁴"]
        );
    }

    #[test]
    fn every_pair_of_ends_gives_a_usable_scale() {
        let ends = [
            0.0,
            -1.0,
            1.0,
            1e-300,
            1e300,
            f64::MAX,
            f64::MIN,
            5e-324,
            1.0 + f64::EPSILON,
        ];
        for low in ends {
            for high in ends {
                for scale in [Scale::linear(low, high, 5), Scale::tight(low, high, 5)] {
                    assert!(scale.low < scale.high, "{low} {high}");
                    assert!(scale.ticks.len() <= 51);
                    assert!((0.0..=1.0).contains(&scale.part(scale.low).unwrap()));
                }
            }
        }
    }

    #[test]
    fn values_without_a_place_have_none() {
        let scale = Scale::logarithmic(1.0, 10.0);
        assert_eq!(scale.part(0.0), None);
        assert_eq!(scale.part(f64::NAN), None);
        assert_eq!(scale.part(10.0), Some(1.0));
    }
}
