//! How bars are drawn and written.

use super::axes::{x_axis_name, x_ticks};
use super::bars::{Bar, Bars};
use super::canvas::{Canvas, Text};
use super::font;
use super::frame::{self, EDGE, LABEL, WIDTH, axis_name};
use super::palette::Paint;
use super::picture::Picture;
use super::scale::Scale;
use crate::display::{Table, TableCell};

/// The height of a row and of the bar in it.
const ROW: f64 = 36.0;
const THICK: f64 = 20.0;

/// The opacity of bars, which lets whiskers be seen on them, and of the grid.
const OPACITY: f64 = 0.75;
const GRID: f64 = 0.16;

/// More bars than this would be a picture nobody can read.
const MOST: usize = 60;

/// Where things are.
struct Layout {
    scale: Scale,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Bars {
    pub(crate) fn picture(&self) -> Picture {
        let layout = self.layout();
        let size = (
            WIDTH,
            layout.bottom + if self.name().is_empty() { 30.0 } else { 52.0 },
        );
        Picture::draw(size, &self.about(), |canvas| self.paint(canvas, &layout))
    }

    fn layout(&self) -> Layout {
        let shown = self.shown();
        let top = frame::title_height(&self.title);
        let widest = |texts: &mut dyn Iterator<Item = String>| {
            texts
                .map(|text| font::width(&text, LABEL))
                .fold(0.0, f64::max)
        };
        let names = widest(&mut shown.iter().map(|bar| bar.name.clone())).min(240.0);
        let ends = widest(&mut shown.iter().map(end_text)).min(170.0);
        let ranges = shown
            .iter()
            .flat_map(|bar| bar.interval.map(|(a, b)| [a, b]))
            .flatten();
        let values: Vec<f64> = shown.iter().map(|bar| bar.value).chain(ranges).collect();
        let rows = shown.len().max(1) as f64;
        Layout {
            scale: Scale::of(&values, self.log, true, 5),
            left: EDGE + names + 10.0,
            right: WIDTH - EDGE - ends - 12.0,
            top,
            bottom: top + rows * ROW + 4.0,
        }
    }

    fn shown(&self) -> &[Bar] {
        &self.bars[..self.bars.len().min(MOST)]
    }

    fn name(&self) -> String {
        axis_name(&self.axis.0, &self.axis.1)
    }

    fn paint(&self, canvas: &mut Canvas<'_>, layout: &Layout) {
        frame::title(canvas, &self.title);
        let sides = (layout.left, layout.right);
        if self.bars.is_empty() {
            frame::remark(canvas, (WIDTH / 2.0, layout.top + ROW / 2.0), "no data");
            return;
        }
        paint_grid(canvas, layout, self.shown());
        x_ticks(canvas, &layout.scale, sides, layout.bottom, None);
        x_axis_name(canvas, &self.name(), sides, layout.bottom);
        for (row, bar) in self.shown().iter().enumerate() {
            paint_bar(canvas, layout, bar, layout.middle(row));
        }
        let zero = layout.zero();
        canvas.line(
            (zero, layout.top),
            (zero, layout.bottom),
            Paint::Ink,
            0.55,
            1.0,
        );
    }

    /// The bars in words, one a line.
    pub fn to_text(&self) -> String {
        let largest = self
            .bars
            .iter()
            .map(|bar| bar.value.abs())
            .filter(|v| v.is_finite());
        let largest = largest.fold(0.0, f64::max);
        let rows = self.bars.iter().map(|bar| {
            let part = (bar.value.abs() / largest).clamp(0.0, 1.0);
            let drawn = if part.is_nan() {
                0
            } else {
                (part * 30.0).round() as usize
            };
            (
                bar.name.as_str(),
                TableCell::right(end_text(bar)),
                "█".repeat(drawn),
            )
        });
        Table::new(["", self.name().as_str(), ""])
            .title(&self.title)
            .rows(rows)
            .to_text()
    }

    fn about(&self) -> String {
        let parts: Vec<String> = self
            .shown()
            .iter()
            .map(|bar| format!("{}: {}", bar.name, end_text(bar)))
            .collect();
        format!(
            "bars: {} {} — {}",
            self.title,
            self.name(),
            parts.join(", ")
        )
    }
}

impl Layout {
    fn place(&self, value: f64) -> Option<f64> {
        self.scale.place(value, self.left, self.right)
    }

    /// The middle of a row.
    fn middle(&self, row: usize) -> f64 {
        self.top + (row as f64 + 0.5) * ROW + 2.0
    }

    /// Both ends of a bar's whisker, if it has one.
    fn whisker(&self, bar: &Bar) -> Option<(f64, f64)> {
        let (low, high) = bar.interval.filter(|_| bar.value.is_finite())?;
        Some((self.place(low)?, self.place(high)?))
    }

    /// The right end of bar and whisker.
    fn end(&self, bar: &Bar) -> f64 {
        let value = self.place(bar.value).filter(|_| bar.value.is_finite());
        let whisker = self.whisker(bar).map(|(_, high)| high);
        value.into_iter().chain(whisker).fold(self.zero(), f64::max)
    }

    /// From where to where bar and text reach.
    fn covered(&self, bar: &Bar) -> (f64, f64) {
        let value = self.place(bar.value).unwrap_or(self.left);
        let text = font::width(&short_end_text(bar), LABEL);
        (value.min(self.zero()), self.end(bar) + 12.0 + text)
    }

    /// Where bars begin: at zero, or at the left on a logarithmic axis.
    fn zero(&self) -> f64 {
        self.place(0.0)
            .filter(|_| !self.scale.log)
            .unwrap_or(self.left)
    }
}

/// Vertical lines at the ticks, which stop short of bars and their texts.
fn paint_grid(canvas: &mut Canvas<'_>, layout: &Layout, bars: &[Bar]) {
    let places = layout
        .scale
        .ticks
        .iter()
        .filter_map(|(value, _)| layout.place(*value));
    for x in places {
        let mut from = layout.top;
        for (row, bar) in bars.iter().enumerate() {
            let (start, end) = layout.covered(bar);
            if start < x && x < end {
                let middle = layout.middle(row);
                canvas.line((x, from), (x, middle - THICK / 2.0), Paint::Ink, GRID, 1.0);
                from = middle + THICK / 2.0;
            }
        }
        canvas.line((x, from), (x, layout.bottom), Paint::Ink, GRID, 1.0);
    }
}

fn paint_bar(canvas: &mut Canvas<'_>, layout: &Layout, bar: &Bar, middle: f64) {
    let name = font::fit(&bar.name, LABEL, layout.left - EDGE - 8.0);
    let look = Text::new(LABEL, Paint::Ink);
    canvas.text((layout.left - 10.0, middle), &name, look.right());
    if let Some(x) = layout.place(bar.value).filter(|_| bar.value.is_finite()) {
        let (a, b) = (
            (layout.zero(), middle - THICK / 2.0),
            (x, middle + THICK / 2.0),
        );
        canvas.rect(a, b, Paint::Series(bar.color), OPACITY);
    }
    if let Some((a, b)) = layout.whisker(bar) {
        paint_whisker(canvas, a, b, middle);
    }
    canvas.text((layout.end(bar) + 8.0, middle), &short_end_text(bar), look);
}

/// A line with a stroke across at each end, or one stroke if the ends would touch.
fn paint_whisker(canvas: &mut Canvas<'_>, a: f64, b: f64, middle: f64) {
    let mut across = |x: f64| {
        let (top, bottom) = ((x, middle - 4.5), (x, middle + 4.5));
        canvas.line(top, bottom, Paint::Ink, 1.0, 1.4);
    };
    if (b - a).abs() < 3.0 {
        across((a + b) / 2.0);
        return;
    }
    across(a);
    across(b);
    canvas.line((a, middle), (b, middle), Paint::Ink, 1.0, 1.4);
}

/// The text at the end of a bar, cut to the room it has.
fn short_end_text(bar: &Bar) -> String {
    font::fit(&end_text(bar), LABEL, 180.0)
}

/// The text at the end of a bar.
fn end_text(bar: &Bar) -> String {
    let value = || TableCell::from(bar.value).text().to_owned();
    bar.label.clone().unwrap_or_else(value)
}

#[cfg(test)]
mod tests {
    use super::super::bars;
    use super::*;

    #[test]
    fn nothing_and_nonsense_are_drawn_without_a_panic() {
        assert!(bars(Vec::<Bar>::new()).to_svg().contains("no data"));
        let odd = [
            ("nan", f64::NAN),
            ("inf", f64::INFINITY),
            ("huge", 1e308),
            ("minus", -1e308),
        ];
        for picture in [
            bars(odd),
            bars(odd).log(),
            bars([("zero", 0.0)]),
            bars([("", -3.0)]),
        ] {
            let svg = picture.title("t").axis("x", "ms").to_svg();
            assert!(!svg.contains("NaN\"") && svg.ends_with("</svg>\n"), "{svg}");
        }
    }

    #[test]
    fn a_longer_value_is_a_longer_bar() {
        let svg = bars([("a", 1.0), ("b", 3.0)]).to_svg();
        let widths: Vec<f64> = svg
            .lines()
            .filter(|line| line.starts_with("<rect"))
            .map(|line| {
                line.split("width=\"")
                    .nth(1)
                    .unwrap()
                    .split('"')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect();
        assert!((widths[1] / widths[0] - 3.0).abs() < 0.01, "{widths:?}");
    }

    #[test]
    fn user_text_is_escaped_everywhere() {
        let picture = bars([("<script>", 1)]).title("a & \"b\"").axis("<i>", "µ<");
        for source in [picture.to_svg(), picture.to_inline_svg()] {
            assert!(!source.contains("<script>") && !source.contains("<i>"));
            assert!(source.contains("&lt;script&gt;"));
        }
    }

    #[test]
    fn the_inline_form_follows_the_theme_and_the_file_does_not() {
        let picture = bars([("a", 1)]);
        assert!(
            picture
                .to_inline_svg()
                .contains("var(--jp-content-font-color1, currentColor)")
        );
        assert!(!picture.to_svg().contains("var("));
        assert!(!picture.to_svg().contains("#0100") && !picture.to_svg().contains("#0101"));
    }
}
