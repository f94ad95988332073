//! How a comparison is shown: words, table and bars.

use super::answer::Agreement;
use super::comparison::{Arm, Comparison};
use super::duration::{three_digits, unit_for};
use super::format_seconds;
use super::stats::Interval;
use crate::display::{Bundle, Show, Table, escape};
use crate::plot::{self, Bar, Bars};
use std::fmt;

impl Comparison {
    /// The numbers as a table.
    pub fn table(&self) -> Table {
        let columns = ["", "median", "95 % interval", "ratio to first", "in words"];
        self.arms()
            .iter()
            .enumerate()
            .fold(Table::new(columns), |table, (index, arm)| {
                let interval = arm.timing.interval();
                table.row((
                    arm.name.clone(),
                    crate::display::TableCell::right(format_seconds(arm.timing.median())),
                    crate::display::TableCell::right(
                        interval.map_or("one run".into(), range_of_times),
                    ),
                    crate::display::TableCell::right(ratio(index, arm)),
                    words(index, arm),
                ))
            })
    }

    /// The medians as bars, with their intervals.
    pub fn bars(&self) -> Bars {
        let longest = self
            .arms()
            .iter()
            .map(|arm| arm.timing.median())
            .fold(0.0, f64::max);
        let (unit, length) = unit_for(longest);
        let bars = self.arms().iter().map(|arm| {
            let bar = Bar::new(arm.name.as_str(), arm.timing.median() / length)
                .label(format_seconds(arm.timing.median()));
            match arm.timing.interval() {
                Some(Interval { low, high, .. }) => bar.interval(low / length, high / length),
                None => bar,
            }
        });
        plot::bars(bars).axis("time of one run", unit)
    }

    /// Sentences of warning, each with what to do.
    pub fn warnings(&self) -> Vec<String> {
        let mut found: Vec<String> = self.arms().iter().filter_map(disagreement).collect();
        let idle = self.arms().iter().filter(|arm| arm.timing.is_empty_loop());
        found.extend(idle.map(|arm| {
            format!(
                "`{}` is as short as an empty loop: the compiler may have removed the work\n\
                 hint: pass the inputs through `black_box(…)`",
                arm.name
            )
        }));
        let rounds = self
            .arms()
            .iter()
            .map(|arm| arm.timing.rounds())
            .min()
            .unwrap_or(0);
        if rounds < 6 {
            found.push(format!(
                "only {rounds} rounds, as one run is long: the intervals go from the smallest to \
                 the largest time\nhint: make the example smaller for a surer answer"
            ));
        }
        found
    }
}

/// The ratio with its interval, empty for the first arm.
fn ratio(index: usize, arm: &Arm) -> String {
    match arm.ratio_interval {
        _ if index == 0 => "1".into(),
        Some(Interval { low, high, .. }) => {
            let [ratio, low, high] = [arm.ratio, low, high].map(three_digits);
            format!("{ratio} ({low} – {high})")
        }
        None => three_digits(arm.ratio),
    }
}

/// The ratio in words.
fn words(index: usize, arm: &Arm) -> String {
    match (index, arm.is_faster()) {
        (0, _) => "the measure of the others".into(),
        (_, None) if arm.ratio_interval.is_none() => "one round says little".into(),
        (_, None) => "no clear difference".into(),
        (_, Some(true)) => change(1.0 / arm.ratio, "faster"),
        (_, Some(false)) => change(arm.ratio, "slower"),
    }
}

/// "3.1 times faster", or percent when it is little.
fn change(factor: f64, word: &str) -> String {
    if factor >= 1.5 {
        format!(
            "{} times {}",
            three_digits(factor),
            if word == "faster" {
                "as fast"
            } else {
                "as long"
            }
        )
    } else {
        format!("{:.0} % {word}", (factor - 1.0) * 100.0)
    }
}

/// An interval of times, in one unit.
fn range_of_times(interval: Interval) -> String {
    let (unit, length) = unit_for(interval.high);
    let [low, high] = [interval.low, interval.high].map(|time| three_digits(time / length));
    format!("{low} – {high} {unit}")
}

/// The sentence about an answer that differs.
fn disagreement(arm: &Arm) -> Option<String> {
    let Agreement::Differ { expected, found } = &arm.agreement else {
        return None;
    };
    Some(format!(
        "answers differ: `{}` gives `{found}`, the first gives `{expected}`\n\
         hint: they do not do the same work, so do not compare their times",
        arm.name
    ))
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.table().to_text())?;
        for warning in self.warnings() {
            write!(out, "\nwarning: {warning}")?;
        }
        Ok(())
    }
}

/// Warnings as a block of HTML; yellow in both themes.
pub(crate) fn warnings_html(warnings: &[String]) -> String {
    let block = |warning: &String| {
        format!(
            "<div role=\"alert\" style=\"border-left:4px solid #c98a00;padding:4px 10px;margin:6px 0\">\
             <strong>⚠ warning:</strong> {}</div>",
            quoted_as_code(&escape(warning)).replace('\n', "<br>")
        )
    };
    warnings.iter().map(block).collect()
}

/// What stands between backticks becomes code, as Markdown has it.
fn quoted_as_code(html: &str) -> String {
    let mut parts = html.split('`');
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut inside = false;
    for part in parts {
        inside = !inside;
        text += if inside { "<code>" } else { "</code>" };
        text += part;
    }
    if inside { text + "</code>" } else { text }
}

impl Show for Comparison {
    fn bundle(&self) -> Bundle {
        let html = [
            self.table().to_html(),
            warnings_html(&self.warnings()),
            self.bars().to_inline_svg(),
        ];
        Bundle::text(self.to_string()).with("text/html", html.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_escaped_and_their_code_is_marked() {
        let html = warnings_html(&["`<b>` is odd\nhint: `x".into()]);
        assert!(
            html.contains("<code>&lt;b&gt;</code> is odd<br>hint: <code>x</code>"),
            "{html}"
        );
    }

    #[test]
    fn changes_are_said_in_words() {
        assert_eq!(change(2.5, "faster"), "2.50 times as fast");
        assert_eq!(change(1.25, "slower"), "25 % slower");
    }
}
