//! The files of an exercise: the learner's answer, which may be anything, and its stub.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::Result;

use crate::course::Lesson;
use crate::fault::{self, Fault};
use crate::files;
use crate::lesson::{Kind, Source};
use crate::places::Places;

/// More than any answer needs; a larger file is a mistake and would only slow the compiler down.
const LARGEST: u64 = 256 * 1024;

/// Why an answer cannot be graded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// There is no such file.
    #[error("the file is not there")]
    Missing,
    /// A link could lead anywhere on the machine.
    #[error("the file is a symbolic link")]
    Link,
    /// A folder, a pipe, a device.
    #[error("this is no file")]
    NoFile,
    /// Too large.
    #[error("the file has {0} bytes; {LARGEST} are allowed")]
    Huge(u64),
    /// Not text.
    #[error("the file is not UTF-8: byte {0} is no part of a character")]
    NotText(usize),
    /// The system refused.
    #[error("the file cannot be read: {0}")]
    Refused(#[from] std::io::Error),
}

/// Reads an answer, trusting nothing.
pub(crate) fn read_answer(path: &Path) -> Result<String, Unreadable> {
    let meta = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Unreadable::Missing);
        }
        meta => meta?,
    };
    if meta.is_symlink() {
        return Err(Unreadable::Link);
    }
    if !meta.is_file() {
        return Err(Unreadable::NoFile);
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Unreadable::Huge(meta.len()));
    }
    String::from_utf8(bytes).map_err(|error| Unreadable::NotText(error.utf8_error().valid_up_to()))
}

/// Reads a lesson's source.
pub(crate) fn source(places: &Places, lesson: &Lesson) -> Result<Source> {
    let path = lesson.source();
    let name = fault::shown(&path, &places.root);
    let text = files::read(&path)?;
    Source::parse(&name, &text).map_err(|fault| fault.into_error())
}

/// The stub of an exercise. lesson.md keeps it, because the exercise's file is the learner's to
/// change; where lesson.md has an empty fence still, the file is the stub.
pub(crate) fn stub(source: &Source, lesson: &Lesson, exercise: &str) -> Result<String> {
    let fence = source.blocks.iter().find_map(|block| match &block.kind {
        Kind::Check {
            exercise: name,
            stub,
        } if name == exercise => Some(stub),
        _ => None,
    });
    match fence {
        Some(stub) if !stub.trim().is_empty() => Ok(format!("{}\n", stub.trim_end())),
        _ => read_answer(&lesson.exercise_file(exercise)).map_err(|error| {
            Fault::error(
                format!("`{}`: {error}", lesson.exercise_file(exercise).display()),
                format!(
                    "write the stub there, or into the `check=\"{exercise}\"` fence of lesson.md"
                ),
            )
        }),
    }
}

/// Whether two programs are the same text but for white space at line ends.
pub(crate) fn same_text(one: &str, other: &str) -> bool {
    let lines = |text: &'_ str| -> Vec<String> {
        text.trim()
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    lines(one) == lines(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert!(matches!(
            read_answer(&path("none.rs")),
            Err(Unreadable::Missing)
        ));
        assert!(matches!(
            read_answer(folder.path()),
            Err(Unreadable::NoFile)
        ));

        fs::write(path("latin.rs"), b"// caf\xe9").unwrap();
        assert!(matches!(
            read_answer(&path("latin.rs")),
            Err(Unreadable::NotText(6))
        ));

        fs::write(path("huge.rs"), vec![b' '; LARGEST as usize + 1]).unwrap();
        assert!(matches!(
            read_answer(&path("huge.rs")),
            Err(Unreadable::Huge(_))
        ));

        fs::write(path("good.rs"), "fn a() {}").unwrap();
        assert_eq!(read_answer(&path("good.rs")).unwrap(), "fn a() {}");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(path("good.rs"), path("link.rs")).unwrap();
            assert!(matches!(
                read_answer(&path("link.rs")),
                Err(Unreadable::Link)
            ));
        }
    }

    #[test]
    fn white_space_at_line_ends_is_no_change() {
        assert!(same_text("fn a() {}  \n\n", "fn a() {}"));
        assert!(!same_text("fn a() {}", "fn  a() {}"));
    }
}
