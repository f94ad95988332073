//! `ferrolab list`: the lessons and how far the learner is.

use crate::course::{Course, Exercise, Lesson};
use crate::exercise;
use crate::fingerprint;
use crate::places::Places;
use crate::progress::Progress;
use crate::term;

/// Where an exercise stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Passed,
    Changed,
    Tried,
    Open,
}

/// Prints all lessons and exercises.
pub(crate) fn command(places: &Places, course: &Course) {
    let paint = term::stdout();
    let progress = Progress::read(places);
    let mut done = 0;
    let mut all = 0;
    let mut next = None;
    for lesson in &course.lessons {
        println!(
            "{}  {} ({} min{})",
            paint.bold(&lesson.name),
            lesson.title,
            lesson.minutes,
            needs(lesson)
        );
        for exercise in &lesson.exercises {
            let state = state(lesson, exercise, &progress);
            all += 1;
            done += usize::from(state == State::Passed);
            if state != State::Passed && next.is_none() {
                next = Some(format!("{}/{}", lesson.name, exercise.name));
            }
            let (mark, word) = match state {
                State::Passed => (paint.green("✓"), ""),
                State::Changed => (paint.yellow("~"), ", changed since it passed"),
                State::Tried => (paint.red("✗"), ", not passed yet"),
                State::Open => (paint.dim("·"), ""),
            };
            println!(
                "  {mark} {:<16} {} ({} points{word})",
                exercise.name, exercise.title, exercise.points
            );
        }
    }
    println!("\n{done} of {all} exercises passed");
    if let Some(next) = next {
        println!("next: {}", paint.cyan(&format!("cargo lab check {next}")));
    }
}

fn needs(lesson: &Lesson) -> String {
    if lesson.needs.is_empty() {
        String::new()
    } else {
        format!(", after {}", lesson.needs.join(", "))
    }
}

fn state(lesson: &Lesson, exercise: &Exercise, progress: &Progress) -> State {
    let entry = progress.entry(&lesson.name, &exercise.name);
    let Some(passed) = entry.passed else {
        return if entry.tried {
            State::Tried
        } else {
            State::Open
        };
    };
    let code = exercise::read_answer(&lesson.exercise_file(&exercise.name));
    match code {
        Ok(code) if fingerprint::short(code.as_bytes()) == passed => State::Passed,
        _ => State::Changed,
    }
}
