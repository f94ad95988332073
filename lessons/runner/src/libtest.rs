//! Runs a test program of rustc's own harness and reads what it prints.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::{self, Finished};
use crate::verdict::{Outcome, Test};

/// Output beyond this is dropped: a test that prints without end must not fill the memory.
const CAP: usize = 512 * 1024;
/// A hanging or crashing test is left out and the others are run again, this many times.
const ROUNDS: usize = 4;

/// Runs all tests of a program, one after the other, and gives them in their order.
pub(crate) fn run(program: &Path, folder: &Path, limit: Duration) -> Result<Vec<Test>> {
    let names = list(program, folder)?;
    let mut fatal: Vec<Test> = Vec::new();
    let mut last = HashMap::new();
    for _ in 0..ROUNDS {
        let skipped: Vec<&str> = fatal.iter().map(|test| test.name.as_str()).collect();
        if skipped.len() == names.len() {
            break;
        }
        let finished = run_once(program, folder, limit, &names, &skipped)?;
        last = parse(&finished.stdout, &names);
        let Some(broken) = broken_test(&finished, &names, &skipped, &last) else {
            break;
        };
        fatal.push(broken);
    }
    let find = |name: &String| {
        let known = fatal.iter().find(|test| &test.name == name).cloned();
        known
            .or_else(|| last.remove(name))
            .unwrap_or_else(|| test(name, Outcome::NotRun))
    };
    Ok(names.iter().map(find).collect())
}

fn list(program: &Path, folder: &Path) -> Result<Vec<String>> {
    let mut command = Command::new(program);
    command
        .args(["--list", "--format", "terse"])
        .current_dir(folder);
    let finished = process::run(command, Duration::from_secs(20), CAP)
        .with_context(|| format!("`{}` cannot be run", program.display()))?;
    let mut names: Vec<String> = finished
        .stdout
        .lines()
        .filter_map(|line| line.strip_suffix(": test").map(str::to_owned))
        .collect();
    names.sort_by_key(|name| natural(name));
    Ok(names)
}

/// `t2_…` comes before `t10_…`.
fn natural(name: &str) -> (u32, String) {
    let last = name.rsplit("::").next().unwrap_or(name);
    let digits: String = last
        .strip_prefix('t')
        .unwrap_or_default()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    (digits.parse().unwrap_or(u32::MAX), name.to_owned())
}

/// One at a time, so that a hanging test can be named and timings are not disturbed by neighbours.
fn run_once(
    program: &Path,
    folder: &Path,
    limit: Duration,
    names: &[String],
    skipped: &[&str],
) -> Result<Finished> {
    let mut command = Command::new(program);
    command
        .args(["--test-threads", "1", "--color", "never", "--exact"])
        .args(
            names
                .iter()
                .filter(|name| !skipped.contains(&name.as_str())),
        )
        .current_dir(folder)
        .env("CARGO_MANIFEST_DIR", folder)
        .env("RUST_BACKTRACE", "0");
    process::run(command, limit, CAP)
        .with_context(|| format!("`{}` cannot be run", program.display()))
}

/// The test in which the program ended before its time, if it did.
fn broken_test(
    finished: &Finished,
    names: &[String],
    skipped: &[&str],
    seen: &HashMap<String, Test>,
) -> Option<Test> {
    let name = names
        .iter()
        .filter(|name| !skipped.contains(&name.as_str()))
        .filter(|name| !seen.contains_key(*name))
        // The harness runs in the order of names; the one that was announced last is the culprit.
        .min_by_key(|name| std::cmp::Reverse(finished.stdout.rfind(&format!("test {name} "))))?;
    let mut broken = test(name, Outcome::Crashed);
    broken.message = Some(match (finished.status, finished.signal()) {
        (None, _) => {
            broken.outcome = Outcome::TimedOut;
            format!(
                "it was still running after {}",
                crate::term::seconds(finished.took)
            )
        }
        (_, Some(signal)) => crash_text(signal, &finished.stderr),
        (Some(_), None) => "the program ended in the middle of this test".to_owned(),
    });
    Some(broken)
}

fn crash_text(signal: i32, stderr: &str) -> String {
    if stderr.contains("has overflowed its stack") {
        return "the stack overflowed: does a function call itself without end?".to_owned();
    }
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
    match last {
        Some(line) => format!("the program was ended by signal {signal}: {}", line.trim()),
        None => format!("the program was ended by signal {signal}"),
    }
}

fn test(name: &str, outcome: Outcome) -> Test {
    Test {
        name: name.to_owned(),
        outcome,
        teaches: None,
        message: None,
        place: None,
    }
}

/// Reads the harness's text. Only names that the program listed count.
fn parse(stdout: &str, names: &[String]) -> HashMap<String, Test> {
    let details = stdout.find("\nfailures:\n").unwrap_or(stdout.len());
    let (results, details) = stdout.split_at(details);
    let mut tests = HashMap::new();
    for name in names {
        if let Some(outcome) = outcome(results, name) {
            let mut test = test(name, outcome);
            if outcome == Outcome::Failed {
                (test.message, test.place) = failure(details, name);
            }
            tests.insert(name.clone(), test);
        }
    }
    tests
}

/// What stands after `test NAME ... `; a test may print in between, past the harness.
fn outcome(results: &str, name: &str) -> Option<Outcome> {
    let start = [
        format!("test {name} ... "),
        format!("test {name} - should panic ... "),
    ]
    .iter()
    .find_map(|opening| results.find(opening).map(|at| at + opening.len()))?;
    let rest = &results[start..];
    let end = rest.find("\ntest ").unwrap_or(rest.len());
    let last = rest[..end].trim_end().lines().next_back()?;
    let ends = |word: &str| last.ends_with(word);
    if ends("ok") {
        Some(Outcome::Passed)
    } else if ends("FAILED") {
        Some(Outcome::Failed)
    } else if last.contains("ignored") {
        Some(Outcome::Ignored)
    } else {
        rest[..end].lines().find_map(|line| match line.trim() {
            "ok" => Some(Outcome::Passed),
            "FAILED" => Some(Outcome::Failed),
            _ => None,
        })
    }
}

/// The message of a failed test and the place of its panic.
fn failure(details: &str, name: &str) -> (Option<String>, Option<String>) {
    let opening = format!("---- {name} stdout ----\n");
    let Some(start) = details.find(&opening) else {
        return (None, None);
    };
    let section = &details[start + opening.len()..];
    let end = ["\n---- ", "\n\nfailures:\n"]
        .iter()
        .filter_map(|mark| section.find(mark))
        .min()
        .unwrap_or(section.len());
    panic_text(&section[..end])
}

fn panic_text(section: &str) -> (Option<String>, Option<String>) {
    let Some(at) = section.find(" panicked at ") else {
        let text = section.trim();
        return ((!text.is_empty()).then(|| text.to_owned()), None);
    };
    let rest = &section[at + " panicked at ".len()..];
    let (place, message) = rest.split_once('\n').unwrap_or((rest, ""));
    let message = message
        .lines()
        .filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE="))
        .collect::<Vec<_>>()
        .join("\n");
    let place = place.trim_end_matches(':').to_owned();
    (Some(message.trim().to_owned()), Some(place))
}

#[cfg(test)]
#[path = "libtest_tests.rs"]
mod tests;
