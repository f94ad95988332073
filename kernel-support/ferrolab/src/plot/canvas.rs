//! Drawing with fractions of a pixel on plotters' SVG backend, which knows whole numbers only:
//! everything is drawn ten times as large, and the view box scales it back.

use super::font::one_line;
use super::palette::Paint;
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, FontTransform, IntoFont, ShapeStyle, TextStyle};

/// Steps a pixel is divided into.
pub(crate) const STEPS: f64 = 10.0;

/// Plotters divides the size of a font by this.
const FONT_FACTOR: f64 = 1.24;

/// A place in pixels from the upper left corner.
pub(crate) type Point = (f64, f64);

/// How a text looks.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    pub(crate) size: f64,
    pub(crate) bold: bool,
    pub(crate) paint: Paint,
    pub(crate) side: HPos,
    pub(crate) turned: bool,
}

impl Text {
    pub(crate) fn new(size: f64, paint: Paint) -> Self {
        Self {
            size,
            bold: false,
            paint,
            side: HPos::Left,
            turned: false,
        }
    }

    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) fn centered(self) -> Self {
        Self {
            side: HPos::Center,
            ..self
        }
    }

    pub(crate) fn right(self) -> Self {
        Self {
            side: HPos::Right,
            ..self
        }
    }
}

/// The surface. Writing into a string cannot fail, so the backend's results are dropped.
pub(crate) struct Canvas<'a> {
    backend: SVGBackend<'a>,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(target: &'a mut String, width: f64, height: f64) -> Self {
        let size = ((width * STEPS) as u32, (height * STEPS) as u32);
        Self {
            backend: SVGBackend::with_string(target, size),
        }
    }

    pub(crate) fn finish(mut self) {
        let _ = self.backend.present();
    }

    pub(crate) fn rect(&mut self, a: Point, b: Point, paint: Paint, opacity: f64) {
        let (from, to) = (
            at((a.0.min(b.0), a.1.min(b.1))),
            at((a.0.max(b.0), a.1.max(b.1))),
        );
        let style = style(paint, opacity, 0.0).filled();
        let _ = self.backend.draw_rect(from, to, &style, true);
    }

    pub(crate) fn line(&mut self, a: Point, b: Point, paint: Paint, opacity: f64, width: f64) {
        let _ = self
            .backend
            .draw_line(at(a), at(b), &style(paint, opacity, width));
    }

    pub(crate) fn path(&mut self, points: &[Point], paint: Paint, width: f64) {
        let places = points.iter().map(|point| at(*point));
        let _ = self.backend.draw_path(places, &style(paint, 1.0, width));
    }

    /// A broken line; the backend has none, so the dashes are cut here.
    pub(crate) fn dashes(&mut self, points: &[Point], paint: Paint, width: f64) {
        const ON: f64 = 6.0;
        const OFF: f64 = 4.0;
        let mut walked = 0.0;
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            let place = |way: f64| {
                let part = (way / length).clamp(0.0, 1.0);
                (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part)
            };
            let mut way = -(walked % (ON + OFF));
            while way < length {
                if way + ON > 0.0 {
                    self.line(place(way), place(way + ON), paint, 1.0, width);
                }
                way += ON + OFF;
            }
            walked += length;
        }
    }

    pub(crate) fn dot(&mut self, center: Point, radius: f64, paint: Paint) {
        let size = (radius * STEPS) as u32;
        let _ = self
            .backend
            .draw_circle(at(center), size, &style(paint, 1.0, 0.0).filled(), true);
    }

    /// Text, its middle at the height of the point.
    pub(crate) fn text(&mut self, place: Point, text: &str, look: Text) {
        let slant = if look.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        let font = ("ferrolab", look.size * STEPS * FONT_FACTOR)
            .into_font()
            .style(slant);
        let turn = if look.turned {
            FontTransform::Rotate270
        } else {
            FontTransform::None
        };
        let color = look.paint.placeholder();
        let style = TextStyle::from(font.transform(turn))
            .color(&color)
            .pos(Pos::new(look.side, VPos::Center));
        let _ = self.backend.draw_text(&one_line(text), &style, at(place));
    }
}

fn style(paint: Paint, opacity: f64, width: f64) -> ShapeStyle {
    let color = paint.placeholder().mix(opacity);
    ShapeStyle {
        color,
        filled: false,
        stroke_width: (width * STEPS) as u32,
    }
}

/// A place on the enlarged canvas; far-off places are kept within what the type holds.
fn at(point: Point) -> (i32, i32) {
    let whole = |value: f64| (value * STEPS).round().clamp(-1e8, 1e8) as i32;
    (whole(point.0), whole(point.1))
}
