//! The crates of a set in one library, which all cells of a session share.
//!
//! A cell that linked a crate by itself would have a copy of its own, with its own statics and
//! thread-locals: tasks would miss the runtime that an earlier cell started. The library contains
//! nothing but the crates. A cell that names it takes them from there, as rustc prefers what is
//! loaded already. What a session adds later goes into a further library, which links the earlier
//! ones: their statics stay.

use crate::cargo::{BuildError, Settings};
use crate::compile;
use crate::recorded::Built;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How the names of the libraries begin.
const PREFIX: &str = "ferrolab_crates_";

/// Where they are, in the folder of the set.
const FOLDER: &str = "shared";

/// Libraries of crates that the user has changed since are kept so long for other sessions.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A library of crates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shared {
    /// Its name as a crate. No two libraries have the same: a worker that has loaded one would not
    /// load another of that name.
    pub(crate) name: String,
    pub(crate) library: PathBuf,
}

/// Whether this is the name of such a library.
pub(crate) fn is_shared(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// Makes the crates of the set in `folder` shared, or finds that they are: the libraries that cells
/// link, in the order in which they were made. `earlier` are those of the session so far.
///
/// There are none when rustc refuses: each cell has its own copy then.
///
/// # Errors
///
/// When rustc cannot be run, or is interrupted.
pub(crate) fn share(
    folder: &Path,
    built: &Built,
    earlier: &[Shared],
    settings: &Settings,
    group: &mut dyn FnMut(Option<u32>),
) -> Result<Vec<Shared>, BuildError> {
    if built.externs.is_empty() {
        return Ok(Vec::new());
    }
    // Libraries with a crate that has changed since do not go together with it.
    for count in (0..=earlier.len()).rev() {
        let base = &earlier[..count];
        let job = Job {
            folder: folder.join(FOLDER),
            name: name(built, base, settings),
            built,
            base,
        };
        if let Some(new) = job.library(settings, group)? {
            return Ok(base.iter().cloned().chain([new]).collect());
        }
    }
    Ok(Vec::new())
}

/// Differs when something is linked differently.
fn name(built: &Built, base: &[Shared], settings: &Settings) -> String {
    let mut hasher = DefaultHasher::new();
    let stamps = built
        .externs
        .iter()
        .map(|(name, file)| (name, compile::stamp(file)));
    let base = base.iter().map(|shared| &shared.name);
    (
        &settings.version,
        stamps.collect::<Vec<_>>(),
        base.collect::<Vec<_>>(),
    )
        .hash(&mut hasher);
    format!("{PREFIX}{:016x}", hasher.finish())
}

/// A library to be made.
struct Job<'a> {
    folder: PathBuf,
    name: String,
    built: &'a Built,
    base: &'a [Shared],
}

impl Job<'_> {
    fn library(
        &self,
        settings: &Settings,
        group: &mut dyn FnMut(Option<u32>),
    ) -> Result<Option<Shared>, BuildError> {
        let file_name = format!("lib{}.so", self.name);
        let shared = Shared {
            name: self.name.clone(),
            library: self.folder.join(&file_name),
        };
        // What rustc has refused once is refused again.
        let refused = self.folder.join(format!("{}.refused", self.name));
        if shared.library.is_file() {
            return Ok(Some(shared));
        }
        if refused.is_file() {
            return Ok(None);
        }
        let error = |error: io::Error| BuildError::io("use the folder", &self.folder, &error);
        fs::create_dir_all(&self.folder).map_err(error)?;
        remove_old(&self.folder);
        // The library knows its file by the name it has when it is made.
        let new = tempfile::tempdir_in(&self.folder).map_err(error)?;
        fs::write(new.path().join("lib.rs"), self.source()).map_err(error)?;
        let made = new.path().join(file_name);
        match self.compile(new.path(), &made, settings, group)? {
            Ok(()) => {
                fs::rename(&made, &shared.library).map_err(error)?;
                Ok(Some(shared))
            }
            Err(said) => {
                let _ = fs::write(refused, said);
                Ok(None)
            }
        }
    }

    /// Names all crates, so that they are linked.
    fn source(&self) -> String {
        let base = self.base.iter().map(|shared| &shared.name);
        let own = self.built.externs.iter().map(|(name, _)| name);
        let mut source = String::new();
        // A name may have several files.
        for name in base.chain(own).collect::<BTreeSet<_>>() {
            let _ = writeln!(source, "extern crate {name} as _;");
        }
        source
    }

    /// What rustc says, if it refuses.
    fn compile(
        &self,
        folder: &Path,
        made: &Path,
        settings: &Settings,
        group: &mut dyn FnMut(Option<u32>),
    ) -> Result<Result<(), String>, BuildError> {
        let mut command = Command::new(&settings.rustc);
        command
            .current_dir(folder)
            .args(["lib.rs", "--crate-name", &self.name, "--crate-type=dylib"])
            .args(["--edition=2024", "--emit=link", "-Cprefer-dynamic", "-o"])
            .arg(made)
            .args(["-Copt-level=2", "-Cstrip=debuginfo", "-Cembed-bitcode=no"])
            // A library with a symbol that is nowhere could not be loaded. Most cells leave out the
            // function that wants it, if they link the crate by themselves.
            .arg("-Clink-arg=-Wl,-z,defs")
            .args(self.built.arguments())
            .args(arguments(self.base))
            .env_remove("RUSTC_WRAPPER")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let folders = self.base.iter().filter_map(|base| base.library.parent());
        for folder in folders {
            // Whoever loads this library need not know the earlier ones.
            let mut flag = OsString::from("-Clink-arg=-Wl,-rpath,");
            flag.push(folder);
            command.arg(flag);
        }
        let failed = |error: io::Error| {
            BuildError::Failed(format!(
                "`{}` cannot be run: {error}\nhint: `cargo lab doctor` says what is missing",
                settings.rustc.display()
            ))
        };
        let child = command.spawn().map_err(failed)?;
        group(Some(child.id()));
        let output = child.wait_with_output();
        group(None);
        let output = output.map_err(failed)?;
        match output.status.signal() {
            Some(_) => Err(BuildError::Interrupted),
            None if output.status.success() => Ok(Ok(())),
            None => Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    }
}

/// How rustc is told of the libraries, and how they find each other.
pub(crate) fn arguments(libraries: &[Shared]) -> Vec<String> {
    let externs = libraries
        .iter()
        .map(|shared| format!("--extern={}={}", shared.name, shared.library.display()));
    let folders = libraries
        .iter()
        .filter_map(|shared| shared.library.parent());
    externs
        .chain(folders.map(|folder| format!("-Ldependency={}", folder.display())))
        .collect()
}

/// Removes what was made of crates that were changed long ago.
fn remove_old(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let time = entry.metadata().and_then(|data| data.modified());
        let age = time.ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > KEPT_FOR) {
            // Folders were left by kernels that were killed.
            let _ = fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path()));
        }
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
