//! One session of a benchmark: a fresh kernel, some cells, its end.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jupyter_protocol::{JupyterMessageContent as Content, MediaType};
use nbformat::v4::Output;
use tokio::sync::watch;

use crate::bench_corpus::Cell;
use crate::bench_processes::{self as processes, Peak, Watch};
use crate::fault::Fault;
use crate::kernel::{End, Kernel};
use crate::kernelspec::{self, Found};
use crate::outputs::Outputs;
use crate::places::Places;
use crate::run;
use crate::setup::Reporter;

/// How long a cell may take. Stock evcxr compiles the support crate in one.
const LIMIT: Duration = Duration::from_secs(900);

/// Whose kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Ours.
    Ours,
    /// Stock evcxr_jupyter.
    Theirs,
}

/// What all sessions share.
pub(crate) struct Stage {
    /// How often everything is measured.
    pub(crate) rounds: usize,
    /// Says how far we are.
    pub(crate) reporter: Reporter,
    ours: Found,
    theirs: Found,
    notebook: PathBuf,
    stop: watch::Sender<bool>,
    // What kernels put into the temporary folder goes away with it, also after a kill.
    _temporary: tempfile::TempDir,
}

/// What a session gave.
#[derive(Debug)]
pub(crate) struct Session {
    /// Seconds until the kernel answered what it is.
    pub(crate) answered: f64,
    /// The cells in their order.
    pub(crate) ran: Vec<Ran>,
    /// The most memory it took, if that was looked at and can be told.
    pub(crate) peak: Option<Peak>,
    /// How many processes outlived their kernel.
    pub(crate) left: usize,
}

/// What a cell gave.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Seconds from sending it until the kernel was idle again.
    pub(crate) took: f64,
    /// Seconds from the kernel's start until the first output; without one, until it was idle.
    pub(crate) shown: f64,
    /// Seconds from the kernel's start until it was idle.
    pub(crate) done: f64,
    /// What it said.
    pub(crate) said: Said,
}

/// What a cell said, as far as two kernels must agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its results as plain text.
    pub(crate) results: Vec<String>,
    /// What it printed. Stock evcxr may publish that under the next cell.
    pub(crate) printed: String,
    /// Whether it showed something richer than text.
    pub(crate) rich: bool,
    /// Its error.
    pub(crate) error: Option<String>,
}

impl Stage {
    /// Finds both kernels, and says what is missing if one is.
    pub(crate) fn new(places: &Places, rounds: usize) -> Result<Self> {
        // Kernels run there, as those of the lessons do.
        if !places.notebooks().is_dir() {
            return Err(Fault::error(
                format!("there is no folder `{}`", places.notebooks().display()),
                "`cargo lab notebooks` writes the course's notebooks",
            ));
        }
        let temporary = tempfile::Builder::new()
            .prefix("ferrolab-bench-")
            .tempdir()
            .context("no temporary folder can be made")?;
        let find = |name| -> Result<Found> {
            let mut found = kernelspec::find(Some(places), name)?;
            let environment = found.spec.env.get_or_insert_default();
            let folder = temporary.path().display().to_string();
            environment.insert("TMPDIR".to_owned(), folder);
            Ok(found)
        };
        Ok(Self {
            rounds,
            ours: find("ferrolab")?,
            theirs: find("evcxr")?,
            // It is not there, so that no kernel looks ahead in it.
            notebook: places.notebooks().join("bench.ipynb"),
            reporter: Reporter::new("Benchmark"),
            stop: watch::channel(false).0,
            _temporary: temporary,
        })
    }

    /// From now on Ctrl-C ends the session that runs, and the kernel with it.
    pub(crate) fn listen_for_the_end(&self) {
        let stop = self.stop.clone();
        tokio::spawn(async move {
            run::interrupted().await;
            stop.send_replace(true);
        });
    }

    /// Runs cells in a fresh kernel, and looks at its memory if wished.
    pub(crate) async fn session(
        &self,
        side: Side,
        cells: &[Cell],
        memory: bool,
    ) -> Result<Session> {
        let found = match side {
            Side::Ours => &self.ours,
            Side::Theirs => &self.theirs,
        };
        let mut kernel = tokio::select! {
            kernel = Kernel::start(found, &self.notebook) => kernel?,
            stopped = self.stopped() => return Err(stopped),
        };
        let watch = memory.then(|| Watch::start(kernel.id()));
        let ran = tokio::select! {
            ran = self.replay(&mut kernel, &found.name, cells) => ran,
            stopped = self.stopped() => {
                self.reporter.message("ending the kernel");
                Err(stopped)
            }
        };
        let peak = watch.and_then(Watch::finish);
        let answered = kernel.answered_after().as_secs_f64();
        let tree = processes::tree(kernel.id());
        kernel.shutdown().await;
        let left = processes::end(&tree).await;
        Ok(Session {
            answered,
            ran: ran?,
            peak,
            left,
        })
    }

    async fn stopped(&self) -> anyhow::Error {
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
        Fault::error(
            "stopped by Ctrl-C",
            "type the command again to start anew; `--rounds 1` is quickest",
        )
    }

    async fn replay(&self, kernel: &mut Kernel, name: &str, cells: &[Cell]) -> Result<Vec<Ran>> {
        let mut all = Vec::new();
        for cell in cells {
            self.reporter.message(&format!("{name}: {}", cell.name));
            all.push(one(kernel, name, cell).await?);
            self.reporter.advance();
        }
        Ok(all)
    }
}

async fn one(kernel: &mut Kernel, name: &str, cell: &Cell) -> Result<Ran> {
    let mut outputs = Outputs::default();
    outputs.begin();
    let mut shown = None;
    let sent = Instant::now();
    let seen = |content: Content| {
        if matches!(
            content,
            Content::ExecuteResult(_) | Content::DisplayData(_) | Content::StreamContent(_)
        ) {
            shown.get_or_insert_with(Instant::now);
        }
        outputs.take(content);
    };
    let end = kernel.execute(&cell.code, LIMIT, seen).await?;
    let done = Instant::now();
    if end != End::Idle {
        return Err(lost(kernel, name, cell, end));
    }
    let since = |instant: Instant| instant.duration_since(kernel.born()).as_secs_f64();
    Ok(Ran {
        took: done.duration_since(sent).as_secs_f64(),
        shown: since(shown.unwrap_or(done)),
        done: since(done),
        said: said(outputs.current()),
    })
}

fn lost(kernel: &Kernel, name: &str, cell: &Cell, end: End) -> anyhow::Error {
    let how = match end {
        End::Died => "died",
        _ => "did not come to an end",
    };
    Fault::error(
        format!(
            "the kernel `{name}` {how} in the cell \"{}\"\n{}",
            cell.name,
            kernel.last_words()
        ),
        format!(
            "run the cell in JupyterLab to see what it does:\n{}",
            cell.code
        ),
    )
}

fn said(outputs: &[Output]) -> Said {
    let mut said = Said::default();
    for output in outputs {
        match output {
            Output::Stream { name, text } if name == "stdout" => said.printed.push_str(&text.0),
            Output::Stream { .. } => {}
            Output::ExecuteResult(result) => media(&result.data.content, &mut said),
            Output::DisplayData(display) => media(&display.data.content, &mut said),
            Output::Error(error) => {
                said.error = Some(format!("{}: {}", error.ename, error.evalue));
            }
        }
    }
    said
}

fn media(content: &[MediaType], said: &mut Said) {
    for part in content {
        match part {
            // Stock evcxr shows the value of a loop; ours has nothing to show there.
            MediaType::Plain(text) if text.trim() == "()" => {}
            MediaType::Plain(text) => said.results.push(without_addresses(text.trim_end())),
            _ => said.rich = true,
        }
    }
}

/// Where a thing lies in memory is another place in each kernel.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str("0x…");
        kept.push_str(part.trim_start_matches(|digit: char| digit.is_ascii_hexdigit()));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_all_the_same() {
        assert_eq!(without_addresses("(0x7ffe12, 12)"), "(0x…, 12)");
        assert_eq!(without_addresses("0xff, 0x0"), "0x…, 0x…");
        assert_eq!(without_addresses("[1, 2]"), "[1, 2]");
    }
}
