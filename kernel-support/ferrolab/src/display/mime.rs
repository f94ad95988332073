use super::{Bundle, Show, escape};

/// A value with one rich form and a plain text. Made by [`html`], [`markdown`], [`text`], [`svg`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rich {
    bundle: Bundle,
}

/// HTML, as it is. Use [`escape`] for text that comes from elsewhere.
///
/// ```
/// use ferrolab::prelude::*;
/// html("<em>three</em> apples").show();
/// ```
pub fn html(source: impl Into<String>) -> Rich {
    let source = source.into();
    Rich {
        bundle: Bundle::text(without_tags(&source)).with("text/html", source),
    }
}

/// Markdown; formulas between dollar signs are set by the front end.
///
/// ```
/// use ferrolab::prelude::*;
/// markdown("the time is $O(n \\log n)$").show();
/// ```
pub fn markdown(source: impl Into<String>) -> Rich {
    let source = source.into();
    Rich {
        bundle: Bundle::text(source.clone()).with("text/markdown", source),
    }
}

/// Plain text.
///
/// ```
/// use ferrolab::prelude::*;
/// text("two\nlines").show();
/// ```
pub fn text(source: impl Into<String>) -> Rich {
    Rich {
        bundle: Bundle::text(source),
    }
}

/// A picture, as the source of an SVG document.
///
/// ```
/// use ferrolab::prelude::*;
/// svg("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><circle r='4'/></svg>").show();
/// ```
pub fn svg(source: impl Into<String>) -> Rich {
    Rich {
        bundle: Bundle::text("(picture)").with("image/svg+xml", source),
    }
}

impl Rich {
    /// Shows it as a cell's last expression; the kernel calls this.
    pub fn evcxr_display(&self) {
        self.show();
    }
}

impl Show for Rich {
    fn bundle(&self) -> Bundle {
        self.bundle.clone()
    }
}

/// The text between the tags, with the five basic entities put back.
fn without_tags(source: &str) -> String {
    let mut inside = false;
    let text: String = source
        .chars()
        .filter(|c| {
            let tag = inside || *c == '<';
            inside = tag && *c != '>';
            !tag
        })
        .collect();
    let entities = ["<", ">", "\"", "'", "&"];
    entities
        .iter()
        .fold(text, |text, sign| text.replace(&escape(sign), sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_has_a_plain_text_too() {
        let bundle = html("<p class='a'>1 &lt; 2</p>").bundle();
        assert_eq!(bundle.get("text/plain"), Some("1 < 2"));
        assert_eq!(bundle.get("text/html"), Some("<p class='a'>1 &lt; 2</p>"));
    }
}
