//! `ferrolab run`: executes notebooks through a real kernel.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jupyter_protocol::JupyterMessageContent as Content;
use nbformat::v4::{Cell, Notebook, Output};

use crate::cli::RunArgs;
use crate::fault::Fault;
use crate::files;
use crate::html;
use crate::kernel::{End, Kernel};
use crate::kernelspec;
use crate::notebook;
use crate::outputs::Outputs;
use crate::places::Places;
use crate::term;

/// Why a notebook did not run to its end.
struct Failure {
    cell: usize,
    what: String,
    hint: Option<String>,
}

/// Runs all notebooks; tells whether all of them ran to the end.
pub(crate) fn command(places: Option<&Places>, wish: &RunArgs) -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let mut good = true;
    for path in &wish.notebooks {
        // The kernel is killed with its group when the future is dropped by a signal.
        let ran = runtime.block_on(async {
            tokio::select! {
                ran = one(places, path, wish) => ran,
                () = interrupted() => Err(Fault::error("stopped by Ctrl-C", "type the command again to start anew")),
            }
        });
        good &= ran.with_context(|| format!("`{}` was not run", path.display()))?;
    }
    Ok(good)
}

/// Ends when a person or the system wants us to stop.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}

async fn one(places: Option<&Places>, path: &Path, wish: &RunArgs) -> Result<bool> {
    let start = Instant::now();
    let mut notebook = read(path)?;
    let named = notebook
        .metadata
        .kernelspec
        .as_ref()
        .map(|spec| spec.name.clone());
    let name = wish
        .kernel
        .clone()
        .or(named)
        .unwrap_or_else(|| "ferrolab".to_owned());
    let found = kernelspec::find(places, &name)?;
    let full = std::path::absolute(path).context("the current folder is gone")?;
    let mut kernel = Kernel::start(&found, &full).await?;
    let failure = execute(
        &mut kernel,
        &mut notebook,
        path,
        Duration::from_secs(wish.timeout.max(1)),
    )
    .await;
    kernel.shutdown().await;
    let failure = failure?;
    write(&notebook, path, wish)?;
    let paint = term::stderr();
    let count = notebook
        .cells
        .iter()
        .filter(|cell| matches!(cell, Cell::Code { .. }))
        .count();
    match failure {
        None => eprintln!(
            "{} {} ({count} cells, {})",
            paint.green("✓"),
            path.display(),
            term::seconds(start.elapsed())
        ),
        Some(failure) => {
            report(&notebook, path, &failure);
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads a notebook of any version; older ones are raised to the newest.
pub(crate) fn read(path: &Path) -> Result<Notebook> {
    let text = files::read(path).map_err(|error| {
        let missing = !path.exists();
        let hint = if missing {
            "`cargo lab notebooks` writes the course's notebooks"
        } else {
            "a notebook is a JSON file in UTF-8"
        };
        Fault::error(format!("{error:#}"), hint)
    })?;
    let no_notebook = |why: String| {
        Fault::error(
            format!("`{}` is no notebook: {why}", path.display()),
            "a notebook is what JupyterLab saves, or `cargo lab notebooks` writes",
        )
    };
    match nbformat::parse_notebook(&text).map_err(|error| no_notebook(error.to_string()))? {
        nbformat::Notebook::V4(notebook) => Ok(notebook),
        nbformat::Notebook::V4QuirksMode(notebook) => Ok(notebook.repair()),
        nbformat::Notebook::Legacy(old) => {
            nbformat::upgrade_legacy_notebook(old).map_err(|error| no_notebook(error.to_string()))
        }
        nbformat::Notebook::V3(old) => {
            nbformat::upgrade_v3_notebook(old).map_err(|error| no_notebook(error.to_string()))
        }
        _ => Err(no_notebook("its version is not known".to_owned())),
    }
}

async fn execute(
    kernel: &mut Kernel,
    notebook: &mut Notebook,
    path: &Path,
    limit: Duration,
) -> Result<Option<Failure>> {
    forget(notebook);
    let mut outputs = Outputs::default();
    let mut counts = Vec::new();
    let mut failure = None;
    for (at, cell) in notebook.cells.iter().enumerate() {
        outputs.begin();
        counts.push(None);
        let Some((code, may_fail)) = runnable(cell) else {
            continue;
        };
        let seen = |content: Content| {
            if let Content::ExecuteInput(input) = &content {
                counts[at] = i32::try_from(input.execution_count.value()).ok();
            }
            outputs.take(content);
        };
        let end = kernel.execute(&code, limit, seen).await?;
        failure = judge(at, end, outputs.current(), may_fail, limit, kernel);
        if failure.is_some() {
            break;
        }
        if may_fail
            && !outputs
                .current()
                .iter()
                .any(|output| matches!(output, Output::Error(_)))
        {
            let place = format!("{}: cell {}", path.display(), at + 1);
            eprintln!("warning: {place} has the tag `raises-exception` and raised none");
        }
    }
    fill(notebook, outputs, &counts);
    Ok(failure)
}

/// The code of a cell, if it has any, and whether it is meant to fail.
fn runnable(cell: &Cell) -> Option<(String, bool)> {
    let Cell::Code {
        source, metadata, ..
    } = cell
    else {
        return None;
    };
    let code = source.concat();
    let may_fail = metadata
        .tags
        .iter()
        .flatten()
        .any(|tag| tag == "raises-exception");
    (!code.trim().is_empty()).then_some((code, may_fail))
}

fn judge(
    cell: usize,
    end: End,
    outputs: &[Output],
    may_fail: bool,
    limit: Duration,
    kernel: &Kernel,
) -> Option<Failure> {
    let late = |what: &str| {
        format!(
            "it was still running after {}; {what}",
            term::seconds(limit)
        )
    };
    let longer = Some("give it more time with `--timeout SECONDS`".to_owned());
    let failure = |what: String, hint: Option<String>| Some(Failure { cell, what, hint });
    match end {
        End::Interrupted => failure(late("it was interrupted"), longer),
        End::Killed => failure(late("the kernel did not react and was killed"), longer),
        End::Died => failure(
            format!("the kernel died\n{}", kernel.last_words()),
            Some("run the cell in JupyterLab to see what it does".to_owned()),
        ),
        End::Idle if may_fail => None,
        End::Idle => outputs.iter().find_map(|output| match output {
            Output::Error(error) => failure(format!("{}: {}", error.ename, error.evalue), None),
            _ => None,
        }),
    }
}

/// Takes earlier outputs and counts away.
fn forget(notebook: &mut Notebook) {
    for cell in &mut notebook.cells {
        if let Cell::Code {
            outputs,
            execution_count,
            ..
        } = cell
        {
            outputs.clear();
            *execution_count = None;
        }
    }
}

fn fill(notebook: &mut Notebook, collected: Outputs, counts: &[Option<i32>]) {
    let collected = collected.into_cells().into_iter().zip(counts);
    for (cell, (new, count)) in notebook.cells.iter_mut().zip(collected) {
        if let Cell::Code {
            outputs,
            execution_count,
            ..
        } = cell
        {
            *outputs = new;
            *execution_count = *count;
        }
    }
}

fn write(notebook: &Notebook, path: &Path, wish: &RunArgs) -> Result<()> {
    let folder = wish.output.clone().unwrap_or_else(|| PathBuf::from("."));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    if wish.output.is_some() {
        let file = folder.join(format!("{name}.ipynb"));
        files::write_atomically(&file, notebook::to_json(notebook)?.as_bytes())?;
    }
    if wish.html {
        let file = folder.join(format!("{name}.html"));
        files::write_atomically(&file, html::page(notebook, path).as_bytes())?;
        eprintln!("wrote {}", file.display());
    }
    Ok(())
}

fn report(notebook: &Notebook, path: &Path, failure: &Failure) {
    let paint = term::stderr();
    let number = failure.cell + 1;
    let cell = &notebook.cells[failure.cell];
    eprintln!(
        "{} {}: cell {number} (id `{}`) failed: {}",
        paint.red("✗"),
        path.display(),
        cell.id(),
        failure.what
    );
    for line in cell.source().concat().lines() {
        eprintln!("    {}", paint.dim(line));
    }
    if let Cell::Code { outputs, .. } = cell {
        for output in outputs {
            if let Output::Error(error) = output {
                for line in &error.traceback {
                    eprintln!(
                        "{}",
                        if paint.is_on() {
                            line.clone()
                        } else {
                            html::without_ansi(line)
                        }
                    );
                }
            }
        }
    }
    if let Some(hint) = &failure.hint {
        eprintln!("{} {hint}", paint.cyan("hint:"));
    }
}
