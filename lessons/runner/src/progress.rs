//! Which exercises are passed and how many hints were shown; kept in `<home>/state/progress.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::fingerprint;
use crate::places::Places;
use crate::verdict::{Graded, Verdict};

/// The learner's way through the course so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    #[serde(default)]
    exercises: BTreeMap<String, Entry>,
}

/// What is known of one exercise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Fingerprint of the answer that passed.
    #[serde(default)]
    pub(crate) passed: Option<String>,
    /// Whether it was ever graded without passing.
    #[serde(default)]
    pub(crate) tried: bool,
    /// How many hints were shown.
    #[serde(default)]
    pub(crate) hints: usize,
}

fn file(places: &Places) -> PathBuf {
    places.state().join("progress.json")
}

impl Progress {
    /// Reads it; a file that is gone or broken counts as no progress, and is written anew.
    pub(crate) fn read(places: &Places) -> Self {
        let text = fs::read_to_string(file(places)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Writes it.
    pub(crate) fn write(&self, places: &Places) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        files::write_atomically(&file(places), text.as_bytes())
    }

    /// What is known of an exercise.
    pub(crate) fn entry(&self, lesson: &str, exercise: &str) -> Entry {
        let key = format!("{lesson}/{exercise}");
        self.exercises.get(&key).cloned().unwrap_or_default()
    }

    /// The same, to change.
    pub(crate) fn entry_mut(&mut self, lesson: &str, exercise: &str) -> &mut Entry {
        self.exercises
            .entry(format!("{lesson}/{exercise}"))
            .or_default()
    }

    /// Notes what grading found.
    pub(crate) fn note(&mut self, graded: &Graded, code: &str) {
        let entry = self.entry_mut(&graded.lesson, &graded.exercise);
        match graded.verdict {
            Verdict::Passed => entry.passed = Some(fingerprint::short(code.as_bytes())),
            Verdict::CannotGrade => {}
            _ => {
                entry.passed = None;
                entry.tried = true;
            }
        }
    }
}
