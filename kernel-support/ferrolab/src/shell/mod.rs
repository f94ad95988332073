//! Running other programs for a cell: `%%bash`, `!cmd` and `%%python`.
//!
//! Output arrives in pieces while the program runs, and another thread can kill it, with
//! everything it started.
//!
//! ```
//! use ferrolab::shell::{Job, Stream};
//! let mut said = Vec::new();
//! let finished = Job::bash("echo hello; exit 3").run(|stream, piece| {
//!     assert_eq!(stream, Stream::Stdout);
//!     said.extend_from_slice(piece);
//! })?;
//! assert_eq!(said, b"hello\n");
//! assert_eq!(finished.code(), Some(3));
//! # Ok::<(), ferrolab::Error>(())
//! ```

mod job;
mod running;

pub use job::{Job, run_cell};
pub use running::{Finished, Killer, Running, Stream};
