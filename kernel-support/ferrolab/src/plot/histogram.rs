use super::axes::Axes;
use super::canvas::{Canvas, Text};
use super::font;
use super::frame::{self, EDGE, LABEL, WIDTH, axis_name};
use super::palette::Paint;
use super::picture::{Picture, shows_itself};
use super::scale::Scale;
use crate::display::{Number, Table};
use crate::timing::{median, quantile};

/// The height of the area with the columns.
const PLOT: f64 = 220.0;

/// How often values fall into each of a row of equal ranges. Made by [`histogram`].
#[derive(Debug, Clone)]
pub struct Histogram {
    values: Vec<f64>,
    left_out: usize,
    bins: Option<usize>,
    title: String,
    axis: (String, String),
}

/// A histogram of values; those that are not finite are left out, and the picture says how many.
///
/// ```
/// use ferrolab::prelude::*;
/// let timing = timeit!((0..black_box(100)).sum::<u64>());
/// plot::histogram(timing.samples()).title("One run").axis("time", "s").show();
/// ```
pub fn histogram<V: Number>(values: impl IntoIterator<Item = V>) -> Histogram {
    let (values, others): (Vec<f64>, Vec<f64>) = values
        .into_iter()
        .map(Number::to_f64)
        .partition(|value| value.is_finite());
    let (title, axis) = Default::default();
    Histogram {
        values,
        left_out: others.len(),
        bins: None,
        title,
        axis,
    }
}

impl Histogram {
    /// The line above the picture.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What is counted, and in which unit (`""` if it has none).
    pub fn axis(mut self, name: impl Into<String>, unit: impl Into<String>) -> Self {
        self.axis = (name.into(), unit.into());
        self
    }

    /// The number of ranges, in place of the one chosen by the rule of Freedman and Diaconis (1981).
    pub fn bins(mut self, bins: usize) -> Self {
        self.bins = Some(bins.clamp(1, 200));
        self
    }

    /// The lower and upper end of each range, and how many values are in it.
    ///
    /// ```
    /// use ferrolab::prelude::*;
    /// let counts = plot::histogram([0, 1, 1, 2]).bins(2).counts();
    /// assert_eq!(counts, [(0.0, 1.0, 1), (1.0, 2.0, 3)]);
    /// ```
    pub fn counts(&self) -> Vec<(f64, f64, usize)> {
        if self.values.is_empty() {
            return Vec::new();
        }
        let (low, high) = self.range();
        let bins = self.bins.unwrap_or_else(|| self.rule(low, high));
        // Halves keep the difference of huge ends finite.
        let edge = |at: usize| low + 2.0 * (high / 2.0 - low / 2.0) * (at as f64 / bins as f64);
        let mut counts = vec![0; bins];
        for value in &self.values {
            let part = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
            counts[((part * bins as f64) as usize).min(bins - 1)] += 1;
        }
        counts
            .into_iter()
            .enumerate()
            .map(|(at, count)| (edge(at), edge(at + 1), count))
            .collect()
    }

    fn range(&self) -> (f64, f64) {
        let low = self
            .values
            .iter()
            .copied()
            .fold(f64::MAX, f64::min)
            .max(-1e300);
        let high = self
            .values
            .iter()
            .copied()
            .fold(f64::MIN, f64::max)
            .min(1e300);
        if high - low > high.abs().max(low.abs()) * 1e-12 {
            (low, high)
        } else {
            let half = if low == 0.0 { 0.5 } else { low.abs() * 0.05 };
            (low - half, high + half)
        }
    }

    /// Freedman and Diaconis: width 2·(quartile range)/∛n, kept between 5 and 60 ranges.
    fn rule(&self, low: f64, high: f64) -> usize {
        let spread = quantile(&self.values, 0.75) - quantile(&self.values, 0.25);
        let width = 2.0 * spread / (self.values.len() as f64).cbrt();
        let bins = ((high - low) / width).ceil();
        if bins.is_finite() {
            bins.clamp(5.0, 60.0) as usize
        } else {
            10
        }
    }

    fn name(&self) -> String {
        axis_name(&self.axis.0, &self.axis.1)
    }

    pub(crate) fn picture(&self) -> Picture {
        let counts = self.counts();
        let most = counts.iter().map(|(_, _, count)| *count).max().unwrap_or(1);
        let (low, high) = if counts.is_empty() {
            (0.0, 1.0)
        } else {
            self.range()
        };
        let top = frame::title_height(&self.title) + 28.0;
        let mut y = Scale::linear(0.0, most as f64, 4);
        y.ticks.retain(|(value, _)| value.fract() == 0.0);
        let axes = Axes::new(Scale::tight(low, high, 7), y, top, top + PLOT);
        let tail = if self.name().is_empty() { 30.0 } else { 52.0 };
        let about = format!(
            "histogram: {} {}, {} values",
            self.title,
            self.name(),
            self.values.len()
        );
        Picture::draw((WIDTH, axes.bottom + tail), &about, |canvas| {
            frame::title(canvas, &self.title);
            self.paint(canvas, &axes, &counts);
        })
    }

    fn paint(&self, canvas: &mut Canvas<'_>, axes: &Axes, counts: &[(f64, f64, usize)]) {
        axes.draw(canvas, &self.name(), &self.count_name());
        for (low, high, count) in counts.iter().filter(|(_, _, count)| *count > 0) {
            let corners = (axes.place(*low, 0.0), axes.place(*high, *count as f64));
            if let (Some(a), Some(b)) = corners {
                canvas.rect((a.0 + 0.6, a.1), (b.0 - 0.6, b.1), Paint::Series(0), 1.0);
            }
        }
        if counts.is_empty() {
            let middle = (
                (axes.left + axes.right) / 2.0,
                (axes.top + axes.bottom) / 2.0,
            );
            frame::remark(canvas, middle, "no data");
        } else {
            self.paint_median(canvas, axes);
        }
    }

    /// The name of the y axis, which also says what is left out.
    fn count_name(&self) -> String {
        match self.left_out {
            0 => "how often".into(),
            1 => "how often (1 value that is not finite is left out)".into(),
            more => format!("how often ({more} values that are not finite are left out)"),
        }
    }

    /// A broken line at the median with its value beside it.
    fn paint_median(&self, canvas: &mut Canvas<'_>, axes: &Axes) {
        let middle = median(&self.values);
        let Some((x, _)) = axes.place(middle, 0.0) else {
            return;
        };
        canvas.dashes(&[(x, axes.bottom), (x, axes.top - 24.0)], Paint::Ink, 1.4);
        let text = format!("median {}", crate::display::TableCell::from(middle).text());
        // The label stands above the columns, right of the axis' name and within the picture.
        let name_end = EDGE + font::width(&self.count_name(), LABEL) + 14.0;
        let last = WIDTH - EDGE - font::width(&text, LABEL);
        let place = ((x + 7.0).max(name_end).min(last), axes.top - 18.0);
        canvas.text(place, &text, Text::new(LABEL, Paint::Ink));
    }

    /// The counts as a table with bars.
    pub fn to_text(&self) -> String {
        let counts = self.counts();
        let most = counts
            .iter()
            .map(|(_, _, count)| *count)
            .max()
            .unwrap_or(1)
            .max(1);
        let rows = counts.iter().map(|(low, high, count)| {
            (*low, *high, *count, "█".repeat((count * 30).div_ceil(most)))
        });
        let name = self.name();
        let from = if name.is_empty() {
            "from".into()
        } else {
            format!("{name} from")
        };
        Table::new([from.as_str(), "to", "count", ""])
            .title(&self.title)
            .rows(rows)
            .to_text()
    }
}

shows_itself!(Histogram);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once() {
        let picture = histogram((0..1_000).map(|n| f64::from(n).sqrt()));
        let counts = picture.counts();
        assert_eq!(
            counts.iter().map(|(_, _, count)| count).sum::<usize>(),
            1_000
        );
        assert!((5..=60).contains(&counts.len()));
    }

    #[test]
    fn nothing_and_nonsense_are_drawn_without_a_panic() {
        assert!(histogram(Vec::<f64>::new()).to_svg().contains("no data"));
        assert!(
            histogram([f64::NAN, 1.0])
                .to_svg()
                .contains("1 value that is not finite")
        );
        for values in [
            vec![5.0],
            vec![0.0; 9],
            vec![-1e308, 1e308],
            vec![1e-310, 2e-310],
        ] {
            assert!(histogram(values).to_svg().ends_with("</svg>\n"));
        }
    }
}
