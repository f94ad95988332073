//! Timing, plots and Python comparisons for Rust notebook cells.
//!
//! A cell begins with `use ferrolab::prelude::*;` and then measures, shows and draws:
//!
//! ```
//! use ferrolab::prelude::*;
//!
//! let squares: Vec<u64> = time!((0..1_000).map(|n| n * n).collect());
//! assert_eq!(squares[3], 9);
//!
//! let timing = timeit!(squares.iter().sum::<u64>());
//! assert!(timing.median() > 0.0);
//! ```
//!
//! The same code runs in three places. Under Ferrolab's kernel, values show themselves as rich
//! output and update in place; under the stock evcxr kernel they are shown once; in a plain
//! program the text form is printed.
#![deny(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

pub mod display;
mod error;
pub mod plot;
pub mod prelude;
pub mod python;
pub mod shell;
pub mod timing;

pub use error::Error;
/// Times each call of a function.
///
/// ```
/// use ferrolab::prelude::*;
///
/// #[timed]
/// fn slow_sum(n: u64) -> u64 {
///     (0..n).sum()
/// }
/// // Prints a line like `slow_sum: wall 412 µs, cpu 411 µs`.
/// assert_eq!(slow_sum(1_000_000), 499_999_500_000);
/// ```
///
pub use ferrolab_macros::timed;

/// What the macros expand to; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::timing::answer::{Answer, Probe, ViaDebug, ViaNothing};
    pub use crate::timing::timed::TimedCall;
}
