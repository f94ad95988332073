//! What `verify` learns by grading: stubs fail, solutions pass, wrong solutions are caught.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;

use crate::exercise;
use crate::fault;
use crate::files;
use crate::grade::{self, Options};
use crate::mirror::Candidate;
use crate::places::Places;
use crate::verdict::{Graded, Outcome, Verdict};
use crate::verify::{Finding, Subject};
use crate::verify_files::wrong_files;

/// How long the tests of one candidate may run.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Stub,
    Solution,
    Wrong,
}

/// Grades everything in one workspace with one build.
pub(crate) fn findings(places: &Places, subjects: &[Subject<'_>]) -> Result<Vec<Finding>> {
    let mut roles = Vec::new();
    let mut candidates = Vec::new();
    for subject in subjects {
        for (role, candidate) in candidates_of(places, subject) {
            roles.push(role);
            candidates.push(candidate);
        }
    }
    let options = Options {
        mirror: "verify".to_owned(),
        keep: BTreeSet::new(),
        limit: LIMIT,
        colour: false,
    };
    let graded = grade::grade(places, &candidates, &options)?;
    Ok(roles
        .iter()
        .zip(&graded)
        .flat_map(|(role, graded)| judge(*role, graded))
        .collect())
}

fn candidates_of<'a>(places: &Places, subject: &'a Subject<'_>) -> Vec<(Role, Candidate<'a>)> {
    let lesson = subject.lesson;
    let mut all = Vec::new();
    for exercise in &lesson.exercises {
        let name = &exercise.name;
        if !lesson.test_file(name).is_file() {
            continue;
        }
        let stub = exercise::stub(&subject.source, lesson, name).ok();
        let solution = lesson.solution_file(name);
        let text = files::read(&solution).ok();
        let mut answers = vec![
            (
                Role::Stub,
                "stub".to_owned(),
                lesson.exercise_file(name),
                stub,
            ),
            (Role::Solution, "solution".to_owned(), solution, text),
        ];
        for path in wrong_files(lesson, exercise) {
            let variant = format!("wrong-{}", path.file_stem().unwrap_or_default().display());
            let text = files::read(&path).ok();
            answers.push((Role::Wrong, variant, path, text));
        }
        for (role, variant, path, code) in answers {
            let shown = fault::shown(&path, &places.root);
            let candidate = code.map(|code| Candidate {
                lesson,
                exercise,
                variant,
                code,
                shown,
            });
            all.extend(candidate.map(|candidate| (role, candidate)));
        }
    }
    all
}

fn judge(role: Role, graded: &Graded) -> Vec<Finding> {
    let error = |what: String, right: &str| vec![Finding::error(&graded.file, 1, what, right)];
    if graded.verdict == Verdict::CannotGrade {
        let reason = graded.reason.clone().unwrap_or_default();
        return error(format!("it cannot be graded: {reason}"), "see the message");
    }
    if graded.verdict == Verdict::DoesNotCompile {
        return compile_errors(graded);
    }
    match role {
        Role::Stub => graded
            .tests
            .iter()
            .filter(|test| matches!(test.outcome, Outcome::Passed | Outcome::Ignored))
            .flat_map(|test| {
                error(
                    format!("the stub passes the test `{}`", test.name),
                    "a stub fails every test: change the test or the stub",
                )
            })
            .collect(),
        Role::Solution => graded
            .tests
            .iter()
            .filter(|test| test.outcome != Outcome::Passed)
            .flat_map(|test| {
                let message = test.message.clone().unwrap_or_default();
                let first = message.lines().next().unwrap_or_default();
                error(
                    format!("the solution does not pass `{}`: {first}", test.name),
                    "a solution passes every test",
                )
            })
            .collect(),
        Role::Wrong if graded.verdict == Verdict::Passed => error(
            "the tests do not catch this wrong solution".into(),
            "add a test that does",
        ),
        Role::Wrong => Vec::new(),
    }
}

fn compile_errors(graded: &Graded) -> Vec<Finding> {
    let errors = graded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.level == "error");
    errors
        .map(|diagnostic| {
            let file = diagnostic
                .file
                .clone()
                .unwrap_or_else(|| graded.file.clone());
            let code = diagnostic
                .code
                .as_ref()
                .map_or(String::new(), |code| format!(" ({code})"));
            let what = format!(
                "`{}` does not compile: {}{code}",
                graded.file, diagnostic.message
            );
            Finding::error(
                file,
                diagnostic.line.unwrap_or(1),
                what,
                "stubs, solutions and wrong solutions all compile",
            )
        })
        .collect()
}
