//! What `verify` can tell by reading: titles, hints, comments, lengths, freshness.

use anyhow::Result;

use crate::course::Exercise;
use crate::exercise;
use crate::fault;
use crate::lesson::{Block, Kind};
use crate::notebooks;
use crate::places::Places;
use crate::prediction::Prediction;
use crate::verify::{Finding, Subject};
use crate::verify_files;

const TOML: &str = "lessons/lessons.toml";
/// A cell is at most this long: longer ones are not read.
const CELL_LINES: usize = 15;
const QUESTION_WORDS: usize = 50;
const WHY_WORDS: usize = 80;

/// All that reading a lesson shows.
pub(crate) fn findings(places: &Places, subject: &Subject<'_>) -> Result<Vec<Finding>> {
    let lesson = subject.lesson;
    let file = fault::shown(&lesson.source(), &places.root);
    let mut found = front_matter(&file, subject);
    found.extend(
        subject
            .source
            .blocks
            .iter()
            .flat_map(|block| lengths(&file, block)),
    );
    found.extend(first_cell(&file, subject));
    for exercise in &lesson.exercises {
        found.extend(entry(exercise));
        found.extend(verify_files::findings(places, lesson, exercise));
        found.extend(fence(places, &file, subject, exercise));
    }
    match notebooks::generate(places, lesson, false) {
        Ok(outcome) if outcome.stale => found.push(Finding::error(
            fault::shown(&outcome.path, &places.root),
            1,
            "the notebook is stale",
            "`cargo lab notebooks` writes it anew",
        )),
        Ok(_) => {}
        Err(error) => found.push(Finding::error(
            &file,
            1,
            format!("{error:#}"),
            fault::hint_of(&error).unwrap_or_default(),
        )),
    }
    Ok(found)
}

fn front_matter(file: &str, subject: &Subject<'_>) -> Vec<Finding> {
    let (front, lesson) = (&subject.source.front, subject.lesson);
    let mut found = Vec::new();
    let mut compare = |key: &str, here: String, there: String| {
        if here != there {
            let what = format!("`{key}` is `{here}` here and `{there}` in lessons.toml");
            found.push(Finding::error(file, 1, what, "make them the same"));
        }
    };
    compare("lesson", front.lesson.clone(), lesson.name.clone());
    compare("title", front.title.clone(), lesson.title.clone());
    compare(
        "minutes",
        front.minutes.to_string(),
        lesson.minutes.to_string(),
    );
    compare("needs", front.needs.join(", "), lesson.needs.join(", "));
    if front.promise.is_empty() {
        found.push(Finding::error(
            file,
            1,
            "the promise is empty",
            "one sentence: what can the learner do afterwards?",
        ));
    }
    found
}

fn first_cell(file: &str, subject: &Subject<'_>) -> Option<Finding> {
    let first = subject
        .source
        .blocks
        .iter()
        .find_map(|block| match &block.kind {
            Kind::Code { code, .. } => Some((block.line, code)),
            _ => None,
        });
    match first {
        Some((_, code))
            if code.contains(":dep ferrolab") && code.contains("use ferrolab::prelude::*") =>
        {
            None
        }
        other => Some(Finding::error(
            file,
            other.map_or(1, |(line, _)| line),
            "the first cell does not bring the support crate",
            "open with `:dep ferrolab = { path = \"../kernel-support/ferrolab\" }` and `use ferrolab::prelude::*;`",
        )),
    }
}

fn lengths(file: &str, block: &Block) -> Vec<Finding> {
    let words = |text: &str| text.split_whitespace().count();
    let mut found = Vec::new();
    match &block.kind {
        Kind::Code { code, .. } if code.lines().count() > CELL_LINES => {
            found.push(Finding::warning(
                file,
                block.line,
                format!("the cell has {} lines", code.lines().count()),
                format!("at most {CELL_LINES}: split it, or move setting-up out of sight"),
            ))
        }
        Kind::Predict(Prediction { question, why, .. }) => {
            if words(question) > QUESTION_WORDS {
                let what = format!("the question has {} words", words(question));
                found.push(Finding::warning(
                    file,
                    block.line,
                    what,
                    format!("at most {QUESTION_WORDS}"),
                ));
            }
            if words(why) > WHY_WORDS {
                let what = format!("the explanation has {} words", words(why));
                found.push(Finding::warning(
                    file,
                    block.line,
                    what,
                    format!("at most {WHY_WORDS}"),
                ));
            }
        }
        _ => {}
    }
    found
}

fn entry(exercise: &Exercise) -> Vec<Finding> {
    let name = &exercise.name;
    let mut found = Vec::new();
    let mut error =
        |what: String, right: &str| found.push(Finding::error(TOML, exercise.line, what, right));
    if exercise.title.trim().is_empty() {
        error(
            format!("`{name}` has no title"),
            "say in a few words what is to be written",
        );
    }
    if exercise.points == 0 {
        error(format!("`{name}` is worth nothing"), "give it points");
    }
    if exercise.hints.len() != 3 || exercise.hints.iter().any(|hint| hint.trim().is_empty()) {
        let count = exercise
            .hints
            .iter()
            .filter(|hint| !hint.trim().is_empty())
            .count();
        error(
            format!("`{name}` has {count} hints"),
            "exactly three, the last almost the solution",
        );
    }
    found
}

fn fence(places: &Places, file: &str, subject: &Subject<'_>, exercise: &Exercise) -> Vec<Finding> {
    let (lesson, name) = (subject.lesson, &exercise.name);
    let fences: Vec<usize> = subject
        .source
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            Kind::Check { exercise, .. } if exercise == name => Some(block.line),
            _ => None,
        })
        .collect();
    let [line] = fences[..] else {
        let what = format!("`{name}` has {} cells", fences.len());
        let right = format!("give it one: a fence ```rust check=\"{name}\"");
        return vec![Finding::error(
            file,
            fences.last().copied().unwrap_or(1),
            what,
            right,
        )];
    };
    let stub = match exercise::stub(&subject.source, lesson, name) {
        Ok(stub) => stub,
        Err(error) => {
            return vec![Finding::error(
                file,
                line,
                format!("{error:#}"),
                fault::hint_of(&error).unwrap_or_default(),
            )];
        }
    };
    let mut found = stub_text(file, line, &stub);
    let answer = lesson.exercise_file(name);
    if !exercise::read_answer(&answer).is_ok_and(|text| exercise::same_text(&text, &stub)) {
        found.push(Finding::warning(
            fault::shown(&answer, &places.root),
            1,
            "the file is not the stub that lesson.md has",
            format!("`cargo lab reset {}/{name}`, or `cargo lab notebooks --adopt-stubs` if the stub is meant to change", lesson.name),
        ));
    }
    found
}

fn stub_text(file: &str, line: usize, stub: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if !stub.contains("todo!()") {
        found.push(Finding::error(
            file,
            line,
            "the stub has no `todo!()`",
            "leave the learner something to write",
        ));
    }
    if !stub
        .lines()
        .any(|line| line.trim_start().starts_with("///"))
    {
        found.push(Finding::error(
            file,
            line,
            "the stub has no doc comment",
            "say in `///` what is to be written",
        ));
    } else if !stub
        .lines()
        .any(|line| line.trim_start().starts_with("/// ```"))
    {
        found.push(Finding::error(
            file,
            line,
            "the stub has no example",
            "put a doctest into its doc comment",
        ));
    }
    found
}
