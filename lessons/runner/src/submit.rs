//! `ferrolab check LESSON/EXERCISE --code -`: takes an answer from a cell.

use std::io::Read;

use anyhow::{Context, Result};

use crate::course::{Course, Lesson};
use crate::exercise;
use crate::fault::{self, Fault};
use crate::files;
use crate::places::Places;

/// Writes the cell's text into the exercise's file, unless it is the stub or already there; the
/// learner's older text is kept beside it.
pub(crate) fn submit(places: &Places, course: &Course, what: Option<&str>) -> Result<()> {
    let (lesson, name) = target(course, what)?;
    let mut code = String::new();
    std::io::stdin()
        .read_to_string(&mut code)
        .context("the cell's text cannot be read")?;
    let file = lesson.exercise_file(&name);
    let old = exercise::read_answer(&file).unwrap_or_default();
    let stub = stub(places, lesson, &name);
    let is_stub = |text: &str| {
        stub.as_deref()
            .is_some_and(|stub| exercise::same_text(text, stub))
    };
    if code.trim().is_empty() || is_stub(&code) || exercise::same_text(&code, &old) {
        return Ok(());
    }
    if std::fs::symlink_metadata(&file).is_ok_and(|meta| !meta.is_file()) {
        return Err(Fault::error(
            format!("`{}` is no plain file", fault::shown(&file, &places.root)),
            format!(
                "move it away, then `cargo lab reset {}/{name}`",
                lesson.name
            ),
        ));
    }
    if file.is_file() && !is_stub(&old) {
        let copy = files::back_up(&file)?;
        println!(
            "kept your earlier text in {}",
            fault::shown(&copy, &places.root)
        );
    }
    files::write_atomically(&file, format!("{}\n", code.trim_end()).as_bytes())
}

fn target<'a>(course: &'a Course, what: Option<&str>) -> Result<(&'a Lesson, String)> {
    let selection = course.select(what)?;
    match (
        what.is_some_and(|what| what.contains('/')),
        selection.first(),
    ) {
        (true, Some((lesson, exercises))) if exercises.len() == 1 => {
            Ok((lesson, exercises[0].name.clone()))
        }
        _ => Err(Fault::error(
            "`--code` needs one exercise to write to",
            "name it: `cargo lab check 01_closures/compose --code -`",
        )),
    }
}

/// A lesson.md that cannot be read must not keep a learner from handing in.
fn stub(places: &Places, lesson: &Lesson, name: &str) -> Option<String> {
    let source = exercise::source(places, lesson).ok()?;
    exercise::stub(&source, lesson, name).ok()
}
