//! What a session has defined, as the analysis is told of it.

use crate::question::Names;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The function around a cell. Names that start like this are not the user's.
pub(crate) const CELL_FUNCTION: &str = "__ferrolab_cell";

/// Cell magics behind which Rust follows.
const RUST_MAGICS: [&str; 5] = ["time", "timeit", "capture", "check", "test"];

/// Commands behind which Rust follows.
const RUST_COMMANDS: [&str; 3] = [":doc", ":t", ":type"];

/// A session's definitions. The engine replaces it after each cell; nothing else is shared with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// `:dep name = …` lines, those of the support crate and of what it brings along included.
    pub(crate) dep_lines: Vec<String>,
    /// The lock file with the versions of the session's own crates, if there are any.
    pub(crate) lock: Option<PathBuf>,
    /// The source of all items and `use` lines.
    pub(crate) items: String,
    /// Name, type, and whether it was declared `mut`.
    pub(crate) variables: Vec<(String, String, bool)>,
}

/// The outline that the engine writes and the analysis reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedOutline(Arc<Mutex<Arc<Outline>>>);

impl SharedOutline {
    /// Puts an outline in the place of the last one.
    pub(crate) fn publish(&self, outline: Outline) {
        *self.lock() = Arc::new(outline);
    }

    /// The last outline.
    pub(crate) fn read(&self) -> Arc<Outline> {
        Arc::clone(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Outline>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A cell with everything around it that it can name: one Rust file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Composed {
    pub(crate) source: String,
    /// Where the cell starts in it.
    cell: usize,
    length: usize,
}

impl Composed {
    /// Puts a cell behind what the session has defined. `None` if the cell is not Rust.
    ///
    /// The cell comes last, so that what it gets wrong about brackets swallows nothing. Variables are
    /// declared without a value: the analysis wants their types only.
    pub(crate) fn new(outline: &Outline, cell: &str) -> Option<Self> {
        let cell = rust_alone(cell)?;
        let mut source = format!("#![allow(unused)]\n{}\n", outline.items);
        source.push_str(&format!("async fn {CELL_FUNCTION}() {{\n"));
        for (name, kind, mutable) in &outline.variables {
            let mutable = if *mutable { "mut " } else { "" };
            source.push_str(&format!("let {mutable}{name}: {kind};\n"));
        }
        // A block, whose last expression may have any type.
        source.push_str("let _ = {\n");
        let start = source.len();
        source.push_str(&cell);
        let closers = crate::syntax::closers(&cell);
        source.push_str(&format!("{closers}\n}};\n}}\n"));
        Some(Self {
            source,
            cell: start,
            length: cell.len(),
        })
    }

    /// A place in the cell, as a place in the source. Both in bytes.
    pub(crate) fn outward(&self, at: usize) -> usize {
        self.cell + at.min(self.length)
    }

    /// Whether a place of the cell is Rust, and not a magic or a command.
    pub(crate) fn is_rust(&self, cell: &str, at: usize) -> bool {
        let line = cell[..at].rsplit('\n').next().unwrap_or_default();
        let last = at - (line.len() - line.trim_end().len());
        // What has been blanked is not as the user wrote it.
        let written = cell.as_bytes()[..last].last();
        let kept = self.source.as_bytes()[..self.cell + last].last();
        line.trim().is_empty() || written == kept
    }

    /// A place in the source, as the nearest place in the cell.
    pub(crate) fn inward(&self, at: usize) -> usize {
        at.saturating_sub(self.cell).min(self.length)
    }

    /// Names with their range in the cell.
    pub(crate) fn names(&self, names: Names) -> Names {
        Names {
            start: self.inward(names.start),
            end: self.inward(names.end),
            ..names
        }
    }
}

/// The cell with spaces in place of what is no Rust, byte for byte, so that places stay as they are.
/// `None` if all of it is another language.
fn rust_alone(cell: &str) -> Option<String> {
    let mut rust = String::with_capacity(cell.len());
    let mut in_front = true;
    for line in cell.split_inclusive('\n') {
        let words = line.trim();
        let magic = words.strip_prefix("//").map_or(words, str::trim_start);
        if in_front && let Some(magic) = magic.strip_prefix("%%") {
            let name = magic.split_whitespace().next().unwrap_or_default();
            if !RUST_MAGICS.contains(&name) {
                return None;
            }
            rust.push_str(&blank(line));
        } else if in_front && words.starts_with('!') || is_command(words) {
            let start = if takes_rust(words) {
                line.len() - line.trim_start().trim_start_matches(is_of_command).len()
            } else {
                line.len()
            };
            rust.push_str(&blank(&line[..start]));
            rust.push_str(&line[start..]);
            continue;
        } else {
            let start = line_magic(line);
            rust.push_str(&blank(&line[..start]));
            rust.push_str(&line[start..]);
        }
        in_front &= words.is_empty();
    }
    Some(rust)
}

/// `:dep …`, but not `::path` and not the `: T` of a bound on a line of its own.
fn is_command(line: &str) -> bool {
    let rest = line.strip_prefix(':').unwrap_or_default();
    rest.is_empty() && line == ":" || rest.starts_with(|c: char| c.is_ascii_lowercase())
}

fn takes_rust(command: &str) -> bool {
    let mut words = command.split_whitespace();
    words
        .next()
        .is_some_and(|name| RUST_COMMANDS.contains(&name))
}

fn is_of_command(c: char) -> bool {
    c == ':' || c.is_ascii_lowercase()
}

/// Where the Rust starts behind `%time`, `//%timeit`; 0 in a line without a magic.
fn line_magic(line: &str) -> usize {
    let trimmed = line.trim_start();
    let trimmed = trimmed.strip_prefix("//").map_or(trimmed, str::trim_start);
    let Some(magic) = trimmed.strip_prefix('%') else {
        return 0;
    };
    let name = magic
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(magic.len());
    match &magic[..name] {
        // An operator at the start of a line.
        "" => 0,
        "time" | "timeit" => line.len() - magic.len() + name,
        _ => line.trim_end_matches('\n').len(),
    }
}

fn blank(text: &str) -> String {
    let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
    text.bytes().map(blank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline() -> Outline {
        Outline {
            dep_lines: Vec::new(),
            lock: None,
            items: "struct Point { x: f64 }\nuse std::fmt;".into(),
            variables: vec![
                ("words".into(), "std::vec::Vec<i32>".into(), true),
                ("grüße".into(), "&'static str".into(), false),
            ],
        }
    }

    #[test]
    fn a_cell_stands_behind_the_session() {
        let cell = "let ü = 1;\nwords.";
        let composed = Composed::new(&outline(), cell).expect("Rust");
        assert!(
            composed
                .source
                .contains("let mut words: std::vec::Vec<i32>;\n")
        );
        assert!(composed.source.contains("let grüße: &'static str;\n"));
        let at = composed.outward(cell.len());
        assert!(composed.source[..at].ends_with(cell));
        assert_eq!(composed.inward(at), cell.len());
        assert_eq!(composed.inward(0), 0);
        assert_eq!(composed.inward(composed.source.len()), cell.len());
        assert_eq!(composed.outward(1000), at);
    }

    #[test]
    fn an_open_call_is_closed_behind_the_cursor() {
        let cell = "println!(\"{}\", words.";
        let composed = Composed::new(&outline(), cell).expect("Rust");
        let end = &composed.source[composed.outward(cell.len())..];
        assert_eq!(end, "\n)\n};\n}\n");
    }

    #[test]
    fn what_is_no_rust_is_blanked_in_place() {
        for (cell, rust) in [
            ("%%time\nf(1)", "      \nf(1)"),
            ("// %%timeit\nf(1)", "           \nf(1)"),
            (
                "%%check 01_closures/compose\nfn f() {}",
                "                           \nfn f() {}",
            ),
            (
                "!ls ü\n:dep a = \"1\"\n1 + 1",
                "      \n            \n1 + 1",
            ),
            ("%time f(1)", "      f(1)"),
            ("let a = 1;\n//%timeit a + 1", "let a = 1;\n          a + 1"),
            (":type a.b", "      a.b"),
            ("%who\na", "    \na"),
            ("a\n    % 7", "a\n    % 7"),
            ("x\n::std::mem::drop(x)", "x\n::std::mem::drop(x)"),
            ("!true", "     "),
            ("let x = \n!true", "let x = \n!true"),
        ] {
            let alone = rust_alone(cell).expect("Rust");
            assert_eq!(alone, rust);
            assert_eq!(alone.len(), cell.len());
        }
    }

    #[test]
    fn magics_and_commands_are_no_rust() {
        for (cell, expected) in [
            (":dep ra", false),
            ("!ls ", false),
            ("1;\n", true),
            (":type wo", true),
            ("%time wo", true),
            ("let ü = ü", true),
            ("", true),
        ] {
            let composed = Composed::new(&outline(), cell).expect("Rust");
            assert_eq!(composed.is_rust(cell, cell.len()), expected, "{cell}");
        }
    }

    #[test]
    fn other_languages_are_not_analysed() {
        for cell in [
            "%%bash\nls",
            "\n//%%python\nprint(1)",
            "%%writefile a.txt\nb",
        ] {
            assert_eq!(Composed::new(&outline(), cell), None, "{cell}");
        }
    }
}
