//! What all pictures share: size, title, notes, legend.

use super::canvas::{Canvas, Text};
use super::font;
use super::palette::Paint;

/// The width of every picture.
pub(crate) const WIDTH: f64 = 680.0;

/// Sizes of text.
pub(crate) const TITLE: f64 = 15.0;
pub(crate) const LABEL: f64 = 12.5;
pub(crate) const TICK: f64 = 11.5;

/// The margin at the outer edges.
pub(crate) const EDGE: f64 = 14.0;

/// Draws the title and gives the height it took.
pub(crate) fn title(canvas: &mut Canvas<'_>, text: &str) -> f64 {
    if text.is_empty() {
        return EDGE;
    }
    let text = font::fit(text, TITLE * 1.05, WIDTH - 2.0 * EDGE);
    canvas.text((EDGE, 20.0), &text, Text::new(TITLE, Paint::Ink).bold());
    40.0
}

/// The height that `title` will take.
pub(crate) fn title_height(text: &str) -> f64 {
    if text.is_empty() { EDGE } else { 40.0 }
}

/// An axis' name with its unit.
pub(crate) fn axis_name(name: &str, unit: &str) -> String {
    match (name, unit) {
        (name, "") => name.to_owned(),
        ("", unit) => unit.to_owned(),
        (name, unit) => format!("{name} ({unit})"),
    }
}

/// One entry of a legend.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) paint: Paint,
    pub(crate) dashed: bool,
    pub(crate) area: bool,
}

/// Where each entry goes: row and left edge. Entries wrap like words.
fn places(keys: &[Key]) -> Vec<(usize, f64, String)> {
    let (mut row, mut x) = (0, EDGE);
    let mut found = Vec::new();
    for key in keys {
        let name = font::fit(&key.name, LABEL, 200.0);
        let size = 28.0 + font::width(&name, LABEL) + 18.0;
        if x > EDGE && x + size > WIDTH - EDGE {
            row += 1;
            x = EDGE;
        }
        found.push((row, x, name));
        x += size;
    }
    found
}

/// The height that `legend` will take.
pub(crate) fn legend_height(keys: &[Key]) -> f64 {
    places(keys)
        .last()
        .map_or(0.0, |(row, ..)| (*row as f64 + 1.0) * 20.0 + 6.0)
}

/// Draws a legend below `top`.
pub(crate) fn legend(canvas: &mut Canvas<'_>, keys: &[Key], top: f64) {
    for ((row, x, name), key) in places(keys).into_iter().zip(keys) {
        let y = top + 8.0 + row as f64 * 20.0;
        if key.area {
            canvas.rect((x + 4.0, y - 6.0), (x + 20.0, y + 6.0), key.paint, 1.0);
        } else if key.dashed {
            canvas.dashes(&[(x, y), (x + 22.0, y)], key.paint, 2.0);
        } else {
            canvas.line((x, y), (x + 22.0, y), key.paint, 1.0, 2.2);
        }
        canvas.text((x + 28.0, y), &name, Text::new(LABEL, Paint::Ink));
    }
}

/// A remark in the middle of an otherwise empty plot.
pub(crate) fn remark(canvas: &mut Canvas<'_>, middle: (f64, f64), text: &str) {
    canvas.text(middle, text, Text::new(LABEL, Paint::Muted).centered());
}
