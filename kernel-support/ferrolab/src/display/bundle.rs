use super::front;

/// One thing in several forms: MIME types and their content; the front end picks the richest.
///
/// ```
/// use ferrolab::display::Bundle;
/// let bundle = Bundle::text("2 apples").with("text/html", "<b>2</b> apples");
/// assert_eq!(bundle.get("text/plain"), Some("2 apples"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    parts: Vec<(String, String)>,
}

impl Bundle {
    /// A bundle with its plain text, which every bundle has.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            parts: vec![("text/plain".into(), text.into())],
        }
    }

    /// Adds another form; a form of the same type is replaced.
    pub fn with(mut self, mime: impl Into<String>, content: impl Into<String>) -> Self {
        let mime = mime.into();
        self.parts.retain(|(known, _)| *known != mime);
        self.parts.push((mime, content.into()));
        self
    }

    /// The content of a MIME type.
    pub fn get(&self, mime: &str) -> Option<&str> {
        self.parts()
            .find(|(known, _)| *known == mime)
            .map(|(_, content)| content)
    }

    /// MIME types and contents.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts
            .iter()
            .map(|(mime, content)| (mime.as_str(), content.as_str()))
    }
}

/// What can be shown in a notebook.
pub trait Show {
    /// The forms in which it can be shown.
    fn bundle(&self) -> Bundle;

    /// Shows it now, at this place in the cell's output.
    fn show(&self) {
        front::display(&self.bundle());
    }
}

impl Show for Bundle {
    fn bundle(&self) -> Bundle {
        self.clone()
    }
}

impl Bundle {
    /// Shows it as a cell's last expression; the kernel calls this.
    pub fn evcxr_display(&self) {
        self.show();
    }
}

/// Makes text safe to stand in HTML or SVG, in attributes too.
///
/// ```
/// assert_eq!(ferrolab::display::escape("a<b & 'c'"), "a&lt;b &amp; &#39;c&#39;");
/// ```
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters have no place in HTML or XML; a tab or line break is white space.
            c if c.is_control() && !matches!(c, '\n' | '\t') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
