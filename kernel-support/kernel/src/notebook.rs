//! The code cells of a notebook file.

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// A code cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeCell {
    pub(crate) source: String,
    /// It is meant to fail.
    pub(crate) may_fail: bool,
}

/// Reads the code cells of a notebook.
///
/// # Errors
///
/// When the file cannot be read or is no notebook.
pub(crate) fn read(path: &Path) -> Result<Vec<CodeCell>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("`{}` cannot be read", path.display()))?;
    let notebook: Value = serde_json::from_str(&text)
        .with_context(|| format!("`{}` is not a notebook", path.display()))?;
    let cells = notebook["cells"]
        .as_array()
        .with_context(|| format!("`{}` is not a notebook: it has no cells", path.display()))?;
    Ok(cells
        .iter()
        .filter(|cell| cell["cell_type"] == "code")
        .map(|cell| CodeCell {
            source: text_of(&cell["source"]),
            may_fail: cell["metadata"]["tags"]
                .as_array()
                .is_some_and(|tags| tags.iter().any(|tag| tag == "raises-exception")),
        })
        .collect())
}

/// A text, which the format may split into lines.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_in_both_forms() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.ipynb");
        let notebook = r##"{"cells": [{"cell_type": "markdown", "source": "# a"},
            {"cell_type": "code", "source": ["let a = 1;\n", "a"], "metadata": {"tags": ["raises-exception"]}},
            {"cell_type": "code", "source": "b"}]}"##;
        std::fs::write(&file, notebook).expect("written");
        let cells = read(&file).expect("a notebook");
        assert_eq!(cells.len(), 2);
        assert_eq!(cells[0].source, "let a = 1;\na");
        assert!(cells[0].may_fail && !cells[1].may_fail);
        for broken in ["", "{}", "[1]", "{\"cells\": 3}"] {
            std::fs::write(&file, broken).expect("written");
            assert!(read(&file).is_err(), "{broken}");
        }
    }
}
