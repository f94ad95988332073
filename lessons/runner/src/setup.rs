//! `ferrolab setup`: all steps, each skipped when it is done.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::files;
use crate::places::Places;
use crate::steps::{STEPS, Status, Step};
use crate::term;
use crate::tools;

/// How often a step says where it is when there is no terminal to draw a bar on.
const EVERY: Duration = Duration::from_secs(15);

/// Sets the machine up.
pub(crate) fn command(places: &Places) -> Result<()> {
    let start = Instant::now();
    let paint = term::stderr();
    tools::require(places)?;
    eprintln!(
        "{} Tools ({})",
        paint.green("✓"),
        term::seconds(start.elapsed())
    );
    let _lock = files::lock(&places.home.join("setup.lock"), "another set-up")?;
    let mut done = 0;
    for (number, step) in STEPS.iter().enumerate() {
        done += usize::from(one(places, step, number + 1)?);
    }
    let all = STEPS.len();
    eprintln!(
        "ready: {done} of {all} steps done now, {} before, in {}",
        all - done,
        term::seconds(start.elapsed())
    );
    Ok(())
}

/// Does one step unless it is done; tells whether there was something to do.
fn one(places: &Places, step: &Step, number: usize) -> Result<bool> {
    let paint = term::stderr();
    if step.status(places) == Status::Done {
        eprintln!(
            "{} {} {}",
            paint.green("✓"),
            step.title,
            paint.dim("(done before)")
        );
        return Ok(false);
    }
    let start = Instant::now();
    let reporter = Reporter::new(&format!("[{number}/{}] {}", STEPS.len(), step.title));
    let result = step.run(places, &reporter);
    reporter.finish();
    match result {
        Ok(()) => {
            eprintln!(
                "{} {} ({})",
                paint.green("✓"),
                step.title,
                term::seconds(start.elapsed())
            );
            Ok(true)
        }
        Err(error) => {
            eprintln!(
                "{} {} ({})",
                paint.red("✗"),
                step.title,
                term::seconds(start.elapsed())
            );
            Err(error)
        }
    }
}

/// Shows how far a step is: a bar on a terminal, a line now and then elsewhere.
pub(crate) struct Reporter {
    title: String,
    bar: Option<ProgressBar>,
    start: Instant,
    spoken: Cell<Instant>,
    count: Cell<u64>,
    length: Cell<Option<u64>>,
}

impl Reporter {
    /// Starts to report on a step.
    pub(crate) fn new(title: &str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = terminal.then(|| {
            let bar = ProgressBar::new_spinner().with_prefix(title.to_owned());
            bar.set_style(style("{spinner} {prefix} {elapsed} {wide_msg}"));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if !terminal {
            eprintln!("{title} …");
        }
        Self {
            title: title.to_owned(),
            bar,
            start: Instant::now(),
            spoken: Cell::new(Instant::now()),
            count: Cell::new(0),
            length: Cell::new(None),
        }
    }

    /// How many parts the step has, about.
    pub(crate) fn length(&self, parts: u64) {
        self.length.set(Some(parts));
        if let Some(bar) = &self.bar {
            bar.set_length(parts);
            bar.set_style(style(
                "{spinner} {prefix} {elapsed} [{bar:24}] {pos}/{len} {wide_msg}",
            ));
        }
    }

    /// One part is done.
    pub(crate) fn advance(&self) {
        let count = self.count.get() + 1;
        self.count
            .set(self.length.get().map_or(count, |length| count.min(length)));
        if let Some(bar) = &self.bar {
            bar.set_position(self.count.get());
        }
    }

    /// What is being done.
    pub(crate) fn message(&self, text: &str) {
        let text: String = text.chars().take(60).collect();
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        } else if self.spoken.get().elapsed() >= EVERY {
            self.spoken.set(Instant::now());
            let parts = match self.length.get() {
                Some(length) => format!(" {}/{length}", self.count.get()),
                None => String::new(),
            };
            eprintln!(
                "{}{parts} ({}) {text}",
                self.title,
                term::seconds(self.start.elapsed())
            );
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}
