//! `ferrolab-kernel warm [NOTEBOOK…]`: gets ready what sessions need, and fills the cell cache.

use crate::compile::{Compiler, Watch};
use crate::crates::{Crates, Listener};
use crate::forecast::{Forecast, Foreseen};
use crate::notebook;
use crate::runtime;
use crate::scratch::Scratch;
use crate::start;
use crate::toolchain::Toolchain;
use anyhow::{Result, anyhow};
use std::path::{Path, PathBuf};

struct Unwatched;

impl Watch for Unwatched {
    fn started(&mut self, _group: u32) {}
    fn ended(&mut self, _group: u32) {}
}

/// Builds the support crate, and compiles the cells of notebooks without running them.
///
/// # Errors
///
/// When the support crate does not compile, or a notebook cannot be read. A cell that does not
/// compile is no error: it will not compile in a session either.
pub(crate) fn warm(notebooks: &[PathBuf]) -> Result<()> {
    let scratch = Scratch::new()?;
    let toolchain = Toolchain::find("")?;
    let runtime = runtime::compile_for(scratch.home(), &toolchain.rustc, &toolchain.version)?;
    let settings = toolchain.settings(false, &[]);
    let mut crates = Crates::new(scratch.home(), runtime, &settings);
    with_listener(|listener| {
        crates
            .prepare_support(&settings, listener)
            .map_err(|error| anyhow!("{error}"))
    })?;
    let mut compiler = Compiler::new(scratch.path().to_owned(), start::cell_cache(scratch.home()));
    let start = Forecast {
        book: crate::book::Book::default(),
        crates,
        toolchain,
        opt_level: "2".to_owned(),
        environment: Vec::new(),
        style: crate::attempt::Style::default(),
        folder: PathBuf::new(),
    };
    for file in notebooks {
        warm_one(file, start.clone(), &mut compiler)?;
    }
    Ok(())
}

fn warm_one(file: &Path, mut forecast: Forecast, compiler: &mut Compiler) -> Result<()> {
    let cells = notebook::read(file)?;
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    forecast.folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
    let mut count = [0usize; 3];
    for cell in &cells {
        let foreseen =
            with_listener(|listener| forecast.step(cell, compiler, &mut Unwatched, Some(listener)));
        match foreseen {
            Foreseen::Compiled => count[0] += 1,
            Foreseen::Known => count[1] += 1,
            Foreseen::Refused | Foreseen::Unclear => count[2] += 1,
            Foreseen::Nothing => {}
        }
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let [compiled, known, refused] = count;
    let mut line = format!("{name}: {compiled} cells compiled, {known} known before");
    if refused > 0 {
        line.push_str(&format!(", {refused} left out"));
    }
    eprintln!("{line}");
    Ok(())
}

/// Builds of crates say what they do, a line each.
fn with_listener<T>(work: impl FnOnce(&mut Listener<'_>) -> T) -> T {
    let mut last = String::new();
    let mut progress = |progress: crate::build_progress::Progress| {
        if let Some(name) = progress.crates.last().filter(|name| **name != last) {
            last.clone_from(name);
            eprintln!("compiling {name} ({} of {})", progress.done, progress.total);
        }
    };
    work(&mut Listener {
        progress: &mut progress,
        group: &mut |_| {},
    })
}
