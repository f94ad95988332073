//! The ratios of a report as bars. The picture stands in the README, on white or on black: its
//! ground is transparent, and its two colours can be read on either.

use crate::bench_report::{Figure, Report};
use crate::bench_table::{amount, times};

/// Contrast of at least 4 on white and on black.
const BAR: &str = "#2f7fc1";
/// Contrast of 4.6 on white and on black.
const INK: &str = "#757575";
/// Widths in pixels: of the whole, of the names, of the texts behind the bars.
const WIDTH: f64 = 760.0;
const NAMES: f64 = 240.0;
const TEXTS: f64 = 210.0;
/// Heights in pixels: above the first bar, of a bar with its gap, of a bar.
const TOP: f64 = 44.0;
const STEP: f64 = 28.0;
const BAR_HEIGHT: f64 = 16.0;
/// Marks of the axis. It is logarithmic and begins at "the same": equal lengths are equal factors.
const MARKS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// The picture as SVG.
pub(crate) fn svg(report: &Report) -> String {
    let rows: Vec<(&Figure, f64)> = report
        .figures
        .iter()
        .filter(|figure| is_shown(figure))
        .filter_map(|figure| Some((figure, figure.ratio?)))
        .collect();
    let axis = Axis::new(rows.iter().map(|(figure, ratio)| {
        figure
            .interval
            .map_or(*ratio, |interval| interval.high.max(*ratio))
    }));
    let height = TOP + rows.len() as f64 * STEP + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\" \
         fill=\"{INK}\" role=\"img\">\n"
    );
    let title = "How many times faster, or smaller, than stock evcxr_jupyter";
    svg += &format!("<title>{title}</title>\n");
    svg += &format!("<text x=\"0\" y=\"14\" font-weight=\"600\">{title}</text>\n");
    svg += &axis.svg(height);
    for (at, (figure, ratio)) in rows.iter().enumerate() {
        svg += &bar(figure, *ratio, TOP + at as f64 * STEP, &axis);
    }
    svg + "</svg>\n"
}

/// The first answer is a thousand times faster, because our kernel gives it before it can do
/// anything: its bar would make all others short, and say less than they do.
fn is_shown(figure: &Figure) -> bool {
    figure.goal.is_some() || figure.quantile > 0.5
}

/// Where a ratio lies on the picture.
struct Axis {
    most: f64,
}

impl Axis {
    fn new(ratios: impl Iterator<Item = f64>) -> Self {
        let most = ratios.filter(|ratio| ratio.is_finite()).fold(2.0, f64::max);
        Self { most }
    }

    fn x(&self, ratio: f64) -> f64 {
        let part = ratio.max(1.0).ln() / self.most.ln();
        NAMES + part.min(1.0) * (WIDTH - NAMES - TEXTS)
    }

    fn svg(&self, height: f64) -> String {
        let marks = MARKS.iter().filter(|mark| **mark <= self.most);
        marks
            .map(|mark| {
                let x = self.x(*mark);
                let bottom = height - 8.0;
                format!(
                    "<path d=\"M{x:.1} 38V{bottom}\" stroke=\"{INK}\" stroke-opacity=\"0.35\"/>\
                     <text x=\"{x:.1}\" y=\"33\" text-anchor=\"middle\" font-size=\"11\">{mark}×</text>\n"
                )
            })
            .collect()
    }
}

fn bar(figure: &Figure, ratio: f64, top: f64, axis: &Axis) -> String {
    let middle = top + BAR_HEIGHT / 2.0;
    let base = middle + 4.5;
    let (zero, end) = (axis.x(1.0), axis.x(ratio));
    let mut svg = format!(
        "<text x=\"{:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{}</text>\
         <rect x=\"{zero:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{BAR_HEIGHT}\" fill=\"{BAR}\"/>",
        NAMES - 8.0,
        escaped(&figure.title.replace('`', "")),
        end - zero
    );
    let mut behind = end;
    if let Some(interval) = figure.interval {
        let (low, high) = (axis.x(interval.low), axis.x(interval.high));
        behind = behind.max(high);
        svg += &format!(
            "<path d=\"M{low:.1} {middle:.1}H{high:.1}M{low:.1} {:.1}v6M{high:.1} {:.1}v6\" \
             stroke=\"{INK}\" stroke-width=\"1.5\"/>",
            middle - 3.0,
            middle - 3.0
        );
    }
    svg + &format!(
        "<text x=\"{:.1}\" y=\"{base:.1}\"><tspan font-weight=\"600\">{}</tspan>{}</text>\n",
        behind + 8.0,
        times(ratio),
        escaped(&values(figure))
    )
}

fn values(figure: &Figure) -> String {
    let theirs = figure
        .theirs
        .as_ref()
        .map(|theirs| amount(theirs.value, figure.unit));
    let ours = amount(figure.ours.value, figure.unit);
    theirs.map_or(String::new(), |theirs| format!("  {ours}, evcxr {theirs}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_figures::tests::example;

    #[test]
    fn what_is_shown_has_a_bar_and_nothing_else_has() {
        let report = example();
        let svg = svg(&report);
        let ratios = report
            .figures
            .iter()
            .filter(|figure| figure.ratio.is_some() && is_shown(figure));
        assert_eq!(svg.matches("<rect").count(), ratios.count());
        assert!(!svg.contains("kernel_info"), "{svg}");
        assert!(!svg.contains("snapshot"), "{svg}");
        assert!(svg.contains("800 ms, evcxr 10.0 s"), "{svg}");
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }

    #[test]
    fn equal_factors_are_equal_lengths() {
        let axis = Axis::new([16.0].into_iter());
        let length = |from: f64, to: f64| axis.x(to) - axis.x(from);
        assert!((length(1.0, 4.0) - length(4.0, 16.0)).abs() < 1e-9);
        // A ratio below one has no bar, and does not leave the picture.
        assert_eq!(axis.x(0.5), axis.x(1.0));
    }
}
