//! Shows rustc's own rendering of a diagnostic with the cell's line numbers.

use crate::sourcemap::SourceMap;
use regex::Regex;
use std::sync::LazyLock;

/// `  --> src/lib.rs:12:5`: where a part of the rendering points to.
static PLACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\s*)(-->|:::) (.+?):(\d+):(\d+)$").expect("a valid pattern"));
/// `12 | let x = 1;`: a numbered line of source.
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\s*)(\d+)(\s+[|/~+-].*|\s*\|)$").expect("a valid pattern"));
/// `   |    ^^^ label`: a line that belongs to the numbered one above it.
static GUTTER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s+\|").expect("a valid pattern"));

/// A terminal's colours, which cargo asks rustc for.
static ANSI: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*m").expect("a valid pattern"));

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const BLUE: &str = "\x1b[1;34m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

/// Renumbers a rendering and colours it for a front end's traceback. `name` stands for the file,
/// as in `cell [3]`. Lines of code that the user did not write are left out.
pub(crate) fn in_cell(rendered: &str, map: &SourceMap, name: &str) -> String {
    let mut in_generated = false;
    let mut hidden = false;
    let mut lines = Vec::new();
    let rendered = ANSI.replace_all(rendered, "");
    for line in rendered.trim_end().lines() {
        if let Some(place) = PLACE.captures(line) {
            in_generated = &place[3] == crate::compile::SOURCE_NAME;
            hidden = false;
            let number = place[4].parse().unwrap_or(0);
            match (in_generated, map.place(number)) {
                (true, Some(own)) => lines.push(format!(
                    "{}{BLUE}{}{RESET} {name}:{}:{}",
                    &place[1],
                    &place[2],
                    own.line,
                    place[5].parse::<usize>().unwrap_or(0) + own.shift,
                )),
                (true, None) => hidden = true,
                (false, _) => lines.push(line.to_owned()),
            }
        } else if line.starts_with("help: ") {
            // A suggestion shows lines of the cell, without saying so.
            in_generated = true;
            hidden = false;
            lines.push(line.to_owned());
        } else if let (true, Some(numbered)) = (in_generated, NUMBERED.captures(line)) {
            let own = map.place(numbered[2].parse().unwrap_or(0));
            hidden = own.is_none();
            if let Some(own) = own.map(|place| place.line) {
                let width = numbered[1].len() + numbered[2].len();
                lines.push(format!("{BLUE}{own:>width$}{RESET}{}", &numbered[3]));
            }
        } else if !(hidden && (GUTTER.is_match(line) || line == "...")) {
            lines.push(colour(line));
        }
    }
    lines.join("\n")
}

fn colour(line: &str) -> String {
    for (word, colour) in [("error", RED), ("warning", YELLOW)] {
        if let Some(rest) = line.strip_prefix(word)
            && let Some((code, message)) = rest.split_once(": ")
        {
            return format!("{colour}{word}{code}{RESET}{BOLD}: {message}{RESET}");
        }
    }
    let marks = GUTTER.is_match(line) && line.contains('^');
    if marks {
        line.replacen('|', &format!("|{RED}"), 1) + RESET
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        ANSI.replace_all(text, "").into_owned()
    }

    fn map(lines: &[Option<usize>]) -> SourceMap {
        let mut map = SourceMap::default();
        for line in lines {
            match line {
                Some(line) => map.own(*line),
                None => map.generated(),
            }
        }
        map
    }

    #[test]
    fn the_cells_own_line_numbers_are_shown() {
        let mut lines = vec![None; 108];
        lines.push(Some(2));
        let rendered = "error[E0308]: mismatched types\n   --> cell.rs:109:16\n    |\n109 | let bad: i32 = \"x\";\n    |          ---   ^^^ expected `i32`, found `&str`\n\n";
        assert_eq!(
            plain(&in_cell(rendered, &map(&lines), "cell [2]")),
            "error[E0308]: mismatched types\n   --> cell [2]:2:16\n    |\n  2 | let bad: i32 = \"x\";\n    |          ---   ^^^ expected `i32`, found `&str`"
        );
    }

    #[test]
    fn generated_lines_are_left_out() {
        let rendered = "error: moved\n --> cell.rs:1:5\n  |\n1 | let a = 1;\n  |     - here\n2 | store.put(a);\n  |           ^ and there\n  |\n  = note: kept";
        let shown = plain(&in_cell(rendered, &map(&[Some(1), None]), "cell [1]"));
        assert!(
            !shown.contains("store.put") && !shown.contains("and there"),
            "{shown}"
        );
        assert!(shown.contains("note: kept"), "{shown}");
    }
}
