//! Errors that carry their remedy.

use std::fmt;
use std::path::Path;

use crate::term;

/// An error together with what to type next.
#[derive(Debug)]
pub(crate) struct Fault {
    what: String,
    hint: String,
}

impl Fault {
    /// An error that says `what` went wrong and, in `hint`, what mends it.
    pub(crate) fn error(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self {
            what: what.into(),
            hint: hint.into(),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

/// Prints an error, what led to it and how to mend it, on stderr.
pub(crate) fn print(error: &anyhow::Error) {
    let paint = term::stderr();
    eprintln!("{} {error}", paint.red("error:"));
    for cause in error.chain().skip(1) {
        eprintln!("  {} {cause}", paint.dim("because:"));
    }
    if let Some(hint) = hint_of(error) {
        eprintln!("{} {hint}", paint.cyan("hint:"));
    }
}

/// The remedy of the innermost error that knows one.
pub(crate) fn hint_of(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(fault) = cause.downcast_ref::<Fault>() {
            return Some(fault.hint.clone());
        }
        let io = cause.downcast_ref::<std::io::Error>()?;
        io_hint(io)
    })
}

fn io_hint(error: &std::io::Error) -> Option<String> {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull => {
            Some("the disk is full: free some space, then type the same command again".into())
        }
        Kind::PermissionDenied => Some("check who owns that file or folder: `ls -l`".into()),
        Kind::ReadOnlyFilesystem => {
            Some("point CARGO_TARGET_DIR at a folder that can be written".into())
        }
        _ => None,
    }
}

/// An error in a source file: place, what is wrong, what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceFault {
    /// Path as it is shown to the author.
    pub(crate) file: String,
    /// Line, counted from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
    /// What would be right.
    pub(crate) right: String,
}

impl SourceFault {
    /// The same as an error for the command line.
    pub(crate) fn into_error(self) -> anyhow::Error {
        Fault::error(
            format!("{}:{}: {}", self.file, self.line, self.what),
            self.right,
        )
    }
}

/// The path to show to a person: relative to `root` where it lies inside.
pub(crate) fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
