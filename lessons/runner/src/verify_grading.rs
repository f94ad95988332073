//! What `verify` learns by grading: stubs fail, solutions pass, wrong solutions are caught.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::cargo;
use crate::exercise;
use crate::fault;
use crate::files;
use crate::grade::{self, Options};
use crate::mirror::{Candidate, Mirror};
use crate::places::Places;
use crate::process;
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
        if !lesson.test_file(&exercise.name).is_file() {
            continue;
        }
        let mut add = |role, variant: String, path: &Path, code: Option<String>| {
            if let Some(code) = code {
                let shown = fault::shown(path, &places.root);
                all.push((
                    role,
                    Candidate {
                        lesson,
                        exercise,
                        variant,
                        code,
                        shown,
                    },
                ));
            }
        };
        let stub = exercise::stub(&subject.source, lesson, &exercise.name).ok();
        add(
            Role::Stub,
            "stub".into(),
            &lesson.exercise_file(&exercise.name),
            stub,
        );
        let solution = lesson.solution_file(&exercise.name);
        add(
            Role::Solution,
            "solution".into(),
            &solution,
            files::read(&solution).ok(),
        );
        for path in wrong_files(lesson, exercise) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            add(
                Role::Wrong,
                format!("wrong-{name}"),
                &path,
                files::read(&path).ok(),
            );
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

/// Runs the doctests of a lesson's solutions: each exercise has one, and all pass.
pub(crate) fn doctests(places: &Places, subject: &Subject<'_>) -> Result<Vec<Finding>> {
    let lesson = subject.lesson;
    if lesson.exercises.is_empty() {
        return Ok(Vec::new());
    }
    let run = |offline: bool| {
        let mut command = cargo::command(&places.root, &Mirror::target(places));
        command.args([
            "test",
            "--doc",
            "--features",
            "solution",
            "--no-fail-fast",
            "--package",
            &lesson.package(),
        ]);
        if offline {
            command.arg("--offline");
        }
        process::run(command, Duration::from_secs(600), 4 * 1024 * 1024)
    };
    let mut finished = run(true)?;
    if !finished.success() && finished.stderr.contains("offline") {
        finished = run(false)?;
    }
    let mut found = Vec::new();
    let manifest = fault::shown(&lesson.folder.join("Cargo.toml"), &places.root);
    if !finished.stdout.contains("test result:") {
        let errors: Vec<&str> = finished
            .stderr
            .lines()
            .filter(|line| line.starts_with("error"))
            .collect();
        let what = format!(
            "the solutions cannot be tested as a package: {}",
            errors.join("; ")
        );
        return Ok(vec![Finding::error(
            manifest,
            1,
            what,
            format!(
                "see `cargo test -p {} --features solution`",
                lesson.package()
            ),
        )]);
    }
    let lines: Vec<&str> = finished
        .stdout
        .lines()
        .filter(|line| line.starts_with("test "))
        .collect();
    for exercise in &lesson.exercises {
        let file = fault::shown(&lesson.solution_file(&exercise.name), &places.root);
        let own: Vec<&&str> = lines.iter().filter(|line| line.contains(&file)).collect();
        if own.is_empty() {
            found.push(Finding::error(
                &file,
                1,
                "there is no example in the documentation",
                "put a doctest into the doc comment",
            ));
        }
        for line in own.iter().filter(|line| line.ends_with("FAILED")) {
            let number = line
                .split("(line ")
                .nth(1)
                .and_then(|rest| rest.split(')').next()?.parse().ok());
            found.push(Finding::error(
                &file,
                number.unwrap_or(1),
                "the example fails",
                "an example says what is true",
            ));
        }
    }
    Ok(found)
}
