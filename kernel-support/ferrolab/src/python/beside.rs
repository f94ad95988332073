use super::Snippet;
use crate::Error;
use crate::display::{Bundle, Show, escape};
use crate::timing::Comparison;
use std::fmt::{self, Debug};

/// Python and Rust beside each other, or why that could not be. Made by [`beside`].
///
/// It shows itself: table and bars, or the error with its remedy. A program asks
/// [`comparison`](Self::comparison) or [`into_result`](Self::into_result).
pub struct Beside {
    result: Result<Comparison, Error>,
}

/// Measures a Python snippet and a Rust closure in the same alternating run, and compares their
/// answers.
///
/// Python's answer is the variable `result`, or the last expression; its time is measured inside
/// Python by `perf_counter`, with the garbage collector off, as `timeit` does it. The names of the
/// snippet are local variables, which Python finds faster than global ones.
///
/// ```
/// use ferrolab::prelude::*;
/// let numbers: Vec<u64> = (0..1_000).collect();
/// let both = python::beside("sum", "
///     numbers = list(range(1_000))
///     ## timed from here
///     result = sum(numbers)
/// ", || numbers.iter().sum::<u64>());
/// assert!(both.into_result()?.all_agree());
/// # Ok::<(), ferrolab::Error>(())
/// ```
pub fn beside<R: Debug>(name: &str, code: &str, rust: impl FnMut() -> R) -> Beside {
    Beside {
        result: Snippet::new(code).beside(name, rust),
    }
}

impl Beside {
    /// The comparison, Python first.
    ///
    /// # Errors
    ///
    /// Those of [`python::run`](super::run).
    pub fn comparison(&self) -> Result<&Comparison, &Error> {
        self.result.as_ref()
    }

    /// The comparison or the error, to keep.
    ///
    /// # Errors
    ///
    /// Those of [`python::run`](super::run).
    pub fn into_result(self) -> Result<Comparison, Error> {
        self.result
    }

    /// Shows it as a cell's last expression; the kernel calls this.
    pub fn evcxr_display(&self) {
        self.show();
    }
}

impl fmt::Display for Beside {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(comparison) => fmt::Display::fmt(comparison, out),
            Err(error) => write!(out, "error: {error}"),
        }
    }
}

impl Debug for Beside {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Show for Beside {
    fn bundle(&self) -> Bundle {
        match &self.result {
            Ok(comparison) => comparison.bundle(),
            Err(_) => {
                let html = format!(
                    "<pre role=\"alert\" style=\"border-left:4px solid #d4620a;padding:6px 10px;margin:6px 0\">{}</pre>",
                    escape(&self.to_string())
                );
                Bundle::text(self.to_string()).with("text/html", html)
            }
        }
    }
}
