//! The colours. Plotters draws with placeholder colours, which the finished picture replaces by
//! those of its surroundings.

use plotters::style::RGBColor;

/// What a thing is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Text and whiskers.
    Ink,
    /// Less important text, and lines that only guide.
    Muted,
    /// Text on the colour of a series.
    Light,
    /// The colour of a series, by number.
    Series(usize),
}

/// Colours in the manner of Okabe and Ito (2008), which colour-blind people can tell apart,
/// darkened or lightened until each has a contrast of at least 3 on white and on `#111`.
pub(crate) const SERIES: [&str; 7] = [
    "#2f7fc1", "#d4620a", "#0f9672", "#c0619a", "#a88300", "#3a93b8", "#7d6fc4",
];

/// Grey with the same contrast (4.6) on white and on black.
const MIDDLE_GREY: &str = "#757575";

impl Paint {
    /// The colour that plotters is given for it.
    pub(crate) fn placeholder(self) -> RGBColor {
        match self {
            Self::Ink => RGBColor(1, 0, 1),
            Self::Muted => RGBColor(1, 0, 2),
            Self::Light => RGBColor(1, 0, 3),
            Self::Series(number) => RGBColor(1, 1, (number % SERIES.len()) as u8),
        }
    }
}

/// Colours of the surrounding page, with the current text colour where there are none.
pub(crate) fn themed(source: &str) -> String {
    paint(
        source,
        "var(--jp-content-font-color1, currentColor)",
        "var(--jp-content-font-color2, currentColor)",
    )
}

/// Fixed colours that can be read on white and on black.
pub(crate) fn standalone(source: &str) -> String {
    paint(source, MIDDLE_GREY, MIDDLE_GREY)
}

fn paint(source: &str, ink: &str, muted: &str) -> String {
    let series = SERIES
        .iter()
        .enumerate()
        .map(|(at, color)| (Paint::Series(at), *color));
    let all = [
        (Paint::Ink, ink),
        (Paint::Muted, muted),
        (Paint::Light, "#ffffff"),
    ]
    .into_iter()
    .chain(series);
    all.fold(source.to_owned(), |text, (paint, color)| {
        let RGBColor(r, g, b) = paint.placeholder();
        text.replace(
            &format!("=\"#{r:02X}{g:02X}{b:02X}\""),
            &format!("=\"{color}\""),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.1).
    fn luminance(color: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn every_colour_is_seen_on_white_and_on_dark() {
        for color in SERIES {
            for ground in ["#ffffff", "#111111"] {
                let found = contrast(color, ground);
                assert!(found >= 3.0, "{color} on {ground}: {found:.2}");
            }
        }
        assert!(contrast(MIDDLE_GREY, "#ffffff") >= 4.5);
        assert!(contrast(MIDDLE_GREY, "#000000") >= 4.5);
    }
}
