use std::fmt;
use std::time::Duration;

/// Everything that can go wrong in this crate.
///
/// The message names the offending value and ends in a `hint:` line that says what to do. `Debug`
/// prints the same text, so that an error shown by a cell with `{:?}` stays readable.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The Python interpreter could not be started.
    #[error(
        "no Python interpreter: could not start `{program}` ({source})\nhint: install Python 3, or name one in the environment variable FERROLAB_PYTHON"
    )]
    NoPython {
        /// The program that was tried.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The snippet raised an exception.
    #[error(
        "python raised an exception\n{traceback}\nhint: line numbers count from the snippet's first line"
    )]
    PythonRaised {
        /// Python's own traceback, without the frames of the measuring code.
        traceback: String,
    },
    /// The snippet's `result` cannot be handed over.
    #[error(
        "python's `result` is of type `{type_name}`, which has no JSON form\nhint: let `result` be a number, a string, a list or a dict, or `None`"
    )]
    Unserialisable {
        /// Python's name of the type.
        type_name: String,
    },
    /// The snippet did not finish in time.
    #[error(
        "python did not answer within {}\nhint: make the snippet smaller, or give a longer limit with `.timeout(…)`", crate::timing::format_duration(*.limit)
    )]
    Timeout {
        /// The limit that was in force.
        limit: Duration,
    },
    /// The interpreter ended before it had answered.
    #[error(
        "python ended before it answered ({status}){}\nhint: a snippet must not call `exit()` or `os._exit()`", said(.stderr)
    )]
    PythonDied {
        /// How the process ended.
        status: String,
        /// What it had written to stderr.
        stderr: String,
    },
    /// A program for `%%bash`, `!cmd` or `%%python` could not be started.
    #[error(
        "could not start `{program}` ({source})\nhint: check that it is installed and on PATH, and that the working folder exists"
    )]
    Spawn {
        /// The program that was tried.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Talking to a child process failed.
    #[error(
        "lost the connection to `{program}` ({source})\nhint: run the cell again; if it stays so, the machine may be out of memory or descriptors"
    )]
    Io {
        /// The program at the other end.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The part of a message that quotes stderr, if there was any.
fn said(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        text => format!("\nit said: {text}"),
    }
}
