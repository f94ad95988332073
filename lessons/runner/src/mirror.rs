//! Mirror workspaces: each answer as a small package of its own, so that one that does not compile
//! costs only itself, and grading writes nothing into the learner's tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cargo::{self, Built, Message};
use crate::course::{Exercise, Lesson};
use crate::fault::Fault;
use crate::files;
use crate::fingerprint;
use crate::manifest;
use crate::places::Places;

/// An answer to grade.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    /// The lesson.
    pub(crate) lesson: &'a Lesson,
    /// The exercise.
    pub(crate) exercise: &'a Exercise,
    /// Whose answer: `learner`, `solution`, `stub`, `wrong-…`.
    pub(crate) variant: String,
    /// The program.
    pub(crate) code: String,
    /// The path to show for it.
    pub(crate) shown: String,
}

impl Candidate<'_> {
    /// Its package and folder in the mirror.
    pub(crate) fn package(&self) -> String {
        let name = format!(
            "{}-{}-{}",
            self.lesson.package(),
            self.exercise.name,
            self.variant
        );
        name.replace('_', "-")
    }
}

/// A mirror workspace.
#[derive(Debug)]
pub(crate) struct Mirror<'a> {
    places: &'a Places,
    folder: PathBuf,
}

impl<'a> Mirror<'a> {
    /// The mirror with a name; it is made at the first [`Mirror::fill`].
    pub(crate) fn new(places: &'a Places, name: &str) -> Self {
        let folder = places.grade().join(name);
        Self { places, folder }
    }

    /// The target folder all mirrors share.
    pub(crate) fn target(places: &Places) -> PathBuf {
        places.grade().join("target")
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the candidates' packages; packages that are not in `keep` go away.
    pub(crate) fn fill(&self, candidates: &[Candidate<'_>], keep: &BTreeSet<String>) -> Result<()> {
        for candidate in candidates {
            self.write(candidate)
                .with_context(|| format!("`{}` cannot be prepared", candidate.shown))?;
        }
        let mut keep = keep.clone();
        keep.extend(candidates.iter().map(Candidate::package));
        self.seal(&keep)
    }

    /// Writes a package of small programs.
    pub(crate) fn add_programs(
        &self,
        lesson: &Lesson,
        package: &str,
        programs: &[(String, String)],
    ) -> Result<()> {
        let names: Vec<String> = programs.iter().map(|(name, _)| name.clone()).collect();
        let folder = self.folder.join(package);
        let text = manifest::programs(&lesson.folder, package, &names)?;
        files::write_if_changed(&folder.join("Cargo.toml"), &text)?;
        for (name, code) in programs {
            files::write_if_changed(&folder.join("src").join(format!("{name}.rs")), code)?;
        }
        Ok(())
    }

    /// Removes what is not kept, and writes the workspace's manifest and lock file.
    pub(crate) fn seal(&self, keep: &BTreeSet<String>) -> Result<()> {
        let mut members = Vec::new();
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder `{}` cannot be made", self.folder.display()))?;
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !entry.path().is_dir() {
                continue;
            }
            if keep.contains(&name) && entry.path().join("Cargo.toml").is_file() {
                members.push(name);
            } else {
                fs::remove_dir_all(entry.path())
                    .with_context(|| format!("`{}` cannot be removed", entry.path().display()))?;
            }
        }
        members.sort();
        let text = manifest::workspace(&self.places.root, &members)?;
        files::write_if_changed(&self.folder.join("Cargo.toml"), &text)?;
        self.lock_file()
    }

    fn write(&self, candidate: &Candidate<'_>) -> Result<()> {
        let lesson = candidate.lesson;
        let name = &candidate.exercise.name;
        let package = candidate.package();
        let folder = self.folder.join(&package);
        let test = lesson.test_file(name);
        let tests = files::read(&test).map_err(|_| {
            Fault::error(
                format!("the tests `{}` are not there", test.display()),
                "`git status` shows files that went away",
            )
        })?;
        let text = manifest::exercise(&lesson.folder, &lesson.crate_name(), &package, name)?;
        let lib =
            format!("//! One exercise, graded by itself.\n/// The answer.\npub mod {name};\n");
        files::write_if_changed(&folder.join("Cargo.toml"), &text)?;
        files::write_if_changed(&folder.join("src/lib.rs"), &lib)?;
        files::write_if_changed(&folder.join(format!("src/{name}.rs")), &candidate.code)?;
        files::write_if_changed(&folder.join(format!("tests/{name}.rs")), &tests)?;
        Ok(())
    }

    /// The mirror resolves to the versions of the course: its lock file is a copy, made anew when
    /// the course's changes. Cargo takes out of it what the mirror does not need.
    fn lock_file(&self) -> Result<()> {
        let source = self.places.root.join("Cargo.lock");
        let Ok(text) = fs::read_to_string(&source) else {
            return Ok(());
        };
        let print = fingerprint::short(text.as_bytes());
        let lock = self.folder.join("Cargo.lock");
        if files::write_if_changed(&self.folder.join("Cargo.lock.origin"), &print)?
            || !lock.is_file()
        {
            files::write_if_changed(&lock, &text)?;
        }
        Ok(())
    }

    /// Runs a cargo build in the mirror, without the network if that is possible.
    pub(crate) fn build(&self, arguments: &[String]) -> Result<Built> {
        let command = |offline: bool| {
            let mut command = cargo::command(&self.folder, &Self::target(self.places));
            command.args(arguments);
            if offline {
                command.arg("--offline");
            }
            command
        };
        let built = cargo::build(command(true), |_| {})?;
        let reached_compiler = built
            .messages
            .iter()
            .any(|message| !matches!(message, Message::Other));
        if !built.success && !reached_compiler && built.stderr.contains("offline") {
            return cargo::build(command(false), |_| {});
        }
        Ok(built)
    }
}
