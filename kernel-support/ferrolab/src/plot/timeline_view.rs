//! How timelines are drawn and written.

use super::axes::{x_axis_name, x_ticks};
use super::canvas::{Canvas, Text};
use super::font;
use super::frame::{self, EDGE, Key, LABEL, TICK, WIDTH};
use super::palette::{Paint, SERIES};
use super::picture::Picture;
use super::scale::Scale;
use super::{Span, Timeline};
use crate::display::{Table, TableCell};
use crate::timing::{format_seconds, unit_for};

/// The height of a lane and of the spans in it.
const LANE: f64 = 30.0;
const THICK: f64 = 20.0;

/// More lanes than this would be a picture nobody can read.
const MOST: usize = 64;

/// Where things are, and the names in their order of appearance.
struct Layout<'a> {
    lanes: Vec<&'a str>,
    labels: Vec<&'a str>,
    keys: Vec<Key>,
    scale: Scale,
    unit: (&'static str, f64),
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Timeline {
    pub(crate) fn picture(&self) -> Picture {
        let layout = self.layout();
        Picture::draw(
            (WIDTH, layout.bottom + 52.0),
            &self.about(&layout),
            |canvas| {
                let under = frame::title(canvas, &self.title);
                frame::legend(canvas, &layout.keys, under);
                self.paint(canvas, &layout);
            },
        )
    }

    /// The spans that can be drawn.
    fn finite(&self) -> impl Iterator<Item = &Span> {
        self.spans
            .iter()
            .filter(|span| span.start.is_finite() && span.end.is_finite())
    }

    fn layout(&self) -> Layout<'_> {
        let mut lanes = distinct(self.spans.iter().map(|span| span.lane.as_str()));
        lanes.truncate(MOST);
        let labels = distinct(self.spans.iter().map(|span| span.label.as_str()));
        let keys = keys(&labels);
        let top = frame::title_height(&self.title) + frame::legend_height(&keys);
        let names = font::widest(lanes.iter().copied(), LABEL);
        let (scale, unit) = self.scale();
        let last = scale
            .ticks
            .last()
            .map_or(0.0, |(_, text)| font::width(text, TICK) / 2.0);
        let bottom = top + lanes.len().max(1) as f64 * LANE + 4.0;
        let (left, right) = (EDGE + names.min(200.0) + 12.0, WIDTH - EDGE - last.max(6.0));
        Layout {
            lanes,
            labels,
            keys,
            scale,
            unit,
            left,
            right,
            top,
            bottom,
        }
    }

    /// The axis of time, from zero or before to the last end, in a unit that fits.
    fn scale(&self) -> (Scale, (&'static str, f64)) {
        let starts = self.finite().map(|span| span.start);
        let start = starts.fold(0.0, f64::min);
        let end = self.finite().map(|span| span.end).fold(0.0, f64::max);
        let unit = unit_for(end.max(-start));
        (Scale::tight(start / unit.1, end / unit.1, 8), unit)
    }

    fn paint(&self, canvas: &mut Canvas<'_>, layout: &Layout<'_>) {
        if self.finite().next().is_none() {
            frame::remark(canvas, (WIDTH / 2.0, layout.top + LANE / 2.0), "no data");
            return;
        }
        let sides = (layout.left, layout.right);
        x_ticks(
            canvas,
            &layout.scale,
            sides,
            layout.bottom,
            Some(layout.top),
        );
        x_axis_name(
            canvas,
            &format!("time ({})", layout.unit.0),
            sides,
            layout.bottom,
        );
        for (row, lane) in layout.lanes.iter().enumerate() {
            paint_lane(canvas, layout, lane, layout.middle(row));
        }
        for span in self.finite() {
            paint_span(canvas, layout, span);
        }
    }

    /// The spans in words, one a line.
    pub fn to_text(&self) -> String {
        let rows = self.spans.iter().map(|span| {
            let [start, end, took] = [span.start, span.end, span.end - span.start]
                .map(|time| TableCell::right(format_seconds(time)));
            (span.lane.as_str(), span.label.as_str(), start, end, took)
        });
        Table::new(["lane", "what", "from", "to", "took"])
            .title(&self.title)
            .rows(rows)
            .to_text()
    }

    fn about(&self, layout: &Layout<'_>) -> String {
        format!(
            "timeline: {} — {} spans in lanes {}",
            self.title,
            self.spans.len(),
            layout.lanes.join(", ")
        )
    }
}

impl Layout<'_> {
    fn middle(&self, row: usize) -> f64 {
        self.top + (row as f64 + 0.5) * LANE + 2.0
    }

    fn place(&self, seconds: f64) -> Option<f64> {
        self.scale
            .place(seconds / self.unit.1, self.left, self.right)
    }
}

/// A legend of the labels, if there are some and not too many.
fn keys(labels: &[&str]) -> Vec<Key> {
    if labels.iter().all(|label| label.is_empty()) || labels.len() > SERIES.len() {
        return Vec::new();
    }
    let named = labels
        .iter()
        .enumerate()
        .filter(|(_, label)| !label.is_empty());
    let key = |(at, label): (usize, &&str)| Key {
        name: (*label).to_owned(),
        paint: Paint::Series(at),
        dashed: false,
        area: true,
    };
    named.map(key).collect()
}

/// A lane's name, and the thin line on which its spans lie.
fn paint_lane(canvas: &mut Canvas<'_>, layout: &Layout<'_>, lane: &str, middle: f64) {
    let name = font::fit(lane, LABEL, layout.left - EDGE - 8.0);
    let look = Text::new(LABEL, Paint::Ink).right();
    canvas.text((layout.left - 10.0, middle), &name, look);
    let ends = ((layout.left, middle), (layout.right, middle));
    canvas.line(ends.0, ends.1, Paint::Ink, 0.16, 1.0);
}

fn paint_span(canvas: &mut Canvas<'_>, layout: &Layout<'_>, span: &Span) {
    let row = layout.lanes.iter().position(|lane| *lane == span.lane);
    let color = layout
        .labels
        .iter()
        .position(|label| *label == span.label)
        .unwrap_or(0);
    let ends = (layout.place(span.start), layout.place(span.end));
    let (Some(row), (Some(from), Some(to))) = (row, ends) else {
        return;
    };
    let middle = layout.middle(row);
    // A span too short to see is drawn a pixel wide, and neighbours keep a hair's breadth apart.
    let to = (to - 0.6).max(from + 1.0);
    canvas.rect(
        (from, middle - THICK / 2.0),
        (to, middle + THICK / 2.0),
        Paint::Series(color),
        1.0,
    );
    if layout.keys.is_empty() && font::width(&span.label, TICK) + 8.0 <= to - from {
        let place = ((from + to) / 2.0, middle);
        canvas.text(
            place,
            &span.label,
            Text::new(TICK, Paint::Light).bold().centered(),
        );
    }
}

/// Each text once, in the order of first appearance.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    texts.filter(|text| seen.insert(*text)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::timeline;
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_span_is_a_box_in_its_lane() {
        let ms = Duration::from_millis;
        let svg = timeline([
            ("a", ms(0), ms(5)),
            ("b", ms(2), ms(9)),
            ("a", ms(6), ms(7)),
        ])
        .to_svg();
        let heights: Vec<&str> = svg
            .lines()
            .filter(|line| line.starts_with("<rect"))
            .map(|line| {
                line.split(" y=\"")
                    .nth(1)
                    .unwrap()
                    .split('"')
                    .next()
                    .unwrap()
            })
            .collect();
        assert_eq!(heights.len(), 3);
        assert!(heights[0] == heights[2] && heights[0] != heights[1]);
        assert!(svg.contains("time (ms)"));
    }

    #[test]
    fn nothing_and_nonsense_are_drawn_without_a_panic() {
        assert!(timeline(Vec::<Span>::new()).to_svg().contains("no data"));
        let odd = [
            ("a", f64::NAN, 1.0),
            ("b", 3.0, 1.0),
            ("c", 0.0, 1e308),
            ("d", 0.0, 0.0),
        ];
        assert!(timeline(odd).to_svg().ends_with("</svg>\n"));
    }

    #[test]
    fn ten_thousand_spans_are_drawn() {
        let spans = (0..10_000).map(|n| (format!("t{}", n % 4), f64::from(n), f64::from(n) + 0.5));
        assert_eq!(timeline(spans).to_svg().matches("<rect").count(), 10_000);
    }
}
