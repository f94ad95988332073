//! Grades answers: mirror, one cargo build, then each test program by itself.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cargo::{self, Built, Message};
use crate::files;
use crate::libtest;
use crate::mirror::{Candidate, Mirror};
use crate::places::Places;
use crate::teaching;
use crate::verdict::{Diagnostic, Graded, Outcome, Test, Verdict};

/// How to grade.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The mirror's name.
    pub(crate) mirror: String,
    /// Packages of the mirror to leave standing beside the candidates'.
    pub(crate) keep: BTreeSet<String>,
    /// How long the tests of one exercise may run.
    pub(crate) limit: Duration,
    /// Whether rustc's messages are to have colours.
    pub(crate) colour: bool,
}

/// Grades all candidates in one go and gives the results in their order.
pub(crate) fn grade(
    places: &Places,
    candidates: &[Candidate<'_>],
    options: &Options,
) -> Result<Vec<Graded>> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let _lock = files::lock(&places.grade().join("lock"), "another grading")?;
    let mirror = Mirror::new(places, &options.mirror);
    mirror.fill(candidates, &options.keep)?;
    let built = build(&mirror, candidates, options.colour)?;
    let mut packages = by_package(&built);
    if packages.is_empty() && !built.success {
        return Err(cargo::failure("preparing the exercises", &built));
    }
    let judge = |candidate: &Candidate<'_>| {
        let package = packages.remove(&candidate.package()).unwrap_or_default();
        judge(&mirror, candidate, package, options.limit)
    };
    candidates.iter().map(judge).collect()
}

/// Builds the test programs without running them.
pub(crate) fn build(
    mirror: &Mirror<'_>,
    candidates: &[Candidate<'_>],
    colour: bool,
) -> Result<Built> {
    let format = if colour {
        "json-diagnostic-rendered-ansi"
    } else {
        "json"
    };
    let mut arguments = vec![
        "build".to_owned(),
        "--tests".to_owned(),
        // One answer that does not compile must not keep the others from being built.
        "--keep-going".to_owned(),
        format!("--message-format={format}"),
    ];
    for candidate in candidates {
        arguments.push("--package".to_owned());
        arguments.push(candidate.package());
    }
    mirror.build(&arguments)
}

#[derive(Default)]
struct Package {
    program: Option<PathBuf>,
    diagnostics: Vec<cargo::Diagnostic>,
}

fn by_package(built: &Built) -> HashMap<String, Package> {
    let mut packages: HashMap<String, Package> = HashMap::new();
    let name = |manifest: &Path| {
        let folder = manifest.parent().and_then(Path::file_name);
        folder.unwrap_or_default().to_string_lossy().into_owned()
    };
    for message in &built.messages {
        match message {
            Message::Artifact {
                manifest_path,
                target,
                executable: Some(program),
            } if target.kind.iter().any(|kind| kind == "test") => {
                packages.entry(name(manifest_path)).or_default().program = Some(program.clone());
            }
            Message::Diagnostic {
                manifest_path,
                message,
                ..
            } => {
                let package = packages.entry(name(manifest_path)).or_default();
                package.diagnostics.push(message.clone());
            }
            _ => {}
        }
    }
    packages
}

fn judge(
    mirror: &Mirror<'_>,
    candidate: &Candidate<'_>,
    package: Package,
    limit: Duration,
) -> Result<Graded> {
    let start = Instant::now();
    let names = Names::new(candidate);
    let mut graded = blank(candidate);
    graded.diagnostics = package
        .diagnostics
        .iter()
        .filter_map(|d| names.diagnostic(d))
        .collect();
    let Some(program) = package.program else {
        let errors = graded
            .diagnostics
            .iter()
            .any(|diagnostic| diagnostic.level == "error");
        if errors {
            graded.verdict = Verdict::DoesNotCompile;
        } else {
            graded.reason = Some("cargo built no test program for it".to_owned());
        }
        return Ok(graded);
    };
    let folder = mirror.folder().join(candidate.package());
    graded.tests = libtest::run(&program, &folder, limit)?;
    teach(candidate, &names, &mut graded.tests);
    graded.seconds = start.elapsed().as_secs_f64();
    let passed = |test: &Test| matches!(test.outcome, Outcome::Passed | Outcome::Ignored);
    if graded.tests.is_empty() {
        graded.reason = Some("its test file has no tests".to_owned());
    } else if graded.tests.iter().all(passed) {
        graded.verdict = Verdict::Passed;
        graded.points = graded.max_points;
    } else {
        graded.verdict = Verdict::Failed;
    }
    Ok(graded)
}

/// An entry for an exercise about which nothing is known yet.
pub(crate) fn blank(candidate: &Candidate<'_>) -> Graded {
    Graded {
        lesson: candidate.lesson.name.clone(),
        exercise: candidate.exercise.name.clone(),
        title: candidate.exercise.title.clone(),
        file: candidate.shown.clone(),
        verdict: Verdict::CannotGrade,
        points: 0,
        max_points: candidate.exercise.points,
        reason: None,
        tests: Vec::new(),
        diagnostics: Vec::new(),
        seconds: 0.0,
    }
}

fn teach(candidate: &Candidate<'_>, names: &Names, tests: &mut [Test]) {
    let source =
        files::read(&candidate.lesson.test_file(&candidate.exercise.name)).unwrap_or_default();
    let mut sentences = teaching::sentences(&source);
    for test in tests {
        let function = test.name.rsplit("::").next().unwrap_or(&test.name);
        test.teaches = sentences.remove(function);
        test.place = test.place.take().map(|place| names.to_course(&place));
        test.message = test.message.take().map(|message| names.to_course(&message));
    }
}

/// Translates paths of the mirror into those of the course.
struct Names {
    answer: (String, String),
    tests: (String, String),
}

impl Names {
    fn new(candidate: &Candidate<'_>) -> Self {
        let package = candidate.package();
        let name = &candidate.exercise.name;
        let lesson = &candidate.lesson.name;
        Self {
            answer: (format!("{package}/src/{name}.rs"), candidate.shown.clone()),
            tests: (
                format!("{package}/tests/{name}.rs"),
                format!("lessons/{lesson}/tests/{name}.rs"),
            ),
        }
    }

    fn to_course(&self, text: &str) -> String {
        text.replace(&self.answer.0, &self.answer.1)
            .replace(&self.tests.0, &self.tests.1)
    }

    /// Cargo's own sums ("aborting due to…") have no place and say nothing new.
    fn diagnostic(&self, diagnostic: &cargo::Diagnostic) -> Option<Diagnostic> {
        let span = diagnostic.spans.iter().find(|span| span.is_primary);
        let empty = span.is_none() && diagnostic.code.is_none();
        let sum = diagnostic.message.starts_with("aborting due to")
            || diagnostic.message.contains("warning emitted")
            || diagnostic.message.contains("warnings emitted");
        if (empty && sum) || diagnostic.level == "failure-note" {
            return None;
        }
        Some(Diagnostic {
            level: diagnostic.level.clone(),
            code: diagnostic.code.as_ref().map(|code| code.code.clone()),
            message: diagnostic.message.clone(),
            file: span.map(|span| self.to_course(&span.file_name)),
            line: span.map(|span| span.line_start),
            column: span.map(|span| span.column_start),
            rendered: self.to_course(
                diagnostic
                    .rendered
                    .as_deref()
                    .unwrap_or(&diagnostic.message),
            ),
        })
    }
}
