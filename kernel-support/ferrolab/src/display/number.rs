use std::time::Duration;

/// What plots and tables take as a number. Durations count in seconds.
///
/// ```
/// use ferrolab::display::Number;
/// assert_eq!(std::time::Duration::from_millis(20).to_f64(), 0.02);
/// ```
pub trait Number: Copy {
    /// The value as a float.
    fn to_f64(self) -> f64;
}

macro_rules! numbers {
    ($($kind:ty)+) => {
        $(impl Number for $kind {
            fn to_f64(self) -> f64 {
                self as f64
            }
        })+
    };
}

numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

impl Number for Duration {
    fn to_f64(self) -> f64 {
        self.as_secs_f64()
    }
}

impl<T: Number> Number for &T {
    fn to_f64(self) -> f64 {
        (*self).to_f64()
    }
}

/// Puts commas between groups of three digits, from 10,000 on, so that years stay years.
///
/// ```
/// use ferrolab::display::group_digits;
/// assert_eq!(group_digits("-1234567"), "-1,234,567");
/// assert_eq!(group_digits("2026"), "2026");
/// ```
pub fn group_digits(integer: &str) -> String {
    let digits = integer.trim_start_matches('-');
    if digits.len() < 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return integer.to_owned();
    }
    let mut grouped = String::from(&integer[..integer.len() - digits.len()]);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A float with at most six significant digits and no needless zeros.
pub(crate) fn short_float(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "∞" } else { "-∞" }.into()
    } else if size != 0.0 && !(1e-4..1e15).contains(&size) {
        let text = format!("{value:.5e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{exponent}", without_zeros(mantissa))
    } else {
        let decimals = if size > 0.0 {
            5.0 - size.log10().floor()
        } else {
            0.0
        };
        let text = format!("{value:.*}", decimals.clamp(0.0, 12.0) as usize);
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        without_zeros(&format!("{}.{rest}", group_digits(whole))).to_owned()
    }
}

/// A decimal number without zeros at its end, and without a point that nothing follows.
fn without_zeros(decimal: &str) -> &str {
    decimal.trim_end_matches('0').trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_short_and_true() {
        let cases = [
            (0.0, "0"),
            (1.5, "1.5"),
            (1.0 / 3.0, "0.333333"),
            (0.001234567, "0.00123457"),
            (1234567.8, "1,234,568"),
            (1e-7, "1e-7"),
            (1.5e20, "1.5e20"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-∞"),
        ];
        for (value, expected) in cases {
            assert_eq!(short_float(value), expected);
        }
    }
}
