use super::protocol::{Reply, text_of};
use super::session::Session;
use crate::Error;
use crate::display::{Bundle, Show};
use crate::timing::answer::Answer;
use crate::timing::engine::interleave;
use crate::timing::{Comparison, Timing, budget, compare_budget};
use std::fmt::{self, Debug};
use std::time::{Duration, Instant};

/// A Python snippet with its settings.
///
/// ```
/// use ferrolab::python::Snippet;
/// use std::time::Duration;
/// let run = Snippet::new("result = 2 ** 10").timeout(Duration::from_secs(20)).run()?;
/// assert_eq!(run.value(), &1024);
/// # Ok::<(), ferrolab::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Snippet {
    code: String,
    limit: Duration,
}

/// What a snippet gave: its answer, what it printed, and its time. Made by [`run`].
#[derive(Clone)]
pub struct PythonRun {
    value: serde_json::Value,
    printed: String,
    timing: Timing,
}

/// Runs a snippet several times on the machine's Python and measures it.
///
/// ```
/// use ferrolab::prelude::*;
/// let run = python::run("result = [n * n for n in range(4)]")?;
/// assert_eq!(run.text(), "[0, 1, 4, 9]");
/// assert!(run.timing().median() > 0.0);
/// # Ok::<(), ferrolab::Error>(())
/// ```
///
/// # Errors
///
/// No interpreter, an exception in the snippet (with Python's traceback), a `result` without a
/// JSON form, or no answer within a minute.
pub fn run(code: &str) -> Result<PythonRun, Error> {
    Snippet::new(code).run()
}

impl Snippet {
    /// A snippet that must answer within a minute.
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: without_indent(&code.into()),
            limit: Duration::from_secs(60),
        }
    }

    /// How long each run may take.
    pub fn timeout(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Runs and measures it.
    ///
    /// # Errors
    ///
    /// Those of [`run`].
    pub fn run(&self) -> Result<PythonRun, Error> {
        let (mut session, first) = self.begin()?;
        let mut batch = |_: usize, loops: u64| session.batch(loops);
        let mut samples = interleave(&[first.elapsed], budget(), &mut batch)?;
        let timing = Timing::new(samples.seconds.remove(0), samples.loops[0]);
        Ok(PythonRun {
            printed: session.printed(),
            value: first.value,
            timing,
        })
    }

    /// Measures it beside a closure, in the same alternating rounds.
    ///
    /// # Errors
    ///
    /// Those of [`run`].
    pub fn beside<R: Debug>(
        &self,
        name: &str,
        mut rust: impl FnMut() -> R,
    ) -> Result<Comparison, Error> {
        let (mut session, first) = self.begin()?;
        let start = Instant::now();
        let value = std::hint::black_box(rust());
        let once = [first.elapsed, start.elapsed()];
        let answers = [first.answer(), Some(Answer::of(&value))];
        drop(value);
        let mut round = |arm: usize, loops: u64| match arm {
            0 => session.batch(loops),
            _ => Ok(crate::timing::engine::batch(loops, &mut rust)),
        };
        let samples = interleave(&once, compare_budget(), &mut round)?;
        let names = vec![format!("Python: {name}"), "Rust".into()];
        Ok(Comparison::new(names, &answers, samples))
    }

    fn begin(&self) -> Result<(Session, Reply), Error> {
        let mut session = Session::start(self.limit)?;
        let first = session.load(&self.code)?;
        Ok((session, first))
    }
}

/// Takes away what all lines are indented by, so that a snippet may be indented with its cell.
fn without_indent(code: &str) -> String {
    let margin = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let written = code.lines().filter(|line| !line.trim().is_empty());
    let common = written.map(margin).min().unwrap_or(0);
    let lines: Vec<&str> = code
        .lines()
        .map(|line| line.get(common..).unwrap_or(""))
        .collect();
    lines.join("\n")
}

impl PythonRun {
    /// The answer as JSON. Whole numbers beyond 64 bits are objects `{"$int": "…"}`, floats that
    /// are not finite `{"$float": "…"}`, and of very long lists only the beginning is there.
    pub fn value(&self) -> &serde_json::Value {
        &self.value
    }

    /// The answer as text, in Rust's manner of writing.
    pub fn text(&self) -> String {
        text_of(&self.value)
    }

    /// What the snippet printed at its first run.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// The time of one run, measured by Python's own clock.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Shows it as a cell's last expression; the kernel calls this.
    pub fn evcxr_display(&self) {
        self.show();
    }
}

impl fmt::Display for PythonRun {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.printed)?;
        if !self.value.is_null() {
            let text = self.text();
            let short: String = text.chars().take(400).collect();
            let dots = if short.len() < text.len() { "…" } else { "" };
            writeln!(out, "result = {short}{dots}")?;
        }
        write!(out, "Python: {}", self.timing)
    }
}

impl fmt::Debug for PythonRun {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Show for PythonRun {
    fn bundle(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_may_be_indented_with_its_cell() {
        assert_eq!(without_indent("\n    a\n      b\n\n    c"), "\na\n  b\n\nc");
        assert_eq!(without_indent("a\n  b"), "a\n  b");
    }
}
