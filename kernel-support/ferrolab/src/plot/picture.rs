use super::canvas::{Canvas, STEPS};
use super::font::{FAMILY, PLAIN_FAMILY};
use super::palette;
use crate::display::{Bundle, escape};

/// A finished drawing in placeholder colours, with the text that stands for it.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    source: String,
    size: (f64, f64),
    about: String,
}

impl Picture {
    /// Draws. `about` is what a screen reader says of the picture.
    pub(crate) fn draw(size: (f64, f64), about: &str, paint: impl FnOnce(&mut Canvas<'_>)) -> Self {
        let mut source = String::new();
        let mut canvas = Canvas::new(&mut source, size.0, size.1);
        paint(&mut canvas);
        canvas.finish();
        Self {
            source: compact(&source),
            size,
            about: about.to_owned(),
        }
    }

    /// For a page: takes the page's colours.
    pub(crate) fn inline(&self) -> String {
        palette::themed(&self.with_head(FAMILY))
    }

    /// For a file, or an `<img>`: colours that can be read on any ground.
    pub(crate) fn standalone(&self) -> String {
        palette::standalone(&self.with_head(PLAIN_FAMILY))
    }

    /// All forms.
    pub(crate) fn bundle(&self, text: String) -> Bundle {
        let html = format!("<div class=\"ferrolab-plot\">{}</div>", self.inline());
        Bundle::text(text)
            .with("text/html", html)
            .with("image/svg+xml", self.standalone())
    }

    /// Puts our own opening tag in place of that of plotters.
    fn with_head(&self, family: &str) -> String {
        let body = self.source.split_once('>').map_or("", |(_, body)| body);
        let (width, height) = self.size;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" style=\"max-width:100%;height:auto;font-family:{family}\">{body}",
            width * STEPS,
            height * STEPS,
            escape(&super::font::one_line(&self.about)),
        )
    }
}

/// Leaves out attributes that say what holds anyway.
fn compact(source: &str) -> String {
    [
        " opacity=\"1\"",
        " font-family=\"ferrolab\"",
        " stroke=\"none\"",
        " stroke-width=\"0\"",
    ]
    .iter()
    .fold(source.to_owned(), |text, needless| {
        text.replace(needless, "")
    })
}

/// The methods all plots have.
macro_rules! shows_itself {
    ($kind:ty) => {
        impl $kind {
            /// The picture as an SVG document that can be read on light and on dark ground.
            pub fn to_svg(&self) -> String {
                self.picture().standalone()
            }

            /// The picture as SVG for a web page: text takes the page's colours.
            pub fn to_inline_svg(&self) -> String {
                self.picture().inline()
            }

            /// Shows it as a cell's last expression; the kernel calls this.
            pub fn evcxr_display(&self) {
                crate::display::Show::show(self);
            }
        }

        impl crate::display::Show for $kind {
            fn bundle(&self) -> crate::display::Bundle {
                self.picture().bundle(self.to_text())
            }
        }
    };
}
pub(crate) use shows_itself;
