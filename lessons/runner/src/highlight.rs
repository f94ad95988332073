//! Light colouring of Rust and of terminal text, as HTML.

/// Escapes text for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const KEYWORDS: [&str; 38] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub",
    "ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "type",
    "unsafe", "use", "where", "while",
];

/// Colours Rust code. What it does not know it leaves alone: this is for reading, not for parsing.
pub(crate) fn rust(code: &str) -> String {
    let mut html = String::new();
    let mut rest = code;
    while !rest.is_empty() {
        let (class, length) = token(rest, html.is_empty() || html.ends_with('\n'));
        let text = escape(&rest[..length]);
        match class {
            "" => html.push_str(&text),
            class => html.push_str(&format!("<span class=\"{class}\">{text}</span>")),
        }
        rest = &rest[length..];
    }
    html
}

/// The class and length of the token at the start of a text that is not empty.
fn token(text: &str, line_start: bool) -> (&'static str, usize) {
    let first = text.chars().next().unwrap_or(' ');
    let line = text.find('\n').unwrap_or(text.len());
    if text.starts_with("//") {
        return ("c", line);
    }
    if text.starts_with("/*") {
        return ("c", text.find("*/").map_or(text.len(), |at| at + 2));
    }
    // Magics and evcxr's commands speak to the kernel.
    if line_start && (first == '%' || first == '!' || text.starts_with(":dep")) {
        return ("m", line);
    }
    if let Some(length) = string(text) {
        return ("s", length);
    }
    if first.is_ascii_digit() {
        let end = text
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(text.len());
        return ("n", end);
    }
    if first.is_alphabetic() || first == '_' {
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(text.len());
        return (word(&text[..end], &text[end..]), end);
    }
    ("", first.len_utf8())
}

fn word(word: &str, after: &str) -> &'static str {
    if KEYWORDS.contains(&word) {
        "k"
    } else if after.starts_with('!') && !after.starts_with("!=") {
        "m"
    } else if word.starts_with(|c: char| c.is_uppercase()) {
        "t"
    } else if after.starts_with('(') {
        "f"
    } else {
        ""
    }
}

/// The length of a string, byte string, raw string or character at the start.
fn string(text: &str) -> Option<usize> {
    let body = text.strip_prefix('b').unwrap_or(text);
    let prefix = text.len() - body.len();
    if let Some(raw) = body.strip_prefix('r') {
        let marks = raw.len() - raw.trim_start_matches('#').len();
        if raw[marks..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(marks));
            let start = prefix + 1 + marks + 1;
            return Some(
                text[start..]
                    .find(&close)
                    .map_or(text.len(), |at| start + at + close.len()),
            );
        }
    }
    if body.starts_with('"') {
        return Some(prefix + quoted(body, '"')?);
    }
    // A lifetime has no closing mark right behind its first letter.
    let mut chars = body.strip_prefix('\'')?.chars();
    let escaped = chars.next()? == '\\';
    if escaped || chars.next()? == '\'' {
        return Some(prefix + quoted(body, '\'')?);
    }
    None
}

fn quoted(text: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    Some(text.len())
}

/// Terminal text as HTML: colours become classes, a carriage return overwrites its line.
pub(crate) fn ansi(text: &str) -> String {
    let text = overwrite(text);
    let mut html = String::new();
    let mut style = Style::default();
    for piece in text.split("\x1b[") {
        let (codes, rest) = if html.is_empty()
            && !text.starts_with("\x1b[")
            && std::ptr::eq(piece.as_ptr(), text.as_ptr())
        {
            (None, piece)
        } else {
            let end = piece
                .find(|c: char| c.is_ascii_alphabetic())
                .map_or(piece.len(), |at| at + 1);
            (Some(&piece[..end]), &piece[end..])
        };
        if let Some(codes) = codes.and_then(|codes| codes.strip_suffix('m')) {
            style.apply(codes);
        }
        if rest.is_empty() {
            continue;
        }
        let class = style.class();
        if class.is_empty() {
            html.push_str(&escape(rest));
        } else {
            html.push_str(&format!("<span class=\"{class}\">{}</span>", escape(rest)));
        }
    }
    html
}

/// What a terminal would show of each line after its carriage returns.
fn overwrite(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let lines = text.split('\n').map(|line| {
        let shown = line.trim_end_matches('\r');
        shown.rsplit('\r').next().unwrap_or(shown)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[derive(Default)]
struct Style {
    colour: Option<u8>,
    bold: bool,
    dim: bool,
}

impl Style {
    fn apply(&mut self, codes: &str) {
        let mut numbers = codes.split(';').map(|code| code.parse::<u8>().unwrap_or(0));
        while let Some(code) = numbers.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                22 => (self.bold, self.dim) = (false, false),
                30..=37 => self.colour = Some(code - 30),
                90..=97 => self.colour = Some(code - 90),
                // Colours of the large palette: the first sixteen are the same as above.
                38 | 48 => {
                    let palette = numbers.next() == Some(5);
                    let number = numbers.next().unwrap_or(0);
                    if code == 38 && palette && number < 16 {
                        self.colour = Some(number % 8);
                    }
                }
                39 => self.colour = None,
                _ => {}
            }
        }
    }

    fn class(&self) -> String {
        let mut classes = Vec::new();
        if let Some(colour) = self.colour {
            classes.push(format!("a{colour}"));
        }
        if self.bold {
            classes.push("ab".to_owned());
        }
        if self.dim {
            classes.push("ad".to_owned());
        }
        classes.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_rust() {
        let html = rust("let x: Vec<u8> = vec![1]; // <b>\nf(\"a\\\"b\", 'c', &'a x)");
        assert!(html.contains("<span class=\"k\">let</span>"));
        assert!(html.contains("<span class=\"t\">Vec</span>&lt;"));
        assert!(html.contains("<span class=\"m\">vec</span>!"));
        assert!(html.contains("<span class=\"c\">// &lt;b&gt;</span>"));
        assert!(
            html.contains("<span class=\"s\">&quot;a\\&quot;b&quot;</span>"),
            "{html}"
        );
        assert!(html.contains("<span class=\"s\">'c'</span>"));
        assert!(!html.contains("<span class=\"s\">'a"));
    }

    #[test]
    fn odd_code_is_kept_whole() {
        for code in [
            "\"open", "'", "b'", "r#\"open", "/* open", "é'é'", "%%check", "r", "br##",
        ] {
            let plain = rust(code).replace("</span>", "").replace("&quot;", "\"");
            let plain = plain
                .split("<span")
                .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
            assert_eq!(plain.collect::<String>(), code);
        }
    }

    #[test]
    fn terminal_colours_become_classes() {
        assert_eq!(
            ansi("a\x1b[1;31mb<\x1b[0mc"),
            "a<span class=\"a1 ab\">b&lt;</span>c"
        );
        assert_eq!(ansi("\x1b[38;5;9mx"), "<span class=\"a1\">x</span>");
        assert_eq!(ansi("10%\r50%\r100%\ndone\r\n"), "100%\ndone\n");
        assert_eq!(ansi(""), "");
    }
}
