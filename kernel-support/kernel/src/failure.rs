//! What a failed cell shows: one error message with a name, a value and a traceback.

use crate::frame::Panic;
use crate::rendering;
use crate::sourcemap::SourceMap;
use evcxr::CompilationError;

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

    /// What rustc says of the cell. `generated` is the source it compiled.
    pub(crate) fn compilation(
        errors: &[CompilationError],
        generated: &str,
        cell: &str,
        name: &str,
    ) -> Self {
        let map = SourceMap::new(generated, cell);
        // Warnings stand among the errors; of a cell that failed they only distract.
        let of_level = |level: &str| {
            errors
                .iter()
                .filter(|error| error.level() == level)
                .collect::<Vec<_>>()
        };
        let errors = match of_level("error") {
            none if none.is_empty() => errors.iter().collect(),
            errors => errors,
        };
        let first = errors.first();
        let hint = errors.iter().find_map(|error| error.evcxr_extra_hint());
        let mut traceback: Vec<String> = errors
            .iter()
            .map(|error| rendered(error, &map, cell, name))
            .collect();
        traceback.extend(hint.map(|hint| format!("note: {hint}")));
        Self {
            name: first
                .and_then(|error| error.code())
                .unwrap_or("error")
                .to_owned(),
            value: first.map(|error| error.message()).unwrap_or_default(),
            traceback,
        }
    }

    /// A panic of the cell's own thread.
    pub(crate) fn panic(panic: Option<&Panic>, generated: &str, cell: &str, name: &str) -> Self {
        let Some(panic) = panic else {
            return Self::plain("panic", "the cell panicked");
        };
        let mut failure = Self::plain("panic", panic.message.clone());
        failure
            .traceback
            .extend(place(panic, generated, cell, name));
        failure
    }
}

/// Where a panic happened, if that can be said in the cell's own lines.
pub(crate) fn place(panic: &Panic, generated: &str, cell: &str, name: &str) -> Vec<String> {
    if !panic.file.ends_with("src/lib.rs") || panic.file.contains("kernel-support") {
        return vec![format!(
            "  --> {}:{}:{}",
            panic.file, panic.line, panic.column
        )];
    }
    let map = SourceMap::new(generated, cell);
    let Some(own) = map.place(panic.line) else {
        return vec!["  --> code of an earlier cell".to_owned()];
    };
    let (line, column) = (own.line, panic.column + own.shift);
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

fn rendered(error: &CompilationError, map: &SourceMap, cell: &str, name: &str) -> String {
    let rendered = error.rendered();
    if rendered.is_empty() {
        unrendered(error, cell, name)
    } else {
        rendering::in_cell(&rendered, map, name)
    }
}

/// A message that evcxr made itself, or took from inside one of rustc's, has no rendering.
fn unrendered(error: &CompilationError, cell: &str, name: &str) -> String {
    let mut text = format!("\x1b[1;31merror\x1b[0m: {}", error.message());
    for message in error.spanned_messages() {
        let Some(span) = message.span else { continue };
        text.push_str(&format!(
            "\n --> {name}:{}:{}",
            span.start_line, span.start_column
        ));
        let lines = cell.lines().enumerate().map(|(at, line)| (at + 1, line));
        for (number, line) in lines.filter(|(at, _)| (span.start_line..=span.end_line).contains(at))
        {
            text.push_str(&format!("\n{number} | {line}"));
        }
        if !message.label.is_empty() {
            text.push_str(&format!("\n  = {}", message.label));
        }
    }
    for help in error.help() {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}
