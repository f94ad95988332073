//! What `verify` learns by running the predictions: is the stated answer what happens?

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::cargo::{self, Message};
use crate::fault;
use crate::files;
use crate::lesson;
use crate::manifest::PROGRAMS;
use crate::mirror::Mirror;
use crate::places::Places;
use crate::prediction::{Kind, Prediction};
use crate::process;
use crate::verify::{Finding, Subject};

const LIMIT: Duration = Duration::from_secs(60);
/// A machine that is busy for a moment must not make a true prediction false.
const TRIES: usize = 4;
/// `faster` means at least this much: wide enough for a noisy machine.
const CLEAR: f64 = 0.8;
/// `same` means within this factor.
const CLOSE: f64 = 1.5;
const CORRECT: &str = "correct the answer or the program";

struct Program<'a> {
    file: String,
    line: usize,
    package: String,
    name: String,
    prediction: &'a Prediction,
}

impl Program<'_> {
    fn finding(&self, what: String, right: &str) -> Finding {
        Finding::error(&self.file, self.line, what, right)
    }
}

#[derive(Default)]
struct Compiled {
    program: Option<PathBuf>,
    codes: Vec<String>,
    errors: Vec<String>,
}

/// Compiles all predictions with one build, runs them, compares.
pub(crate) fn findings(places: &Places, subjects: &[Subject<'_>]) -> Result<Vec<Finding>> {
    let mirror = Mirror::new(places, "predictions");
    let _lock = files::lock(&places.grade().join("lock"), "another grading")?;
    let mut programs = Vec::new();
    let mut packages = BTreeSet::new();
    for subject in subjects {
        let own = programs_of(places, subject);
        let Some(first) = own.first() else {
            continue;
        };
        let sources: Vec<(String, String)> = own
            .iter()
            .map(|program| (program.name.clone(), source(program.prediction)))
            .collect();
        mirror.add_programs(subject.lesson, &first.package, &sources)?;
        packages.insert(first.package.clone());
        programs.extend(own);
    }
    if programs.is_empty() {
        return Ok(Vec::new());
    }
    mirror.seal(&packages)?;
    let arguments = ["build", "--bins", "--keep-going", "--message-format=json"].map(str::to_owned);
    let built = mirror.build(&arguments)?;
    let mut results = collect(&built.messages);
    if results.is_empty() {
        return Err(cargo::failure("building the predictions", &built));
    }
    let mut found = Vec::new();
    for program in &programs {
        let key = (program.package.clone(), program.name.clone());
        let result = results.remove(&key).unwrap_or_default();
        found.extend(judge(mirror.folder(), program, &result)?);
    }
    Ok(found)
}

fn programs_of<'a>(places: &Places, subject: &'a Subject<'_>) -> Vec<Program<'a>> {
    let file = fault::shown(&subject.lesson.source(), &places.root);
    let predictions = subject
        .source
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            lesson::Kind::Predict(prediction) => Some((block.line, prediction)),
            _ => None,
        });
    predictions
        .enumerate()
        .map(|(number, (line, prediction))| Program {
            file: file.clone(),
            line,
            package: format!("{}{PROGRAMS}", subject.lesson.package()),
            name: format!("predict_{}", number + 1),
            prediction,
        })
        .collect()
}

fn source(prediction: &Prediction) -> String {
    match prediction.kind {
        Kind::Faster => include_str!("faster.rs.txt")
            .replace("/*A*/", &prediction.a)
            .replace("/*B*/", &prediction.b),
        Kind::Output | Kind::Error if prediction.code.contains("fn main") => {
            format!("#![allow(warnings)]\n{}\n", prediction.code)
        }
        Kind::Output | Kind::Error => format!(
            "#![allow(warnings)]\nfn main() {{\n{}\n}}\n",
            prediction.code
        ),
    }
}

fn collect(messages: &[Message]) -> HashMap<(String, String), Compiled> {
    let mut results: HashMap<(String, String), Compiled> = HashMap::new();
    let key = |manifest: &Path, name: &str| {
        let folder = manifest
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default();
        (folder.to_string_lossy().into_owned(), name.to_owned())
    };
    for message in messages {
        match message {
            Message::Artifact {
                manifest_path,
                target,
                executable: Some(program),
            } => {
                results
                    .entry(key(manifest_path, &target.name))
                    .or_default()
                    .program = Some(program.clone());
            }
            Message::Diagnostic {
                manifest_path,
                target,
                message,
            } if message.level == "error" => {
                let result = results.entry(key(manifest_path, &target.name)).or_default();
                result
                    .codes
                    .extend(message.code.iter().map(|code| code.code.clone()));
                result.errors.push(message.message.clone());
            }
            _ => {}
        }
    }
    results
}

fn judge(folder: &Path, program: &Program<'_>, result: &Compiled) -> Result<Option<Finding>> {
    let answer = &program.prediction.answer;
    if program.prediction.kind == Kind::Error {
        return Ok(refused(program, result));
    }
    let Some(path) = &result.program else {
        let what = format!("the program does not compile: {}", result.errors.join("; "));
        let right = "a program that must not compile has `kind = \"error\"`";
        return Ok(Some(program.finding(what, right)));
    };
    if program.prediction.kind == Kind::Faster {
        return faster(folder, program, path);
    }
    let finished = process::run(command(path, folder), LIMIT, 64 * 1024)?;
    let printed = finished.stdout.trim_end();
    if finished.status.is_none() {
        let what = "the program does not end".to_owned();
        return Ok(Some(
            program.finding(what, "a prediction's program ends by itself"),
        ));
    }
    if printed != answer.trim_end() {
        let what = format!(
            "the program prints `{printed}`, the answer says `{}`",
            answer.trim_end()
        );
        return Ok(Some(program.finding(what, CORRECT)));
    }
    Ok(None)
}

/// A program that must not compile, and for the reason the answer names.
fn refused(program: &Program<'_>, result: &Compiled) -> Option<Finding> {
    let answer = &program.prediction.answer;
    if result.program.is_some() {
        let what = format!("the program compiles, the answer says {answer}");
        return Some(program.finding(what, CORRECT));
    }
    if result.codes.contains(answer) {
        return None;
    }
    let said = if result.codes.is_empty() {
        &result.errors
    } else {
        &result.codes
    };
    let what = format!("rustc says {}, the answer says {answer}", said.join("; "));
    Some(program.finding(what, CORRECT))
}

fn faster(folder: &Path, program: &Program<'_>, path: &Path) -> Result<Option<Finding>> {
    let mut seen = Vec::new();
    for _ in 0..TRIES {
        let Some((a, b)) = measure(folder, path)? else {
            let what = "the two programs could not be measured".to_owned();
            return Ok(Some(program.finding(what, "both must run to their end")));
        };
        let as_predicted = match program.prediction.answer.as_str() {
            "a" => a < b * CLEAR,
            "b" => b < a * CLEAR,
            _ => a < b * CLOSE && b < a * CLOSE,
        };
        if as_predicted {
            return Ok(None);
        }
        seen.push(format!("{a:.0} and {b:.0} ns"));
    }
    let answer = &program.prediction.answer;
    let what = format!(
        "the answer says `{answer}`; a and b take {}",
        seen.join(", ")
    );
    let right = "predict what is clearly so, or change the programs";
    Ok(Some(program.finding(what, right)))
}

/// The times in nanoseconds. The programs may print as well: the times are the last line.
fn measure(folder: &Path, path: &Path) -> Result<Option<(f64, f64)>> {
    let finished = process::run(command(path, folder), LIMIT, 64 * 1024)?;
    let last = finished.stdout.trim_end().lines().next_back();
    let mut times = last
        .unwrap_or_default()
        .split_whitespace()
        .map(str::parse::<f64>);
    match (times.next(), times.next()) {
        (Some(Ok(a)), Some(Ok(b))) => Ok(Some((a, b))),
        _ => Ok(None),
    }
}

fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_get_a_main() {
        let block = |code: &str| {
            Prediction::parse(&format!(
                "question = \"?\"\ncode = '{code}'\nanswer = \"1\"\nwhy = \"so\"\n"
            ))
            .unwrap()
        };
        assert!(source(&block("println!();")).contains("fn main() {\nprintln!();"));
        assert_eq!(source(&block("fn main() {}")).matches("fn main").count(), 1);
    }
}
