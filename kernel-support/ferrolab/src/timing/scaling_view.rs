//! How a scaling measurement is shown: words, table and curve.

use super::answer::Agreement;
use super::duration::three_digits;
use super::format_seconds;
use super::scaling::{Amdahl, Scaling};
use super::stats::Interval;
use super::verdict::warnings_html;
use crate::display::{Bundle, Show, Table, TableCell, escape};
use crate::plot::{self, Lines, Series};
use std::fmt;

impl Scaling {
    /// The numbers as a table.
    pub fn table(&self) -> Table {
        let columns = ["workers", "median", "speed-up", "95 % interval", "Amdahl"];
        self.points()
            .iter()
            .fold(Table::new(columns), |table, point| {
                let interval = point.speedup_interval.map_or(
                    String::new(),
                    |Interval { low, high, .. }| {
                        format!("{} – {}", three_digits(low), three_digits(high))
                    },
                );
                let law = self.amdahl().map_or(String::new(), |fit| {
                    three_digits(fit.speedup(point.workers))
                });
                table.row((
                    point.workers,
                    TableCell::right(format_seconds(point.timing.median())),
                    TableCell::right(three_digits(point.speedup)),
                    TableCell::right(interval),
                    TableCell::right(law),
                ))
            })
    }

    /// Speed-up against workers: measured, the fitted law, and the ideal.
    pub fn curve(&self) -> Lines {
        let most = self.points().last().map_or(1, |point| point.workers);
        let fewest = self.points().first().map_or(1, |point| point.workers);
        let mut measured = Series::new("measured", Vec::<(f64, f64)>::new());
        for point in self.points() {
            let range = point.speedup_interval.map(|range| (range.low, range.high));
            measured = measured.point(point.workers as f64, point.speedup, range);
        }
        let mut curve = plot::lines([measured]).y_from_zero();
        if let Some(fit) = self.amdahl() {
            let law = |step: usize| {
                let workers = 1.0 + (most - 1) as f64 * step as f64 / 40.0;
                (workers, 1.0 / (1.0 - fit.parallel + fit.parallel / workers))
            };
            curve = curve.series(Series::new("Amdahl's law", (0..=40).map(law)).dashed());
        }
        let reach = most.min(self.cores().max(1)) as f64;
        let ideal = Series::new("ideal", [(1.0, 1.0), (reach, reach), (most as f64, reach)]);
        curve
            .series(ideal.muted())
            .title("Speed-up")
            .x_axis("workers", "")
            .y_axis(format!("times as fast as with {fewest}"), "")
    }

    /// What the fit says, in one sentence with its source.
    pub fn summary(&self) -> String {
        match self.amdahl() {
            Some(fit) => describe(fit),
            None => {
                "no fit of Amdahl's law: it needs two points with no more workers than cores".into()
            }
        }
    }

    /// Sentences of warning, each with what to do.
    pub fn warnings(&self) -> Vec<String> {
        let differs = self
            .points()
            .iter()
            .find_map(|point| match &point.agreement {
                Agreement::Differ { expected, found } => Some(format!(
                    "answers differ: {} workers give `{found}`, the first gives `{expected}`\n\
                 hint: look for a race or for work that is left out before trusting the speed-up",
                    point.workers
                )),
                _ => None,
            });
        let beyond = self
            .points()
            .iter()
            .any(|point| point.workers > self.cores());
        let crowded = beyond.then(|| {
            format!(
                "this machine lets the process use {} cores: more workers than that share them\n\
                 hint: expect the curve to be flat from there on",
                self.cores()
            )
        });
        differs.into_iter().chain(crowded).collect()
    }
}

fn describe(fit: Amdahl) -> String {
    let percent = |part: f64| format!("{:.0}", part * 100.0);
    let range = fit.interval.map_or(String::new(), |range| {
        format!(" ({} – {} %)", percent(range.low), percent(range.high))
    });
    let limit = if fit.parallel < 0.999 {
        let most = three_digits(1.0 / (1.0 - fit.parallel));
        format!("; no number of cores would make it more than {most} times as fast")
    } else {
        String::new()
    };
    format!(
        "Amdahl's law (1967) fitted to {} points: {} %{range} of the work runs in parallel{limit}",
        fit.points,
        percent(fit.parallel)
    )
}

impl fmt::Display for Scaling {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\n{}", self.table().to_text(), self.summary())?;
        for warning in self.warnings() {
            write!(out, "\nnote: {warning}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scaling {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Show for Scaling {
    fn bundle(&self) -> Bundle {
        let html = [
            self.curve().to_inline_svg(),
            format!("<p>{}.</p>", escape(&self.summary())),
            self.table().to_html(),
            warnings_html(&self.warnings()),
        ];
        Bundle::text(self.to_string()).with("text/html", html.concat())
    }
}
