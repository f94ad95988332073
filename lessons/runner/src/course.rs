//! `lessons/lessons.toml`: which lessons and exercises there are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Deserialize;
use toml::Spanned;

use crate::fault::{Fault, SourceFault};
use crate::files;
use crate::places::Places;

/// How the file is called in messages.
const FILE: &str = "lessons/lessons.toml";

/// The whole course.
#[derive(Debug)]
pub(crate) struct Course {
    /// The lessons in the order in which they are taught.
    pub(crate) lessons: Vec<Lesson>,
}

/// One lesson.
#[derive(Debug, Clone)]
pub(crate) struct Lesson {
    /// Folder, notebook and (with dashes) package.
    pub(crate) name: String,
    /// What it is called in the list.
    pub(crate) title: String,
    /// How long a learner takes.
    pub(crate) minutes: u32,
    /// Lessons to do before.
    pub(crate) needs: Vec<String>,
    /// Its exercises, easiest first.
    pub(crate) exercises: Vec<Exercise>,
    /// Its folder.
    pub(crate) folder: PathBuf,
}

/// One exercise.
#[derive(Debug, Clone)]
pub(crate) struct Exercise {
    /// File and module name.
    pub(crate) name: String,
    /// What it is called in reports.
    pub(crate) title: String,
    /// What it is worth.
    pub(crate) points: u32,
    /// Staged hints; the last is almost the solution.
    pub(crate) hints: Vec<String>,
    /// Where it stands in lessons.toml.
    pub(crate) line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCourse {
    #[serde(default)]
    lesson: Vec<RawLesson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLesson {
    name: Spanned<String>,
    title: String,
    minutes: u32,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    #[serde(default)]
    exercise: Vec<RawExercise>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExercise {
    name: Spanned<String>,
    title: String,
    points: u32,
    #[serde(default)]
    hints: Vec<String>,
}

impl Course {
    /// Reads the course and checks what can be checked without opening the lessons.
    pub(crate) fn read(places: &Places) -> Result<Self> {
        let text = files::read(&places.lessons().join("lessons.toml"))?;
        Self::parse(&text, &places.lessons()).map_err(SourceFault::into_error)
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, SourceFault> {
        let raw: RawCourse = toml::from_str(text).map_err(|error| toml_fault(text, &error))?;
        let mut names = BTreeSet::new();
        let mut lessons = Vec::new();
        for lesson in raw.lesson {
            lessons.push(accept(lesson, text, &mut names, folder)?);
        }
        if lessons.is_empty() {
            return Err(fault(
                1,
                "there is no lesson".into(),
                "add a `[[lesson]]` table",
            ));
        }
        Ok(Self { lessons })
    }

    /// The lesson with a name, or an error that says which there are.
    pub(crate) fn lesson(&self, name: &str) -> Result<&Lesson> {
        self.lessons
            .iter()
            .find(|lesson| lesson.name == name)
            .ok_or_else(|| unknown("lesson", name, self.lessons.iter().map(|l| &l.name)))
    }

    /// What `01_closures`, `01_closures/compose` or nothing (all) names.
    pub(crate) fn select(&self, what: Option<&str>) -> Result<Vec<(&Lesson, Vec<&Exercise>)>> {
        let Some(what) = what else {
            let all = |lesson: &Lesson| !lesson.exercises.is_empty();
            return Ok(self
                .lessons
                .iter()
                .filter(|lesson| all(lesson))
                .map(|lesson| (lesson, lesson.exercises.iter().collect()))
                .collect());
        };
        let (lesson, exercise) = match what.trim_end_matches('/').split_once('/') {
            Some((lesson, exercise)) => (self.lesson(lesson)?, Some(exercise)),
            None => (self.lesson(what.trim_end_matches('/'))?, None),
        };
        let exercises = match exercise {
            Some(name) => vec![lesson.exercise(name)?],
            None => lesson.exercises.iter().collect(),
        };
        Ok(vec![(lesson, exercises)])
    }
}

impl Lesson {
    /// The exercise with a name, or an error that says which there are.
    pub(crate) fn exercise(&self, name: &str) -> Result<&Exercise> {
        self.exercises
            .iter()
            .find(|exercise| exercise.name == name)
            .ok_or_else(|| unknown("exercise", name, self.exercises.iter().map(|e| &e.name)))
    }

    /// The cargo package: `lesson-01-closures`.
    pub(crate) fn package(&self) -> String {
        format!("lesson-{}", self.name.replace('_', "-"))
    }

    /// The crate: `lesson_01_closures`.
    pub(crate) fn crate_name(&self) -> String {
        format!("lesson_{}", self.name)
    }

    /// The notebook's source.
    pub(crate) fn source(&self) -> PathBuf {
        self.folder.join("lesson.md")
    }

    /// The file a learner edits.
    pub(crate) fn exercise_file(&self, exercise: &str) -> PathBuf {
        self.folder
            .join("src/exercises")
            .join(format!("{exercise}.rs"))
    }

    /// The solution of an exercise.
    pub(crate) fn solution_file(&self, exercise: &str) -> PathBuf {
        self.folder
            .join("src/solutions")
            .join(format!("{exercise}.rs"))
    }

    /// The tests that grade an exercise.
    pub(crate) fn test_file(&self, exercise: &str) -> PathBuf {
        self.folder.join("tests").join(format!("{exercise}.rs"))
    }

    /// The folder of wrong solutions the tests must catch.
    pub(crate) fn wrong_folder(&self, exercise: &str) -> PathBuf {
        self.folder.join("tests/wrong").join(exercise)
    }
}

fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a String>) -> anyhow::Error {
    let known: Vec<_> = known.map(|name| format!("`{name}`")).collect();
    Fault::error(
        format!("there is no {kind} `{name}`"),
        format!(
            "there is {}; `cargo lab list` shows them all",
            known.join(", ")
        ),
    )
}

fn accept(
    raw: RawLesson,
    text: &str,
    names: &mut BTreeSet<String>,
    folder: &Path,
) -> Result<Lesson, SourceFault> {
    let line = line_at(text, raw.name.span().start);
    let name = raw.name.into_inner();
    if !is_lesson_name(&name) {
        let right = "two digits, an underscore, small letters: `01_closures`";
        return Err(fault(line, format!("`{name}` is no lesson name"), right));
    }
    for need in &raw.needs {
        if !names.contains(need.get_ref()) {
            let line = line_at(text, need.span().start);
            let what = format!(
                "`{name}` needs `{}`, which does not come before it",
                need.get_ref()
            );
            return Err(fault(
                line,
                what,
                "name a lesson that stands above this one",
            ));
        }
    }
    if !names.insert(name.clone()) {
        return Err(fault(
            line,
            format!("lesson `{name}` stands here twice"),
            "keep one of the two",
        ));
    }
    let exercises = accept_exercises(raw.exercise, text)?;
    Ok(Lesson {
        title: raw.title,
        minutes: raw.minutes,
        needs: raw.needs.into_iter().map(Spanned::into_inner).collect(),
        exercises,
        folder: folder.join(&name),
        name,
    })
}

fn accept_exercises(raw: Vec<RawExercise>, text: &str) -> Result<Vec<Exercise>, SourceFault> {
    let mut exercises: Vec<Exercise> = Vec::new();
    for exercise in raw {
        let line = line_at(text, exercise.name.span().start);
        let name = exercise.name.into_inner();
        if !is_identifier(&name) {
            let right = "a Rust module name in small letters: `apply_n`";
            return Err(fault(line, format!("`{name}` is no exercise name"), right));
        }
        if exercises.iter().any(|other| other.name == name) {
            let what = format!("exercise `{name}` stands here twice");
            return Err(fault(line, what, "keep one of the two"));
        }
        exercises.push(Exercise {
            name,
            title: exercise.title,
            points: exercise.points,
            hints: exercise.hints,
            line,
        });
    }
    Ok(exercises)
}

fn is_lesson_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() > 3
        && bytes[..2].iter().all(u8::is_ascii_digit)
        && bytes[2] == b'_'
        && is_identifier(&name[3..])
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn fault(line: usize, what: String, right: &str) -> SourceFault {
    SourceFault {
        file: FILE.into(),
        line,
        what,
        right: right.into(),
    }
}

fn toml_fault(text: &str, error: &toml::de::Error) -> SourceFault {
    let line = error.span().map_or(1, |span| line_at(text, span.start));
    fault(
        line,
        error.message().trim().replace('\n', "; "),
        "a lesson has name, title, minutes, needs and `[[lesson.exercise]]` tables with name, title, points, hints",
    )
}

/// The line, counted from 1, of a byte in a text.
pub(crate) fn line_at(text: &str, byte: usize) -> usize {
    let end = byte.min(text.len());
    1 + text.as_bytes()[..end]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
}

#[cfg(test)]
#[path = "course_tests.rs"]
mod tests;
