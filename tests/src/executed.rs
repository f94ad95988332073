//! Executed notebooks: what a person sees under each cell.

use std::path::Path;

use serde_json::Value;

/// A code cell that was run.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its id.
    pub id: String,
    /// Its code.
    pub source: String,
    /// Whether it is meant to fail.
    pub may_fail: bool,
    /// The execution count.
    pub count: Option<i64>,
    /// All texts of its outputs, one after the other, without colours.
    pub text: String,
    /// The MIME types of its outputs.
    pub mimes: Vec<String>,
    /// The name of its error, if it has one.
    pub error: Option<String>,
}

/// Reads the code cells of a notebook.
///
/// # Panics
///
/// When it is no notebook.
pub fn read(path: &Path) -> Vec<Cell> {
    let text = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    let notebook: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    let cells = notebook["cells"]
        .as_array()
        .unwrap_or_else(|| panic!("`{}` has no cells", path.display()));
    cells
        .iter()
        .filter(|cell| cell["cell_type"] == "code")
        .map(code_cell)
        .collect()
}

fn code_cell(cell: &Value) -> Cell {
    let outputs = cell["outputs"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let tags = cell["metadata"]["tags"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let data = outputs
        .iter()
        .filter_map(|output| output["data"].as_object());
    Cell {
        id: cell["id"].as_str().unwrap_or_default().to_owned(),
        source: multiline(&cell["source"]),
        may_fail: tags.iter().any(|tag| tag == "raises-exception"),
        count: cell["execution_count"].as_i64(),
        text: outputs
            .iter()
            .map(output_text)
            .collect::<Vec<_>>()
            .join("\n"),
        mimes: data.flat_map(|data| data.keys().cloned()).collect(),
        error: outputs
            .iter()
            .find_map(|output| output["ename"].as_str().map(str::to_owned)),
    }
}

fn output_text(output: &Value) -> String {
    let mut texts = vec![multiline(&output["text"]), multiline(&output["evalue"])];
    texts.extend(
        output["data"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, value)| multiline(value)),
    );
    let traceback = output["traceback"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    texts.extend(traceback.iter().map(multiline));
    texts.retain(|text| !text.is_empty());
    without_colours(&texts.join("\n"))
}

/// A text that nbformat may have split into lines.
fn multiline(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// Takes the terminal's colour codes out.
pub fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..start]);
        let code = &rest[start + 2..];
        let end = code
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(code.len(), |end| end + 1);
        rest = &code[end..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::without_colours;

    #[test]
    fn colours_go() {
        assert_eq!(
            without_colours("\u{1b}[1;31merror\u{1b}[0m: no"),
            "error: no"
        );
        assert_eq!(without_colours("cut \u{1b}[3"), "cut ");
    }
}
