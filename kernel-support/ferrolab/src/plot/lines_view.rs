//! How lines are drawn and written.

use super::axes::Axes;
use super::canvas::{Canvas, Point};
use super::frame::{self, Key, WIDTH, axis_name};
use super::palette::Paint;
use super::picture::Picture;
use super::scale::Scale;
use super::{Lines, Series};
use crate::display::Table;

/// The height of the area with the lines.
const PLOT: f64 = 260.0;

/// Up to so many points each has a mark.
const MARKED: usize = 30;

/// Lines with more points than this are thinned to their extremes a pixel.
const DENSE: usize = 2_000;

impl Lines {
    pub(crate) fn picture(&self) -> Picture {
        let keys = self.keys();
        let head = frame::title_height(&self.title) + frame::legend_height(&keys);
        let name_room = if self.y_name().is_empty() { 0.0 } else { 26.0 };
        let top = head + name_room + 2.0;
        let axes = Axes::new(self.x_scale(), self.y_scale(), top, top + PLOT);
        let tail = if self.x_name().is_empty() { 30.0 } else { 52.0 };
        Picture::draw((WIDTH, axes.bottom + tail), &self.about(), |canvas| {
            let under = frame::title(canvas, &self.title);
            frame::legend(canvas, &keys, under);
            axes.draw(canvas, &self.x_name(), &self.y_name());
            self.paint(canvas, &axes);
        })
    }

    fn paint(&self, canvas: &mut Canvas<'_>, axes: &Axes) {
        let mut drawn = 0;
        for (series, paint) in self.series.iter().zip(self.paints()) {
            drawn += paint_series(canvas, axes, series, paint);
        }
        if drawn == 0 {
            let middle = (
                (axes.left + axes.right) / 2.0,
                (axes.top + axes.bottom) / 2.0 + 12.0,
            );
            frame::remark(canvas, middle, "no data");
        }
    }

    /// A colour for each series; muted ones use up none.
    fn paints(&self) -> Vec<Paint> {
        let mut next = 0..;
        let paint = |series: &Series| match series.muted {
            true => Paint::Muted,
            false => Paint::Series(next.next().unwrap_or(0)),
        };
        self.series.iter().map(paint).collect()
    }

    /// A legend, if there is more than one line.
    fn keys(&self) -> Vec<Key> {
        if self.series.len() < 2 {
            return Vec::new();
        }
        let both = self.series.iter().zip(self.paints());
        both.map(|(series, paint)| Key {
            name: series.name.clone(),
            paint,
            dashed: series.dashed,
            area: false,
        })
        .collect()
    }

    fn x_scale(&self) -> Scale {
        let values: Vec<f64> = self.points().map(|(x, _)| x).collect();
        let scale = Scale::of(&values, self.log.0, false, 8);
        let finite = || values.iter().copied().filter(|x| x.is_finite());
        let (low, high) = (
            finite().fold(f64::MAX, f64::min),
            finite().fold(f64::MIN, f64::max),
        );
        if scale.log || low > high {
            scale
        } else if low < high && self.counts_whole_numbers() {
            Scale::whole(low, high, 8)
        } else {
            Scale::tight(low, high, 8)
        }
    }

    /// Whether the measured points stand at whole numbers; curves of a model do not count.
    fn counts_whole_numbers(&self) -> bool {
        let measured = self.series.iter().filter(|series| !series.dashed);
        let mut places = measured.flat_map(|series| &series.points).map(|(x, _)| *x);
        places.all(|x| x.fract() == 0.0)
    }

    fn y_scale(&self) -> Scale {
        let ranges = self
            .series
            .iter()
            .flat_map(|series| &series.intervals)
            .flatten();
        let ends = ranges.flat_map(|(low, high)| [*low, *high]);
        let values: Vec<f64> = self.points().map(|(_, y)| y).chain(ends).collect();
        Scale::of(&values, self.log.1, self.from_zero, 5)
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        self.series
            .iter()
            .flat_map(|series| series.points.iter().copied())
    }

    fn x_name(&self) -> String {
        axis_name(&self.x.0, &self.x.1)
    }

    fn y_name(&self) -> String {
        axis_name(&self.y.0, &self.y.1)
    }

    /// The points as a table.
    pub fn to_text(&self) -> String {
        let or = |name: String, other: &str| {
            if name.is_empty() {
                other.to_owned()
            } else {
                name
            }
        };
        let columns = [
            "line".into(),
            or(self.x_name(), "x"),
            or(self.y_name(), "y"),
        ];
        let rows = self.series.iter().flat_map(|series| {
            series
                .points
                .iter()
                .map(|(x, y)| (series.name.as_str(), *x, *y))
        });
        Table::new(columns)
            .title(&self.title)
            .rows(rows)
            .most_rows(30)
            .to_text()
    }

    fn about(&self) -> String {
        let names: Vec<&str> = self
            .series
            .iter()
            .map(|series| series.name.as_str())
            .collect();
        format!(
            "lines: {} — {} against {}: {}",
            self.title,
            self.y_name(),
            self.x_name(),
            names.join(", ")
        )
    }
}

/// Draws one line and says how many of its points could be drawn.
fn paint_series(canvas: &mut Canvas<'_>, axes: &Axes, series: &Series, paint: Paint) -> usize {
    let places: Vec<Option<Point>> = series
        .points
        .iter()
        .map(|(x, y)| {
            axes.place(*x, *y)
                .filter(|_| x.is_finite() && y.is_finite())
        })
        .collect();
    for run in places.split(Option::is_none) {
        let run: Vec<Point> = thin(run.iter().flatten().copied().collect());
        if series.dashed {
            canvas.dashes(&run, paint, 1.8);
        } else if run.len() > 1 {
            canvas.path(&run, paint, 2.2);
        }
    }
    let count = places.iter().flatten().count();
    for (place, interval) in places.iter().zip(&series.intervals) {
        let Some(place) = place else { continue };
        if let Some((low, high)) = interval {
            paint_whisker(canvas, axes, *place, (*low, *high), paint);
        }
        if count <= MARKED && !series.dashed || count == 1 {
            canvas.dot(*place, 3.6, paint);
        }
    }
    count
}

/// A vertical line with a stroke across at each end.
fn paint_whisker(canvas: &mut Canvas<'_>, axes: &Axes, at: Point, range: (f64, f64), paint: Paint) {
    let place = |value| axes.y.place(value, axes.bottom, axes.top);
    let (Some(low), Some(high)) = (place(range.0), place(range.1)) else {
        return;
    };
    canvas.line((at.0, low), (at.0, high), paint, 1.0, 1.4);
    for y in [low, high] {
        canvas.line((at.0 - 4.5, y), (at.0 + 4.5, y), paint, 1.0, 1.4);
    }
}

/// Keeps first, lowest, highest and last point of each pixel column of a dense line.
fn thin(points: Vec<Point>) -> Vec<Point> {
    if points.len() <= DENSE {
        return points;
    }
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let mut picks = [
            0,
            extreme(column, false),
            extreme(column, true),
            column.len() - 1,
        ];
        picks.sort_unstable();
        let mut last = None;
        kept.extend(
            picks
                .iter()
                .filter(|pick| last.replace(**pick) != Some(**pick))
                .map(|pick| column[*pick]),
        );
    }
    kept
}

/// The index of the highest or lowest point.
fn extreme(points: &[Point], lowest: bool) -> usize {
    let order = |a: &usize, b: &usize| points[*a].1.total_cmp(&points[*b].1);
    let all = 0..points.len();
    if lowest {
        all.max_by(order)
    } else {
        all.min_by(order)
    }
    .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn gaps_are_left_where_values_are_missing() {
        let svg = lines([(
            "a",
            vec![(0, 1.0), (1, 2.0), (2, f64::NAN), (3, 1.0), (4, 2.0)],
        )])
        .to_svg();
        assert_eq!(svg.matches("<polyline").count(), 2);
    }

    #[test]
    fn nothing_and_nonsense_are_drawn_without_a_panic() {
        assert!(lines(Vec::<Series>::new()).to_svg().contains("no data"));
        let odd = vec![
            (f64::NAN, 1.0),
            (f64::INFINITY, 2.0),
            (-1e308, 1e308),
            (1e308, -1e308),
        ];
        for picture in [
            lines([("odd", odd.clone())]),
            lines([("odd", odd)]).log_x().log_y(),
        ] {
            assert!(picture.to_svg().ends_with("</svg>\n"));
        }
        assert!(lines([("one", [(5, 7)])]).to_svg().contains("<circle"));
        assert!(
            lines([("zeros", [(0, 0), (0, 0)])])
                .log_y()
                .to_svg()
                .contains("no data")
        );
    }

    #[test]
    fn a_dense_line_keeps_its_peaks() {
        let points: Vec<Point> = (0..100_000)
            .map(|n| (f64::from(n) / 500.0, if n == 51_234 { 99.0 } else { 0.0 }))
            .collect();
        let thinned = thin(points);
        assert!(thinned.len() <= 4 * 201, "{}", thinned.len());
        assert!(thinned.iter().any(|(_, y)| *y == 99.0));
        assert!(thinned.is_sorted_by(|a, b| a.0 <= b.0));
    }
}
