//! How wide a text will be. Nothing here renders fonts, so the widths of Helvetica's letters are
//! estimated, a little on the wide side, which holds for the usual sans-serif fonts.

/// The fonts of pictures.
pub(crate) const FAMILY: &str =
    "var(--jp-ui-font-family, system-ui), -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/// The same without variables, for pictures that stand alone.
pub(crate) const PLAIN_FAMILY: &str =
    "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/// The estimated width of a text in pixels.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size * 1.06
}

/// The width of the widest text.
pub(crate) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    texts
        .into_iter()
        .map(|text| width(text, size))
        .fold(0.0, f64::max)
}

/// The width of a letter in units of the font's size.
fn em(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '|' | '\'' | '.' | ',' | ':' | ';' | '!' => 0.25,
        'f' | 't' | 'r' | 'I' | ' ' | '(' | ')' | '[' | ']' | '/' | '-' | '"' | '`' => 0.33,
        'm' | 'M' | 'W' | '%' | '@' | 'w' | '—' => 0.86,
        '⁰'..='⁹' | '⁻' | '²' | '³' => 0.36,
        'A'..='Z' => 0.68,
        c if (c as u32) >= 0x1100 => 1.05,
        _ => 0.56,
    }
}

/// The text, cut with an ellipsis so that it is not wider than `room`.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    let text = one_line(text);
    if width(&text, size) <= room {
        return text;
    }
    let mut used = width("…", size);
    let mut short = String::new();
    for letter in text.chars() {
        used += em(letter) * size * 1.06;
        if used > room {
            break;
        }
        short.push(letter);
    }
    short.trim_end().to_owned() + "…"
}

/// Line breaks and control characters, which XML forbids, become spaces.
pub(crate) fn one_line(text: &str) -> String {
    let bad = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if bad(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_to_the_room() {
        assert_eq!(fit("short", 12.0, 200.0), "short");
        let cut = fit(&"long name ".repeat(20), 12.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 101.0, "{cut}");
        assert_eq!(fit("a\nb\0c", 12.0, 100.0), "a b c");
    }
}
