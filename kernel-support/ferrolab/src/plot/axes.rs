//! The ground of pictures with two axes: grid, ticks, names.

use super::canvas::{Canvas, Text};
use super::font;
use super::frame::{EDGE, LABEL, TICK, WIDTH};
use super::palette::Paint;
use super::scale::Scale;

/// The opacity of grid lines.
const GRID: f64 = 0.16;

/// The rectangle in which values are drawn, and the scales of its sides.
#[derive(Debug, Clone)]
pub(crate) struct Axes {
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Axes {
    /// Lays the axes out between two heights; room on the left follows the labels.
    pub(crate) fn new(x: Scale, y: Scale, top: f64, bottom: f64) -> Self {
        let widest = y
            .ticks
            .iter()
            .map(|(_, text)| font::width(text, TICK))
            .fold(0.0, f64::max);
        let last = x
            .ticks
            .last()
            .map_or(0.0, |(_, text)| font::width(text, TICK) / 2.0);
        Self {
            x,
            y,
            left: EDGE + widest + 10.0,
            right: WIDTH - EDGE - last.max(6.0),
            top,
            bottom,
        }
    }

    /// Where a pair of values lies.
    pub(crate) fn place(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let x = self.x.place(x, self.left, self.right)?;
        Some((x, self.y.place(y, self.bottom, self.top)?))
    }

    /// Draws horizontal lines with their values, the base line and the x axis.
    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, x_name: &str, y_name: &str) {
        let look = Text::new(TICK, Paint::Muted);
        for (value, text) in &self.y.ticks {
            let Some(y) = self.y.place(*value, self.bottom, self.top) else {
                continue;
            };
            canvas.line((self.left, y), (self.right, y), Paint::Ink, GRID, 1.0);
            canvas.text((self.left - 8.0, y), text, look.right());
        }
        canvas.line(
            (self.left, self.bottom),
            (self.right, self.bottom),
            Paint::Ink,
            0.55,
            1.0,
        );
        x_ticks(canvas, &self.x, (self.left, self.right), self.bottom, None);
        x_axis_name(canvas, x_name, (self.left, self.right), self.bottom);
        if !y_name.is_empty() {
            let name = font::fit(y_name, LABEL, WIDTH - 2.0 * EDGE);
            canvas.text(
                (EDGE, self.top - 18.0),
                &name,
                Text::new(LABEL, Paint::Muted),
            );
        }
    }
}

/// Ticks and values below `bottom`; with `grid`, lines up to that height. Labels that would touch
/// the one before are left out.
pub(crate) fn x_ticks(
    canvas: &mut Canvas<'_>,
    scale: &Scale,
    (left, right): (f64, f64),
    bottom: f64,
    grid: Option<f64>,
) {
    let mut free = f64::MIN;
    for (value, text) in &scale.ticks {
        let Some(x) = scale.place(*value, left, right) else {
            continue;
        };
        if let Some(top) = grid {
            canvas.line((x, top), (x, bottom), Paint::Ink, GRID, 1.0);
        } else {
            canvas.line((x, bottom), (x, bottom + 4.0), Paint::Ink, 0.55, 1.0);
        }
        let half = font::width(text, TICK) / 2.0;
        if x - half >= free {
            canvas.text(
                (x, bottom + 14.0),
                text,
                Text::new(TICK, Paint::Muted).centered(),
            );
            free = x + half + 8.0;
        }
    }
}

/// The name of the x axis, in the middle below its values.
pub(crate) fn x_axis_name(
    canvas: &mut Canvas<'_>,
    name: &str,
    (left, right): (f64, f64),
    bottom: f64,
) {
    let name = font::fit(name, LABEL, right - left);
    let middle = ((left + right) / 2.0, bottom + 34.0);
    canvas.text(middle, &name, Text::new(LABEL, Paint::Muted).centered());
}
