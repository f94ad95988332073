//! What `verify` learns from the examples in the documentation of the solutions.

use std::time::Duration;

use anyhow::Result;

use crate::cargo;
use crate::course::Lesson;
use crate::fault;
use crate::mirror::Mirror;
use crate::places::Places;
use crate::process::{self, Finished};
use crate::verify::{Finding, Subject};

const LIMIT: Duration = Duration::from_secs(600);

/// Runs the doctests of a lesson's solutions: each exercise has one, and all pass.
pub(crate) fn findings(places: &Places, subject: &Subject<'_>) -> Result<Vec<Finding>> {
    let lesson = subject.lesson;
    if lesson.exercises.is_empty() {
        return Ok(Vec::new());
    }
    let finished = run(places, lesson)?;
    if !finished.stdout.contains("test result:") {
        return Ok(vec![not_a_package(places, lesson, &finished)]);
    }
    let mut found = Vec::new();
    for exercise in &lesson.exercises {
        let file = fault::shown(&lesson.solution_file(&exercise.name), &places.root);
        found.extend(of_file(&file, &finished.stdout));
    }
    Ok(found)
}

fn run(places: &Places, lesson: &Lesson) -> Result<Finished> {
    let run = |offline: bool| {
        let mut command = cargo::command(&places.root, &Mirror::target(places));
        command.args(["test", "--doc", "--features", "solution", "--no-fail-fast"]);
        command.args(["--package", &lesson.package()]);
        if offline {
            command.arg("--offline");
        }
        process::run(command, LIMIT, 4 * 1024 * 1024)
    };
    let finished = run(true)?;
    if !finished.success() && finished.stderr.contains("offline") {
        return Ok(run(false)?);
    }
    Ok(finished)
}

fn not_a_package(places: &Places, lesson: &Lesson, finished: &Finished) -> Finding {
    let errors = finished
        .stderr
        .lines()
        .filter(|line| line.starts_with("error"));
    let errors = errors.collect::<Vec<_>>().join("; ");
    Finding::error(
        fault::shown(&lesson.folder.join("Cargo.toml"), &places.root),
        1,
        format!("the solutions cannot be tested as a package: {errors}"),
        format!(
            "see `cargo test -p {} --features solution`",
            lesson.package()
        ),
    )
}

/// Reads the lines `test FILE - ITEM (line N) ... ok` about a file.
fn of_file(file: &str, stdout: &str) -> Vec<Finding> {
    let opening = format!("test {file} ");
    let own: Vec<&str> = stdout
        .lines()
        .filter(|line| line.starts_with(&opening))
        .collect();
    if own.is_empty() {
        let what = "there is no example in the documentation";
        return vec![Finding::error(
            file,
            1,
            what,
            "put a doctest into the doc comment",
        )];
    }
    let failed = own.iter().filter(|line| line.ends_with("FAILED"));
    failed
        .map(|line| {
            let number = line
                .split("(line ")
                .nth(1)
                .and_then(|rest| rest.split(')').next());
            let number = number.and_then(|number| number.parse().ok()).unwrap_or(1);
            Finding::error(
                file,
                number,
                "the example fails",
                "an example says what is true",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_results_of_one_file() {
        let out =
            "test a/double.rs - double (line 3) ... ok\ntest a/up.rs - up (line 7) ... FAILED\n";
        assert!(of_file("a/double.rs", out).is_empty());
        assert_eq!(of_file("a/up.rs", out)[0].line, 7);
        assert!(of_file("a/none.rs", out)[0].what.contains("no example"));
    }
}
