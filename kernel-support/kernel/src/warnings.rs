//! The warnings of a cell that compiled.

use crate::diagnostic::Diagnostic;
use crate::rendering;
use crate::sourcemap::SourceMap;

/// The warnings that point into the user's own lines, as text for standard error.
pub(crate) fn text(diagnostics: &[Diagnostic], map: &SourceMap, name: &str) -> String {
    diagnostics
        .iter()
        .filter(|diagnostic| is_users(diagnostic, map))
        .filter_map(|diagnostic| {
            let rendered = diagnostic.rendered.as_deref()?;
            Some(rendering::in_cell(rendered, map, name) + "\n\n")
        })
        .collect()
}

/// Whether this is a warning about a line that the user wrote in this cell.
pub(crate) fn is_users(diagnostic: &Diagnostic, map: &SourceMap) -> bool {
    diagnostic.level == "warning" && diagnostic.lines().any(|line| map.place(line).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    #[test]
    fn only_the_users_own_warnings_are_shown() {
        let warning = |line: usize, text: &str| Diagnostic {
            level: "warning".into(),
            rendered: Some(format!("warning: {text}\n --> cell.rs:{line}:5\n")),
            spans: vec![Span {
                line_start: line,
                is_primary: true,
                ..Span::default()
            }],
            ..Diagnostic::default()
        };
        let mut map = SourceMap::default();
        map.generated();
        map.own(1);
        let shown = text(
            &[warning(1, "generated"), warning(2, "mine")],
            &map,
            "cell [1]",
        );
        assert!(
            shown.contains("mine") && shown.contains("cell [1]:1:5"),
            "{shown}"
        );
        assert!(!shown.contains("generated"), "{shown}");
    }
}
