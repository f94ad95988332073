//! A lesson as a notebook: nbformat 4.5, no outputs, no counts, ids that stay.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, anyhow};
use nbformat::v4::{Cell, CellId, CellMetadata, KernelSpec, LanguageInfo, Metadata, Notebook};
use serde_json::json;

use crate::course::Lesson;
use crate::fingerprint;
use crate::lesson::{Kind, Source};

/// Makes the notebook of a lesson. `stub` gives the text of an exercise's stub.
pub(crate) fn build(
    lesson: &Lesson,
    source: &Source,
    stub: &dyn Fn(&str) -> Result<String>,
) -> Result<Notebook> {
    let mut ids = Ids::new(&lesson.name);
    let mut cells = Vec::new();
    for block in &source.blocks {
        cells.push(match &block.kind {
            Kind::Text(text) => markdown(ids.next("text", text)?, &local_links(text, lesson)),
            Kind::Predict(prediction) => markdown(
                ids.next("predict", &prediction.question)?,
                &prediction.markdown(),
            ),
            Kind::Code { code, info } => {
                let metadata = CellMetadata {
                    name: info.text("name").map(str::to_owned),
                    tags: Some(info.tags()).filter(|tags| !tags.is_empty()),
                    ..CellMetadata::default()
                };
                code_cell(ids.next("code", code)?, metadata, code)
            }
            Kind::Check { exercise, .. } => {
                let text = format!(
                    "%%check {}/{exercise}\n{}",
                    lesson.name,
                    stub(exercise)?.trim_end()
                );
                code_cell(
                    ids.exact(&format!("check-{exercise}"))?,
                    nbgrader(lesson, exercise)?,
                    &text,
                )
            }
        });
    }
    Ok(Notebook {
        metadata: metadata(),
        nbformat: 4,
        nbformat_minor: 5,
        cells,
    })
}

/// The notebook as it is written to disk.
pub(crate) fn to_json(notebook: &Notebook) -> Result<String> {
    nbformat::serialize_notebook(&nbformat::Notebook::V4(notebook.clone()))
        .map_err(|error| anyhow!("the notebook cannot be written: {error}"))
}

/// Gives ids that depend on what a cell says, not on where it stands, so that inserting a cell
/// leaves the others' ids alone.
struct Ids {
    lesson: String,
    taken: HashSet<String>,
}

impl Ids {
    fn new(lesson: &str) -> Self {
        Self {
            lesson: lesson.to_owned(),
            taken: HashSet::new(),
        }
    }

    fn next(&mut self, kind: &str, content: &str) -> Result<CellId> {
        let first = content.lines().find(|line| !line.trim().is_empty());
        // A section keeps its id when its text is edited; code is known by all of its text.
        let key = match first {
            Some(line) if kind == "text" && line.starts_with('#') => line,
            _ => content,
        };
        let name = fingerprint::short(format!("{} {kind} {key}", self.lesson).as_bytes());
        self.exact(&format!("{kind}-{}", &name[..8]))
    }

    fn exact(&mut self, name: &str) -> Result<CellId> {
        let mut id = name.to_owned();
        let mut number = 2;
        while !self.taken.insert(id.clone()) {
            id = format!("{name}-{number}");
            number += 1;
        }
        CellId::new(&id).map_err(|error| anyhow!("`{id}`: {error}"))
    }
}

fn markdown(id: CellId, text: &str) -> Cell {
    Cell::Markdown {
        id,
        metadata: CellMetadata::default(),
        source: lines(text),
        attachments: None,
    }
}

fn code_cell(id: CellId, metadata: CellMetadata, text: &str) -> Cell {
    Cell::Code {
        id,
        metadata,
        execution_count: None,
        source: lines(text),
        outputs: Vec::new(),
    }
}

fn lines(text: &str) -> Vec<String> {
    text.trim_end()
        .split_inclusive('\n')
        .map(str::to_owned)
        .collect()
}

fn nbgrader(lesson: &Lesson, exercise: &str) -> Result<CellMetadata> {
    let points = lesson.exercise(exercise)?.points;
    let marks = json!({
        "schema_version": 3,
        "grade_id": format!("{}-{exercise}", lesson.name),
        "points": points,
        "grade": true,
        "solution": true,
        "task": false,
        "locked": false,
        "cell_type": "code",
    });
    Ok(CellMetadata {
        additional: HashMap::from([("nbgrader".to_owned(), marks)]),
        ..CellMetadata::default()
    })
}

fn metadata() -> Metadata {
    let extra = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect()
    };
    Metadata {
        kernelspec: Some(KernelSpec {
            display_name: "Rust (Ferrolab)".into(),
            name: "ferrolab".into(),
            language: Some("rust".into()),
            additional: HashMap::new(),
        }),
        // As the kernel reports it: JupyterLab takes anything else for an unsaved change.
        language_info: Some(LanguageInfo {
            name: "rust".into(),
            version: Some(env!("CARGO_PKG_RUST_VERSION").into()),
            codemirror_mode: Some(nbformat::v4::CodemirrorMode::String("rust".into())),
            additional: extra(&[
                ("file_extension", ".rs"),
                ("mimetype", "text/rust"),
                ("pygments_lexer", "rust"),
            ]),
        }),
        authors: None,
        additional: HashMap::new(),
    }
}

/// A picture beside lesson.md is linked from `notebooks/` by its way through the repository.
fn local_links(text: &str, lesson: &Lesson) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("](") {
        let (before, after) = rest.split_at(at + 2);
        result.push_str(before);
        let end = after.find([')', ' ', '\n']).unwrap_or(after.len());
        let target = &after[..end];
        let plain =
            !target.is_empty() && !target.contains(':') && !target.starts_with(['#', '/', '.']);
        if plain && lesson.folder.join(target).is_file() {
            result.push_str(&format!("../lessons/{}/", lesson.name));
        }
        result.push_str(target);
        rest = &after[end..];
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Exercise;

    const SOURCE: &str = "---\nlesson: 01_a\ntitle: A\npromise: P.\nminutes: 5\n---\n# A\n\nText.\n\n\
        ```rust tags=[\"raises-exception\"]\nlet a = 1;\n```\n\n```rust check=\"one\"\n```\n\n```rust\nlet a = 1;\n```\n";

    fn lesson() -> Lesson {
        Lesson {
            name: "01_a".into(),
            title: "A".into(),
            minutes: 5,
            needs: Vec::new(),
            exercises: vec![Exercise {
                name: "one".into(),
                title: "One".into(),
                points: 7,
                hints: Vec::new(),
                line: 1,
            }],
            folder: "/nowhere".into(),
        }
    }

    fn notebook(text: &str) -> Notebook {
        let source = Source::parse("lesson.md", text).unwrap();
        build(&lesson(), &source, &|name| {
            Ok(format!("pub fn {name}() {{ todo!() }}\n"))
        })
        .unwrap()
    }

    #[test]
    fn exercises_become_check_cells_with_nbgrader_metadata() {
        let notebook = notebook(SOURCE);
        let cell = &notebook.cells[2];
        assert_eq!(
            cell.source().concat(),
            "%%check 01_a/one\npub fn one() { todo!() }"
        );
        assert_eq!(cell.id().as_str(), "check-one");
        assert_eq!(cell.metadata().additional["nbgrader"]["points"], 7);
        assert_eq!(
            notebook.cells[1].metadata().tags.as_ref().unwrap()[0],
            "raises-exception"
        );
    }

    #[test]
    fn inserting_a_cell_keeps_the_other_ids() {
        let ids = |text: &str| -> Vec<String> {
            let cells = notebook(text).cells;
            cells.iter().map(|cell| cell.id().to_string()).collect()
        };
        let before = ids(SOURCE);
        let after =
            ids(&SOURCE.replace("Text.\n", "Text, edited.\n\n```rust\nlet new = 1;\n```\n"));
        assert_eq!(after.len(), before.len() + 1);
        assert_eq!(after[0], before[0]);
        assert_eq!(after[2..], before[1..]);
    }

    #[test]
    fn what_is_written_is_a_valid_notebook_again() {
        let json = to_json(&notebook(SOURCE)).unwrap();
        let back = nbformat::parse_notebook(&json).unwrap();
        assert!(matches!(back, nbformat::Notebook::V4(_)), "{json}");
        assert!(!json.contains("\"execution_count\": 1"));
    }
}
