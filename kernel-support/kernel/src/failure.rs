//! What a failed cell shows: one error message with a name, a value and a traceback.

use crate::cell::Piece;
use crate::compile::SOURCE_NAME;
use crate::diagnostic::Diagnostic;
use crate::frame::Panic;
use crate::generate::Source;
use crate::rendering;
use crate::sourcemap::SourceMap;

/// The content of an `error` message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) traceback: Vec<String>,
}

impl Failure {
    /// A failure that is one sentence, perhaps of several lines.
    pub(crate) fn plain(name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        let traceback = value
            .lines()
            .enumerate()
            .map(|(number, line)| match number {
                0 => format!("\x1b[1;31m{name}\x1b[0m: {line}"),
                _ => line.to_owned(),
            });
        Self {
            name: name.to_owned(),
            traceback: traceback.collect(),
            value,
        }
    }

    /// An interrupt before anything has run.
    pub(crate) fn interrupted() -> Self {
        Self::plain("interrupted", "interrupted; all variables are as before")
    }

    /// What rustc says of a source that was generated for the cell `name`.
    pub(crate) fn compilation(diagnostics: &[Diagnostic], source: &Source, name: &str) -> Self {
        let errors: Vec<&Diagnostic> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error() && !is_summary(diagnostic))
            .collect();
        let is_users = |error: &&Diagnostic| {
            error
                .all_lines()
                .any(|line| source.map.place(line).is_some())
        };
        let own: Vec<&Diagnostic> = errors.iter().copied().filter(is_users).collect();
        // What the user's own mistake brings about elsewhere would only distract.
        let errors = if own.is_empty() { errors } else { own };
        let first = errors.first();
        Self {
            name: first
                .and_then(|error| error.name())
                .unwrap_or("error")
                .to_owned(),
            value: first.map(|error| error.message.clone()).unwrap_or_default(),
            traceback: errors
                .iter()
                .map(|error| rendered(error, source, name))
                .collect(),
        }
    }

    /// The value of a cell is of a type that cannot be shown.
    pub(crate) fn of_value(error: &Diagnostic, value: Option<&Piece>, name: &str) -> Self {
        let code = error.name().unwrap_or("error").to_owned();
        let mut traceback = vec![format!(
            "\x1b[1;31merror[{code}]\x1b[0m\x1b[1m: {}\x1b[0m",
            error.message
        )];
        if let Some(value) = value {
            let number = value.line.to_string();
            let margin = " ".repeat(number.len());
            let text = value.text.lines().next().unwrap_or_default();
            traceback.push(format!(
                "\x1b[1;34m{margin}-->\x1b[0m {name}:{number}:{}\n{margin} |\n\x1b[1;34m{number}\x1b[0m | {text}\n{margin} | \x1b[1;31m{}\x1b[0m",
                value.column + 1,
                "^".repeat(text.chars().count())
            ));
        }
        traceback.push(
            "help: put `#[derive(Debug)]` above the type's definition, or a `;` at the end of the line, which shows nothing"
                .to_owned(),
        );
        Self {
            name: code,
            value: error.message.clone(),
            traceback,
        }
    }

    /// The same with a last line that says more.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.traceback.push(format!("note: {note}"));
        self
    }

    /// A panic of the cell's own thread.
    pub(crate) fn panic(panic: Option<&Panic>, map: &SourceMap, cell: &str, name: &str) -> Self {
        let Some(panic) = panic else {
            return Self::plain("panic", "the cell panicked");
        };
        let mut failure = Self::plain("panic", panic.message.clone());
        failure.traceback.extend(place(panic, map, cell, name));
        failure
    }
}

/// Where a panic happened, if that can be said in the cell's own lines.
pub(crate) fn place(panic: &Panic, map: &SourceMap, cell: &str, name: &str) -> Vec<String> {
    if panic.file != SOURCE_NAME {
        return vec![format!(
            "  --> {}:{}:{}",
            panic.file, panic.line, panic.column
        )];
    }
    let Some(own) = map.place(panic.line) else {
        return vec!["  --> code of an earlier cell".to_owned()];
    };
    let (line, column) = (own.line, panic.column);
    let text = cell.lines().nth(line - 1).unwrap_or_default();
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    vec![
        format!("\x1b[1;34m{margin}-->\x1b[0m {name}:{line}:{column}"),
        format!("{margin} |"),
        format!("\x1b[1;34m{number}\x1b[0m | {text}"),
        format!(
            "{margin} | {}\x1b[1;31m^\x1b[0m",
            " ".repeat(column.saturating_sub(1))
        ),
    ]
}

/// `aborting due to 2 previous errors`: says nothing of its own.
fn is_summary(diagnostic: &Diagnostic) -> bool {
    diagnostic.spans.is_empty() && diagnostic.message.starts_with("aborting due to")
}

fn rendered(error: &Diagnostic, source: &Source, name: &str) -> String {
    let rendered = error
        .rendered
        .clone()
        .unwrap_or_else(|| format!("error: {}", error.message));
    let shown = rendering::in_cell(&rendered, &source.map, name);
    let lines: Vec<usize> = error.all_lines().collect();
    if lines.iter().any(|line| source.map.place(*line).is_some()) {
        return shown;
    }
    let culprit = lines
        .first()
        .and_then(|line| source.text.lines().nth(line.checked_sub(1)?));
    match culprit {
        Some(text) => format!("{shown}\n  = in code of an earlier cell: `{}`", text.trim()),
        None => shown,
    }
}
