//! The warnings of a cell that compiled, which evcxr drops and `ferrolab-rustc` keeps.

use crate::rendering;
use crate::sourcemap::SourceMap;
use serde_json::Value;
use std::path::Path;

/// The warnings in the file of diagnostics that point into the user's own lines, as text for
/// standard error.
pub(crate) fn read(diagnostics: &Path, generated: &str, cell: &str, name: &str) -> String {
    let Ok(text) = std::fs::read_to_string(diagnostics) else {
        return String::new();
    };
    let map = SourceMap::new(generated, cell);
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|diagnostic| diagnostic["level"] == "warning" && is_users(diagnostic, &map))
        .filter_map(|diagnostic| {
            let rendered = diagnostic["rendered"].as_str()?;
            Some(rendering::in_cell(rendered, &map, name) + "\n\n")
        })
        .collect()
}

/// Whether the primary span is a line that the user wrote in this cell.
fn is_users(diagnostic: &Value, map: &SourceMap) -> bool {
    let Some(spans) = diagnostic["spans"].as_array() else {
        return false;
    };
    spans
        .iter()
        .filter(|span| span["is_primary"] == true)
        .filter_map(|span| span["line_start"].as_u64())
        .any(|line| map.place(line as usize).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_users_own_warnings_are_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("diagnostics");
        let warning = |line: usize, text: &str| {
            serde_json::json!({
                "level": "warning",
                "rendered": format!("warning: {text}\n --> src/lib.rs:{line}:5\n"),
                "spans": [{"is_primary": true, "line_start": line}],
            })
            .to_string()
        };
        std::fs::write(
            &file,
            [warning(1, "generated"), "{cut".into(), warning(2, "mine")].join("\n"),
        )
        .expect("written");
        let shown = read(
            &file,
            "generated();\nlet x = 1;\n",
            "let x = 1;",
            "cell [1]",
        );
        assert!(
            shown.contains("mine") && shown.contains("cell [1]:1:5"),
            "{shown}"
        );
        assert!(!shown.contains("generated"), "{shown}");
    }
}
