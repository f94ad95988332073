use std::time::Duration;

/// Units from the smallest: name and length in seconds.
const UNITS: [(&str, f64); 4] = [("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)];

/// Writes a duration with three significant digits and a unit that fits.
///
/// ```
/// use std::time::Duration;
/// use ferrolab::timing::format_duration;
/// assert_eq!(format_duration(Duration::from_micros(1_234)), "1.23 ms");
/// assert_eq!(format_duration(Duration::from_secs(75)), "1 min 15 s");
/// ```
pub fn format_duration(duration: Duration) -> String {
    format_seconds(duration.as_secs_f64())
}

/// Writes a number of seconds as [`format_duration`] does; fractions of a nanosecond are kept.
///
/// ```
/// use ferrolab::timing::format_seconds;
/// assert_eq!(format_seconds(0.25e-9), "0.250 ns");
/// assert_eq!(format_seconds(12.34), "12.3 s");
/// assert_eq!(format_seconds(f64::NAN), "unknown");
/// ```
pub fn format_seconds(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "unknown".into();
    }
    if seconds < 0.0 {
        return format!("-{}", format_seconds(-seconds));
    }
    if seconds >= 59.95 {
        return long(seconds);
    }
    let (name, unit) = unit_for(seconds);
    format!("{} {name}", three_digits(seconds / unit))
}

/// The unit in which `seconds` has one to three digits before the point.
pub(crate) fn unit_for(seconds: f64) -> (&'static str, f64) {
    let fits = |unit: &&(&str, f64)| seconds.abs() < 999.5 * unit.1;
    UNITS.iter().find(fits).copied().unwrap_or(("s", 1.0))
}

/// Three significant digits, without an exponent for the sizes that occur here.
pub(crate) fn three_digits(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() {
        return value.to_string();
    }
    // The factor lets 9.996 count as 10.0, which has fewer decimals.
    let decimals = 2.0 - (size * 1.0005).log10().floor();
    format!("{value:.*}", decimals.clamp(0.0, 9.0) as usize)
}

/// Minutes and hours, in whole seconds.
fn long(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours} h {minutes} min")
    } else if rest == 0 {
        format!("{minutes} min")
    } else {
        format!("{minutes} min {rest} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_three_digits() {
        let cases = [
            (0.0, "0 ns"),
            (1e-9, "1.00 ns"),
            (12.34e-9, "12.3 ns"),
            (999.4e-9, "999 ns"),
            (999.6e-9, "1.00 µs"),
            (1.5e-3, "1.50 ms"),
            (0.9996, "1.00 s"),
            (59.9, "59.9 s"),
            (59.96, "1 min"),
            (3725.0, "1 h 2 min"),
            (-0.002, "-2.00 ms"),
            (f64::INFINITY, "unknown"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(format_seconds(seconds), expected, "{seconds}");
        }
    }
}
