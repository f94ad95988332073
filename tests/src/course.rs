//! Copies of the course that a test may spoil.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::places;
use crate::program::clean;

/// A copy of the course in a folder of its own. Lessons and notebooks are copied; what the course
/// does not change is linked, so that the kernel's caches fit.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    home: PathBuf,
}

impl Scratch {
    /// A copy that shares the learner's set-up: for notebooks and the server.
    pub fn with_set_up() -> Self {
        Self::new(places::home())
    }

    /// A copy with a home of its own, which all such copies share: for grading, so that
    /// the learner's progress stays as it is.
    pub fn for_grading() -> Self {
        Self::new(places::artefacts().join("home"))
    }

    /// A copy with an empty home.
    pub fn with_empty_home() -> Self {
        let mut scratch = Self::new(PathBuf::new());
        scratch.home = scratch.path("empty-home");
        scratch
    }

    fn new(home: PathBuf) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("ferrolab-course-")
            .tempdir()
            .expect("a temporary folder");
        let root = places::root();
        for name in ["Cargo.toml", "Cargo.lock"] {
            fs::copy(root.join(name), folder.path().join(name))
                .expect("the course's files can be copied");
        }
        for name in ["lessons", "notebooks"] {
            copy_folder(&root.join(name), &folder.path().join(name));
        }
        for name in ["kernel-support", "tests"] {
            symlink(root.join(name), folder.path().join(name)).expect("links can be made");
        }
        let scratch = Self { folder, home };
        scratch.put_stubs_back();
        scratch
    }

    /// A file of the copy.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Reads a file of the copy.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("`{name}`: {error}"))
    }

    /// Writes a file of the copy.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap_or_else(|error| panic!("`{name}`: {error}"));
    }

    /// Replaces a text that must be there.
    #[track_caller]
    pub fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(
            text.contains(old),
            "`{old}` is not in `{name}`: the test must be mended"
        );
        self.write(name, &text.replacen(old, new, 1));
    }

    /// The `ferrolab` that cargo built, in the copy.
    pub fn ferrolab(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(places::built("ferrolab"));
        command.args(arguments).current_dir(self.folder.path());
        clean(&mut command);
        command.env("FERROLAB_HOME", &self.home);
        command
    }

    /// Learners run these tests too, and may have solved the exercises.
    fn put_stubs_back(&self) {
        for (lesson, text) in lessons(self.folder.path()) {
            for (name, stub) in stubs(&text) {
                self.write(&format!("lessons/{lesson}/src/exercises/{name}.rs"), &stub);
            }
        }
    }
}

/// The lessons of a course: name and source.
pub fn lessons(root: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(root.join("lessons")).expect("the course has lessons");
    let mut lessons: Vec<(String, String)> = entries
        .flatten()
        .filter_map(|entry| {
            let source = fs::read_to_string(entry.path().join("lesson.md")).ok()?;
            Some((entry.file_name().to_string_lossy().into_owned(), source))
        })
        .collect();
    lessons.sort();
    lessons
}

/// The stubs in a lesson's source: name of the exercise and text.
fn stubs(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let Some((_, rest)) = line.split_once("```rust check=\"") else {
            continue;
        };
        let name = rest.trim_end_matches('"').to_owned();
        let body: Vec<&str> = lines
            .by_ref()
            .take_while(|line| !line.starts_with("```"))
            .collect();
        if !body.is_empty() {
            found.push((name, body.join("\n") + "\n"));
        }
    }
    found
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from)
        .expect("the folder can be read")
        .flatten()
    {
        let name = entry.file_name();
        if [".ipynb_checkpoints", "target"]
            .iter()
            .any(|skipped| name == *skipped)
        {
            continue;
        }
        let target = to.join(&name);
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::stubs;

    #[test]
    fn finds_stubs_and_passes_over_empty_fences() {
        let source =
            "a\n```rust check=\"one\"\nfn f() {}\n\nfn g() {}\n```\n```rust check=\"two\"\n```\n";
        assert_eq!(
            stubs(source),
            [("one".to_owned(), "fn f() {}\n\nfn g() {}\n".to_owned())]
        );
    }
}
