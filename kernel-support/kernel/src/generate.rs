//! Writes the source that rustc compiles for a cell.
//!
//! ```text
//! attributes of the session, and of the cell
//! extern crate ferrolab_crates_0 as _;        the libraries with the crates
//! items of the session, then of the cell
//! extern "C" fn ferrolab_cell_run() -> u8     what the worker calls
//! fn ferrolab_cell_body()
//!     let x = take("x");                      variables that the cell mentions
//!     the cell's statements
//!     drop(&y); put("y", y);                  its new variables; the lint on `drop` tells their types
//!     put("x", x);                            the old ones back
//! ```
//!
//! The text depends on nothing but the session and the cell, so that the same cell is the same
//! text at each start.

use crate::book::{Book, Variable};
use crate::cell::{Cell, ItemKind, Statement, StatementKind};
use crate::sourcemap::SourceMap;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Stands in the store when `return` ended a cell early. No variable can have this name.
pub(crate) const UNFINISHED: &str = "ended early";

/// How a `let` is to be changed so that its variable outlives the cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rewrite {
    /// The type to write behind the name.
    pub(crate) type_name: String,
    /// What to insert, by byte of the cell.
    pub(crate) insertions: Vec<(usize, String)>,
}

/// How the value of a cell is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Show {
    /// By `evcxr_display`, its own or the one that every `Debug` has.
    #[default]
    Method,
    /// By a format string.
    Format(String),
    /// By a format string, with its type.
    Typed(String),
    /// Not at all: only the user's own mistakes are looked for.
    Nothing,
}

/// What rustc has told about the cell in earlier attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Variables of earlier cells that this one moves away.
    pub(crate) moved: BTreeSet<String>,
    /// Variables that the cell makes and moves away again.
    pub(crate) spent: BTreeSet<String>,
    pub(crate) rewrites: BTreeMap<String, Rewrite>,
    pub(crate) show: Show,
    pub(crate) asks: bool,
    pub(crate) awaits: bool,
    /// `?` reports errors by `Debug`, not by `Display`.
    pub(crate) debug_errors: bool,
    /// Store nothing: the user's own mistakes are looked for.
    pub(crate) bare: bool,
    /// The libraries from which the crates are taken.
    pub(crate) shared: Vec<String>,
}

/// A generated source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) map: SourceMap,
    /// The lines that store new variables.
    pub(crate) packs: BTreeMap<usize, String>,
    /// The lines that put old variables back.
    pub(crate) returns: BTreeMap<usize, String>,
    /// The lines that load old variables.
    pub(crate) loads: BTreeMap<usize, String>,
    /// The lines that show the value.
    pub(crate) shows: BTreeSet<usize>,
    /// The lines of each statement of the cell.
    pub(crate) statements: Vec<Range<usize>>,
}

/// Writes the source. `book` has the cell's items; its variables are those before the cell.
pub(crate) fn generate(book: &Book, cell: &Cell, findings: &Findings) -> Source {
    let mut writer = Writer(Source::default());
    writer.items(book, &findings.shared);
    if !cell.only_defines() {
        writer.body(book, cell, findings);
    }
    writer.0
}

/// Writes the source of a test program: the session's items, and the cell's as items too.
pub(crate) fn generate_tests(book: &Book, cell: &Cell) -> Source {
    let mut writer = Writer(Source::default());
    writer.items(book, &[]);
    for statement in &cell.statements {
        writer.own(
            &statement.piece.text,
            statement.piece.line,
            statement.piece.column,
        );
    }
    writer.0
}

struct Writer(Source);

impl Writer {
    fn line(&mut self, text: &str) -> usize {
        for line in text.lines() {
            self.0.text.push_str(line);
            self.0.text.push('\n');
            self.0.map.generated();
        }
        self.0.map.len()
    }

    /// A piece of the cell, its first line indented as the user did.
    fn own(&mut self, text: &str, line: usize, column: usize) {
        self.0.text.extend(std::iter::repeat_n(' ', column));
        for (number, text) in text.lines().enumerate() {
            self.0.text.push_str(text);
            self.0.text.push('\n');
            self.0.map.own(line + number);
        }
    }

    fn items(&mut self, book: &Book, shared: &[String]) {
        self.line("#![allow(unused_imports, unused_mut, dead_code)]");
        for attribute in &book.attributes {
            self.line(attribute);
        }
        for name in shared {
            // rustc takes the crates from a library only if the source names it.
            self.line(&format!("extern crate {name} as _;"));
        }
        let is_macro = |kind: &ItemKind| matches!(kind, ItemKind::Macro(_));
        let (macros, others): (Vec<_>, Vec<_>) =
            book.entries.iter().partition(|entry| is_macro(&entry.kind));
        for entry in macros.into_iter().chain(others) {
            match entry.place {
                Some(place) => self.own(&entry.text, place.line, place.column),
                None => {
                    self.line(&entry.text);
                }
            }
        }
    }

    fn body(&mut self, book: &Book, cell: &Cell, findings: &Findings) {
        self.line("#[unsafe(no_mangle)] pub extern \"C\" fn ferrolab_cell_run() -> u8 { ::ferrolab_cell::run(ferrolab_cell_body) }");
        self.line("fn ferrolab_cell_body() {");
        let new: Vec<String> = cell
            .bindings()
            .into_iter()
            .map(|binding| binding.name)
            .collect();
        let old = mentioned(book, cell);
        for (name, variable) in &old {
            let mutable = if variable.mutable { "mut " } else { "" };
            let type_name = &variable.type_name;
            let line = self.line(&format!(
                "let {mutable}{name} = ::ferrolab_cell::take::<{type_name}>({name:?});"
            ));
            self.0.loads.insert(line, (*name).clone());
        }
        let (open, close) = envelope(cell, findings);
        self.line(&open);
        for statement in &cell.statements {
            let first = self.0.map.len() + 1;
            self.statement(statement, findings);
            self.0.statements.push(first..self.0.map.len() + 1);
        }
        let stored = |name: &&String| !findings.spent.contains(*name) && !findings.bare;
        for name in new.iter().filter(stored) {
            let line = self.line(&format!(
                "#[warn(dropping_references)] ::std::mem::drop(&{name}); ::ferrolab_cell::put({name:?}, {name});"
            ));
            self.0.packs.insert(line, name.clone());
        }
        self.line(&close);
        for (name, _) in old {
            if findings.bare || findings.moved.contains(name) {
                continue;
            }
            let put = format!("::ferrolab_cell::put({name:?}, {name});");
            let line = match (new.contains(name), can_end_early(cell, findings)) {
                (false, _) => self.line(&put),
                // The new one of the same name was not made.
                (true, true) => self.line(&format!("if ferrolab_failed {{ {put} }}")),
                (true, false) => continue,
            };
            self.0.returns.insert(line, name.clone());
        }
        self.line("}");
    }

    fn statement(&mut self, statement: &Statement, findings: &Findings) {
        let piece = &statement.piece;
        match &statement.kind {
            StatementKind::Value if findings.show == Show::Nothing => {
                self.line("let _ =");
                self.own(&piece.text, piece.line, piece.column);
                self.line(";");
            }
            StatementKind::Value => {
                let (open, close) = show(&findings.show);
                let line = self.line(open.as_str());
                self.own(&piece.text, piece.line, piece.column);
                let end = self.line(&close);
                self.0.shows.extend([line, end]);
            }
            StatementKind::Let(found) => {
                let rewrite = found
                    .bindings
                    .iter()
                    .find_map(|binding| findings.rewrites.get(&binding.name))
                    .zip(found.simple.as_ref());
                let text = match rewrite {
                    Some((rewrite, simple)) => {
                        let mut insertions = rewrite.insertions.clone();
                        insertions.push((simple.after_name, format!(": {}", rewrite.type_name)));
                        inserted(&piece.text, piece.start, insertions)
                    }
                    None => piece.text.clone(),
                };
                self.own(&text, piece.line, piece.column);
            }
            StatementKind::Other => self.own(&piece.text, piece.line, piece.column),
        }
    }
}

/// The session's variables that a cell mentions.
fn mentioned<'a>(book: &'a Book, cell: &Cell) -> Vec<(&'a String, &'a Variable)> {
    book.variables
        .iter()
        .filter(|(name, _)| cell.words.contains(name.trim_start_matches("r#")))
        .collect()
}

/// What stands around the statements, so that `?`, `return` and `.await` mean something. It ends
/// with `ferrolab_failed` being false when the statements came to their end.
fn envelope(cell: &Cell, findings: &Findings) -> (String, String) {
    const RUNTIME: &str = "::ferrolab_cell::lazy::<::tokio::runtime::Runtime>(\"async runtime\", || ::tokio::runtime::Runtime::new().expect(\"an async runtime\"))";
    const FLAG: &str = "let mut ferrolab_failed = true;";
    const END: &str = "ferrolab_failed = false;";
    let failure = if findings.debug_errors {
        "::ferrolab_cell::FailedDebug"
    } else {
        "::ferrolab_cell::Failed"
    };
    let asks = cell.asks || findings.asks;
    let (open, close) = match (cell.awaits || findings.awaits, asks) {
        (true, true) => (
            format!("let _ = {RUNTIME}.block_on(async {{"),
            format!("Ok::<(), {failure}>(()) }});"),
        ),
        (true, false) => (format!("{RUNTIME}.block_on(async {{"), "});".to_owned()),
        (false, true) => (
            format!("let _ = (|| -> ::std::result::Result<(), {failure}> {{"),
            "Ok(()) })();".to_owned(),
        ),
        (false, false) if cell.returns => ("(|| {".to_owned(), "})();".to_owned()),
        (false, false) => return (String::new(), String::new()),
    };
    let tell = format!("if ferrolab_failed {{ ::ferrolab_cell::put({UNFINISHED:?}, ()); }}");
    let tell = if cell.returns { tell.as_str() } else { "" };
    (format!("{FLAG} {open}"), format!("{END} {close} {tell}"))
}

/// Whether the statements may end early without a panic.
fn can_end_early(cell: &Cell, findings: &Findings) -> bool {
    cell.asks || findings.asks || cell.returns
}

fn show(how: &Show) -> (String, String) {
    match how {
        Show::Method => (
            "{ use ::ferrolab_cell::Show as _; (".to_owned(),
            ").evcxr_display(); }".to_owned(),
        ),
        Show::Format(format) => (
            format!("::ferrolab_cell::show_text(&::std::format!({format:?}, &("),
            ")));".to_owned(),
        ),
        Show::Nothing => (String::new(), String::new()),
        Show::Typed(format) => (
            "{ let value = &(".to_owned(),
            format!(
                "); let name = ::ferrolab_cell::short_type_name(value); ::ferrolab_cell::show_text(&::std::format!({:?}, name, value)); }}",
                format!(": {{}} = {format}")
            ),
        ),
    }
}

/// A text with insertions, each at a byte counted from `start`.
fn inserted(text: &str, start: usize, mut insertions: Vec<(usize, String)>) -> String {
    // Stable: of two at one place, the first given comes first.
    insertions.sort_by_key(|(at, _)| *at);
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for (at, insertion) in insertions {
        let at = at.saturating_sub(start).clamp(done, text.len());
        out.push_str(&text[done..at]);
        out.push_str(&insertion);
        done = at;
    }
    out + &text[done..]
}
