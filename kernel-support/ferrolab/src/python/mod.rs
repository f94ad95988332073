//! Python beside Rust: the machine's own interpreter, its time measured inside.
//!
//! The interpreter is `python3`, started as `python3 -I` (isolated: no user site, no `PYTHON*`
//! variables); the environment variable `FERROLAB_PYTHON` names another one. A snippet's answer is
//! the variable `result`, or its last expression. A line `# timed from here` divides a snippet:
//! what stands above it runs once and is not measured.
//!
//! ```
//! use ferrolab::prelude::*;
//! let run = python::run("numbers = list(range(10))\n# timed from here\nresult = sum(numbers)")?;
//! assert_eq!(run.value(), &45);
//! # Ok::<(), ferrolab::Error>(())
//! ```

mod beside;
mod interpreter;
mod protocol;
mod run;
mod session;

pub use beside::{Beside, beside};
pub use interpreter::{interpreter, version};
pub use run::{PythonRun, Snippet, run};

use crate::Error;
use crate::shell::{Finished, Job, Stream};

/// Runs a whole Python cell (`%%python`) in a folder, its output passed on as it arrives.
///
/// To be able to kill it, use [`shell::run_cell`](crate::shell::run_cell) with
/// [`Job::python`].
///
/// ```
/// let folder = std::env::temp_dir();
/// let mut said = String::new();
/// ferrolab::python::run_cell("print(6 * 7)", &folder, |_, piece| {
///     said += &String::from_utf8_lossy(piece);
/// })?;
/// assert_eq!(said, "42\n");
/// # Ok::<(), ferrolab::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Spawn`] if there is no Python, [`Error::Io`] if it cannot be waited for.
pub fn run_cell(
    code: &str,
    folder: &std::path::Path,
    output: impl FnMut(Stream, &[u8]),
) -> Result<Finished, Error> {
    crate::shell::run_cell(Job::python(code), folder, |_| (), output)
}
