//! A notebook as one page that needs nothing else.

use std::path::Path;

use nbformat::v4::{Cell, Notebook};

use crate::highlight::{self, escape};
use crate::html_output;

/// Even if something slipped through the cleaning, the browser runs and loads nothing.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The page of a notebook that lies at `path`.
pub(crate) fn page(notebook: &Notebook, path: &Path) -> String {
    let title = title(notebook).unwrap_or_else(|| {
        let name = path.file_stem().unwrap_or_default();
        name.to_string_lossy().into_owned()
    });
    let folder = path.parent().unwrap_or(Path::new("."));
    let cells: Vec<String> = notebook
        .cells
        .iter()
        .map(|cell| self::cell(cell, folder))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}\n</body>\n</html>\n",
        escape(&title),
        include_str!("page.css"),
        cells.join("\n")
    )
}

fn title(notebook: &Notebook) -> Option<String> {
    notebook.cells.iter().find_map(|cell| match cell {
        Cell::Markdown { source, .. } => source
            .concat()
            .lines()
            .find_map(|line| line.strip_prefix("# ").map(str::to_owned)),
        _ => None,
    })
}

fn cell(cell: &Cell, folder: &Path) -> String {
    match cell {
        Cell::Markdown { source, .. } => {
            format!(
                "<section class=\"text\">\n{}</section>",
                html_output::markdown(&source.concat(), Some(folder))
            )
        }
        Cell::Raw { source, .. } => format!("<pre>{}</pre>", escape(&source.concat())),
        Cell::Code {
            source,
            outputs,
            execution_count,
            ..
        } => {
            let count = execution_count.map_or(String::new(), |count| {
                format!("<span class=\"count\">{count}</span>")
            });
            let code = highlight::rust(&source.concat());
            let outputs: Vec<String> = outputs.iter().map(html_output::output).collect();
            let outputs = if outputs.is_empty() {
                String::new()
            } else {
                format!("<div class=\"outputs\">\n{}\n</div>\n", outputs.join("\n"))
            };
            format!(
                "<section class=\"cell\">\n<div class=\"code\">{count}<pre>{code}</pre></div>\n{outputs}</section>"
            )
        }
    }
}

/// Terminal text without its colours.
pub(crate) fn without_ansi(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        plain.push_str(&rest[..at]);
        let code = &rest[at + 2..];
        let end = code
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(code.len(), |at| at + 1);
        rest = &code[end..];
    }
    plain.push_str(rest);
    plain
}
