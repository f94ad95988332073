//! `ferrolab notebooks`: lesson.md to .ipynb.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::course::{Course, Lesson};
use crate::exercise;
use crate::fault::{self, Fault, SourceFault};
use crate::files;
use crate::lesson::{Kind, Source};
use crate::notebook;
use crate::places::Places;

/// What came of one lesson.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The notebook.
    pub(crate) path: PathBuf,
    /// Whether it is, or was, other than its source says.
    pub(crate) stale: bool,
}

/// Where the notebook of a lesson lies.
pub(crate) fn path(places: &Places, lesson: &Lesson) -> PathBuf {
    places.notebooks().join(format!("{}.ipynb", lesson.name))
}

/// The command: writes all notebooks, or with `check` only says which are stale.
pub(crate) fn command(places: &Places, course: &Course, check: bool, adopt: bool) -> Result<bool> {
    let mut stale = Vec::new();
    for lesson in &course.lessons {
        if !check {
            fill_stubs(places, lesson, adopt)?;
        }
        let outcome = generate(places, lesson, !check)?;
        let name = fault::shown(&outcome.path, &places.root);
        match (check, outcome.stale) {
            (true, true) => stale.push(name),
            (false, true) => println!("wrote {name}"),
            (_, false) => println!("{name} is fresh"),
        }
    }
    for name in &stale {
        println!("stale: {name}");
    }
    if !stale.is_empty() {
        println!("hint: `cargo lab notebooks` writes them anew");
    }
    Ok(stale.is_empty())
}

/// Makes one notebook and compares it with the file; writes it where `write` says so.
pub(crate) fn generate(places: &Places, lesson: &Lesson, write: bool) -> Result<Outcome> {
    let source = exercise::source(places, lesson)?;
    check_exercises(places, lesson, &source).map_err(SourceFault::into_error)?;
    let built = notebook::build(lesson, &source, &|name| {
        exercise::stub(&source, lesson, name)
    })?;
    let json = notebook::to_json(&built)?;
    let path = path(places, lesson);
    let stale = !std::fs::read(&path).is_ok_and(|old| old == json.as_bytes());
    if stale && write {
        if was_worked_in(&path) {
            let kept = files::back_up(&path)?;
            println!(
                "kept your notebook as {}",
                fault::shown(&kept, &places.root)
            );
        }
        files::write_atomically(&path, json.as_bytes())?;
    }
    Ok(Outcome { path, stale })
}

/// Whether somebody ran cells of the notebook: then it also holds their answers and notes.
fn was_worked_in(path: &Path) -> bool {
    let notebook: Option<serde_json::Value> = std::fs::read(path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    let cells = notebook.as_ref().and_then(|all| all["cells"].as_array());
    cells.into_iter().flatten().any(|cell| {
        let ran = cell["execution_count"].is_number();
        ran || cell["outputs"]
            .as_array()
            .is_some_and(|outputs| !outputs.is_empty())
    })
}

/// A `check` fence must name an exercise of lessons.toml.
fn check_exercises(places: &Places, lesson: &Lesson, source: &Source) -> Result<(), SourceFault> {
    for block in &source.blocks {
        let Kind::Check { exercise, .. } = &block.kind else {
            continue;
        };
        if !lesson.exercises.iter().any(|known| &known.name == exercise) {
            let known: Vec<_> = lesson
                .exercises
                .iter()
                .map(|known| known.name.as_str())
                .collect();
            return Err(SourceFault {
                file: fault::shown(&lesson.source(), &places.root),
                line: block.line,
                what: format!("lessons.toml has no exercise `{exercise}` for this lesson"),
                right: format!("there is {}", known.join(", ")),
            });
        }
    }
    Ok(())
}

/// Puts the stubs into empty `check` fences of lesson.md (with `adopt`, into all of them), so that
/// `ferrolab reset` knows them after the learner has changed the files.
fn fill_stubs(places: &Places, lesson: &Lesson, adopt: bool) -> Result<()> {
    let source = exercise::source(places, lesson)?;
    check_exercises(places, lesson, &source).map_err(SourceFault::into_error)?;
    let text = files::read(&lesson.source())?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut changed = false;
    // From the last to the first, so that the line numbers of those above stay right.
    for block in source.blocks.iter().rev() {
        let Kind::Check { exercise, stub } = &block.kind else {
            continue;
        };
        if !(adopt || stub.trim().is_empty()) {
            continue;
        }
        let file = lesson.exercise_file(exercise);
        let new = exercise::read_answer(&file).map_err(|error| {
            Fault::error(
                format!("`{}`: {error}", file.display()),
                "write the stub there",
            )
        })?;
        if new.trim_end() == *stub {
            continue;
        }
        refuse_fence_in_stub(&new, &lines[block.line - 1])?;
        let old = stub.lines().count();
        lines.splice(
            block.line..block.line + old,
            new.trim_end().lines().map(str::to_owned),
        );
        changed = true;
    }
    if changed {
        let text = lines.join("\n") + "\n";
        files::write_atomically(&lesson.source(), text.as_bytes())?;
        println!(
            "filled the stubs into {}",
            fault::shown(&lesson.source(), &places.root)
        );
    }
    Ok(())
}

fn refuse_fence_in_stub(stub: &str, fence: &str) -> Result<()> {
    let mark = fence.len() - fence.trim_start_matches('`').len();
    let closes = |line: &str| line.len() >= mark && line.trim_end().bytes().all(|b| b == b'`');
    if stub.lines().any(|line| !line.is_empty() && closes(line)) {
        return Err(Fault::error(
            "the stub has a line that would close the fence in lesson.md",
            "write the example as a `///` comment, or use a longer fence",
        ))
        .context("the stub cannot be filled in");
    }
    Ok(())
}
