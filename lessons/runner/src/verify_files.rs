//! What `verify` can tell by reading the files of an exercise: solution, tests, wrong solutions.

use std::fs;

use crate::course::{Exercise, Lesson};
use crate::fault;
use crate::files;
use crate::places::Places;
use crate::teaching;
use crate::verify::Finding;

/// All that reading the files of an exercise shows.
pub(crate) fn findings(places: &Places, lesson: &Lesson, exercise: &Exercise) -> Vec<Finding> {
    let name = &exercise.name;
    let shown = |path: &std::path::Path| fault::shown(path, &places.root);
    let mut found = Vec::new();
    for file in [lesson.solution_file(name), lesson.test_file(name)] {
        if !file.is_file() {
            found.push(Finding::error(
                shown(&file),
                1,
                "the file is not there",
                "each exercise has a solution and tests",
            ));
        }
    }
    let tests = lesson.test_file(name);
    if let Ok(text) = files::read(&tests) {
        found.extend(test_names(&shown(&tests), &text));
    }
    let folder = lesson.wrong_folder(name);
    let wrong = wrong_files(lesson, exercise);
    if wrong.len() < 2 {
        let what = format!("there are {} wrong solutions", wrong.len());
        found.push(Finding::error(
            shown(&folder),
            1,
            what,
            "two or three, each a mistake learners make",
        ));
    }
    for file in wrong {
        let text = files::read(&file).unwrap_or_default();
        if !text.starts_with("//! Wrong:") {
            let right = "open with `//! Wrong: ` and why it is wrong";
            found.push(Finding::error(
                shown(&file),
                1,
                "the file does not say what is wrong",
                right,
            ));
        }
    }
    found
}

/// The wrong solutions of an exercise in the order of their names.
pub(crate) fn wrong_files(lesson: &Lesson, exercise: &Exercise) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(lesson.wrong_folder(&exercise.name))
        .into_iter()
        .flatten()
        .flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect();
    files.sort();
    files
}

fn test_names(file: &str, text: &str) -> Vec<Finding> {
    let sentences = teaching::sentences(text);
    let mut found = Vec::new();
    let mut test_next = false;
    let mut number = 0;
    for (at, line) in text.lines().map(str::trim).enumerate() {
        test_next |= line == "#[test]";
        let Some(name) = teaching::function_name(line).filter(|_| test_next) else {
            continue;
        };
        test_next = false;
        number += 1;
        if !name.starts_with(&format!("t{number}_")) {
            let right = format!("call it `t{number}_…`: numbered from the easiest");
            found.push(Finding::error(
                file,
                at + 1,
                format!("test `{name}` is number {number}"),
                right,
            ));
        }
        if !sentences.contains_key(name) {
            let right = "put a comment above `#[test]`: a sentence that teaches";
            found.push(Finding::error(
                file,
                at + 1,
                format!("test `{name}` teaches nothing"),
                right,
            ));
        }
    }
    if number == 0 {
        found.push(Finding::error(
            file,
            1,
            "there are no tests",
            "write `#[test]` functions `t1_…`, `t2_…`",
        ));
    }
    found
}
