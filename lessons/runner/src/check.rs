//! `ferrolab check`: grades the learner's exercises.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;

use crate::course::{Course, Exercise, Lesson};
use crate::exercise;
use crate::fault;
use crate::grade::{self, Options};
use crate::mirror::Candidate;
use crate::places::Places;
use crate::progress::Progress;
use crate::report;
use crate::term;
use crate::verdict::{Graded, Report, Verdict};

/// How a check is to be done.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// `LESSON`, `LESSON/EXERCISE`, or all.
    pub(crate) what: Option<String>,
    /// JSON in place of the readable report.
    pub(crate) json: bool,
    /// How long the tests of one exercise may run.
    pub(crate) limit: Duration,
}

/// Grades once and prints the report.
pub(crate) fn once(places: &Places, course: &Course, wish: &Wish) -> Result<Report> {
    let selection = course.select(wish.what.as_deref())?;
    let paint = term::stdout();
    let mut graded = Vec::new();
    let mut progress = Progress::read(places);
    for (lesson, exercises) in selection {
        graded.extend(lesson_of(places, lesson, &exercises, wish, &mut progress)?);
    }
    progress.write(places)?;
    let report = Report::new(graded);
    if wish.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report::text(&report, paint));
    }
    Ok(report)
}

fn lesson_of(
    places: &Places,
    lesson: &Lesson,
    exercises: &[&Exercise],
    wish: &Wish,
    progress: &mut Progress,
) -> Result<Vec<Graded>> {
    let (candidates, mut results) = sort_out(places, lesson, exercises);
    let all = lesson.exercises.iter();
    let options = Options {
        mirror: lesson.name.clone(),
        keep: all
            .map(|other| candidate(places, lesson, other, String::new()).package())
            .collect::<BTreeSet<_>>(),
        limit: wish.limit,
        colour: term::stdout().is_on() && !wish.json,
    };
    let graded = grade::grade(places, &candidates, &options)?;
    for (candidate, graded) in candidates.iter().zip(graded) {
        progress.note(&graded, &candidate.code);
        results.push(graded);
    }
    let order = |graded: &Graded| exercises.iter().position(|e| e.name == graded.exercise);
    results.sort_by_key(order);
    Ok(results)
}

/// Parts what can be compiled from what cannot even be read.
fn sort_out<'a>(
    places: &Places,
    lesson: &'a Lesson,
    exercises: &[&'a Exercise],
) -> (Vec<Candidate<'a>>, Vec<Graded>) {
    let mut candidates = Vec::new();
    let mut results = Vec::new();
    for exercise in exercises {
        let mut candidate = candidate(places, lesson, exercise, String::new());
        let mut refused = grade::blank(&candidate);
        if !lesson.test_file(&exercise.name).is_file() {
            refused.reason = Some(format!(
                "the test file `tests/{}.rs` of the lesson is not there",
                exercise.name
            ));
            results.push(refused);
            continue;
        }
        match exercise::read_answer(&lesson.exercise_file(&exercise.name)) {
            Ok(code) => {
                candidate.code = code;
                candidates.push(candidate);
            }
            Err(error) => {
                refused.verdict = Verdict::Unreadable;
                refused.reason = Some(error.to_string());
                results.push(refused);
            }
        }
    }
    (candidates, results)
}

/// The learner's answer to an exercise.
pub(crate) fn candidate<'a>(
    places: &Places,
    lesson: &'a Lesson,
    exercise: &'a Exercise,
    code: String,
) -> Candidate<'a> {
    let file = lesson.exercise_file(&exercise.name);
    Candidate {
        lesson,
        exercise,
        variant: "learner".to_owned(),
        code,
        shown: fault::shown(&file, &places.root),
    }
}

/// Builds all exercises without running them, so that the first check is quick. Answers that do not
/// compile are no matter here: what counts is that the crates they use are compiled.
pub(crate) fn prepare(places: &Places, course: &Course) -> Result<()> {
    for lesson in &course.lessons {
        let exercises: Vec<&Exercise> = lesson.exercises.iter().collect();
        let (candidates, _) = sort_out(places, lesson, &exercises);
        if candidates.is_empty() {
            continue;
        }
        let _lock = crate::files::lock(&places.grade().join("lock"), "another grading")?;
        let mirror = crate::mirror::Mirror::new(places, &lesson.name);
        mirror.fill(&candidates, &BTreeSet::new())?;
        let built = grade::build(&mirror, &candidates, false)?;
        let answered = built.messages.iter().any(|message| {
            matches!(message, crate::cargo::Message::Artifact { target, .. } if target.kind.iter().any(|kind| kind == "test"))
        });
        let own = built.messages.iter().any(|message| {
            matches!(message, crate::cargo::Message::Diagnostic { message, .. } if message.level == "error")
        });
        if !built.success && !answered && !own {
            return Err(crate::cargo::failure("preparing the exercises", &built));
        }
    }
    Ok(())
}
