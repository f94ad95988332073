//! Fills the cell cache, so that the cells of notebooks answer at once.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::cargo;
use crate::fault::Fault;
use crate::places::Places;
use crate::process;

/// `ferrolab warm NOTEBOOK...`: compiles the notebooks' cells without running them.
pub(crate) fn command(places: &Places, notebooks: &[PathBuf]) -> Result<()> {
    for notebook in notebooks {
        if !notebook.is_file() {
            return Err(Fault::error(
                format!("there is no notebook `{}`", notebook.display()),
                "name a file, for example `cargo lab warm notebooks/01_closures.ipynb`",
            ));
        }
    }
    if !places.built("ferrolab-kernel").is_file() {
        return Err(Fault::error(
            "the kernel has not been built yet".to_owned(),
            "`cargo lab setup` builds it",
        ));
    }
    let notebooks: Vec<PathBuf> = notebooks
        .iter()
        .map(|notebook| notebook.canonicalize().unwrap_or_else(|_| notebook.clone()))
        .collect();
    warm(places, &notebooks, |line| eprintln!("{line}"))
}

/// The notebooks of the course.
pub(crate) fn shipped(places: &Places) -> Vec<PathBuf> {
    let folder = fs::read_dir(places.root.join("notebooks"));
    let mut notebooks: Vec<PathBuf> = folder
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "ipynb")
        })
        .collect();
    notebooks.sort();
    notebooks
}

/// Has the kernel prepare what sessions need and compile the notebooks' cells. `say` gets each line
/// of what it does.
pub(crate) fn warm(places: &Places, notebooks: &[PathBuf], say: impl Fn(&str)) -> Result<()> {
    let mut command = Command::new(places.built("ferrolab-kernel"));
    command
        .arg("warm")
        .args(notebooks)
        .current_dir(&places.root)
        .env("FERROLAB_HOME", &places.home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    process::end_with_us(&mut command);
    let mut child = command
        .spawn()
        .context("`ferrolab-kernel warm` cannot be started")?;
    let mut said = Vec::new();
    let stderr = child.stderr.take().context("no stderr")?;
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        say(line.trim());
        said.push(line);
    }
    let status = child
        .wait()
        .context("lost sight of `ferrolab-kernel warm`")?;
    if status.success() {
        return Ok(());
    }
    let tail = said[said.len().saturating_sub(12)..].join("\n");
    Err(Fault::error(
        format!("preparing the cell caches failed ({status})\n{tail}"),
        cargo::remedy(&tail),
    ))
}
