//! `ferrolab verify`: is the course right? For authors and for CI.

use anyhow::Result;

use crate::course::{Course, Lesson};
use crate::exercise;
use crate::fault;
use crate::lesson::Source;
use crate::places::Places;
use crate::term;
use crate::{verify_doctests, verify_grading, verify_predictions, verify_text};

/// Something that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Relative to the course.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
    /// What would be right.
    pub(crate) right: String,
    /// Whether it can wait.
    pub(crate) warning: bool,
}

impl Finding {
    /// An error.
    pub(crate) fn error(
        file: impl Into<String>,
        line: usize,
        what: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Self {
            file: file.into(),
            line,
            what: what.into(),
            right: right.into(),
            warning: false,
        }
    }

    /// A warning.
    pub(crate) fn warning(
        file: impl Into<String>,
        line: usize,
        what: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Self {
            warning: true,
            ..Self::error(file, line, what, right)
        }
    }
}

/// A lesson with its source.
pub(crate) struct Subject<'a> {
    /// From lessons.toml.
    pub(crate) lesson: &'a Lesson,
    /// From lesson.md.
    pub(crate) source: Source,
}

/// Verifies the course or one lesson; tells whether it is right.
pub(crate) fn command(
    places: &Places,
    course: &Course,
    only: Option<&str>,
    strict: bool,
) -> Result<bool> {
    let lessons: Vec<&Lesson> = match only {
        Some(name) => vec![course.lesson(name)?],
        None => course.lessons.iter().collect(),
    };
    let mut findings = Vec::new();
    let mut subjects = Vec::new();
    for lesson in lessons {
        match exercise::source(places, lesson) {
            Ok(source) => subjects.push(Subject { lesson, source }),
            Err(error) => findings.push(unreadable(places, lesson, &error)),
        }
    }
    eprintln!("reading {} lessons", subjects.len());
    for subject in &subjects {
        findings.extend(verify_text::findings(places, subject)?);
    }
    eprintln!("grading stubs, solutions and wrong solutions");
    findings.extend(verify_grading::findings(places, &subjects)?);
    eprintln!("testing the examples in the documentation");
    for subject in &subjects {
        findings.extend(verify_doctests::findings(places, subject)?);
    }
    eprintln!("running the predictions");
    findings.extend(verify_predictions::findings(places, &subjects)?);
    Ok(print(&findings, strict))
}

fn unreadable(places: &Places, lesson: &Lesson, error: &anyhow::Error) -> Finding {
    let hint =
        fault::hint_of(error).unwrap_or_else(|| "write it; 01_closures shows how".to_owned());
    // A parse error names its place itself: `file:line: what`.
    let text = format!("{error:#}");
    let file = fault::shown(&lesson.source(), &places.root);
    let rest = text
        .strip_prefix(&format!("{file}:"))
        .and_then(|rest| rest.split_once(": "));
    match rest.and_then(|(line, what)| Some((line.parse().ok()?, what.to_owned()))) {
        Some((line, what)) => Finding::error(file, line, what, hint),
        None => Finding::error(file, 1, text, hint),
    }
}

fn print(findings: &[Finding], strict: bool) -> bool {
    let paint = term::stdout();
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by(|a, b| (a.warning, &a.file, a.line).cmp(&(b.warning, &b.file, b.line)));
    for finding in &sorted {
        let word = if finding.warning {
            paint.yellow("warning:")
        } else {
            paint.red("error:")
        };
        println!("{}:{}: {word} {}", finding.file, finding.line, finding.what);
        println!("    {} {}", paint.cyan("right:"), finding.right);
    }
    let warnings = sorted.iter().filter(|finding| finding.warning).count();
    let errors = sorted.len() - warnings;
    if errors == 0 && warnings == 0 {
        println!("{}", paint.green("the course is right"));
    } else {
        println!("{errors} errors, {warnings} warnings");
    }
    errors == 0 && !(strict && warnings > 0)
}
