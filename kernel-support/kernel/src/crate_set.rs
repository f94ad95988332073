//! A set of crates in a folder of its own, built once for all sessions that ask for the same.
//!
//! The folder holds a package that depends on them all. It is complete when the file with rustc's
//! arguments is there: `ferrolab-rustc` writes it, in one step, after everything has been built.

use crate::build_progress::Progress;
use crate::cargo::{self, BuildError, Package, Settings, Watchers};
use crate::dependencies::{SUPPORT_CRATE, Spec};
use crate::lease;
use crate::recorded::Built;
use crate::trees;
use std::fmt::Write;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The package that depends on a set.
pub(crate) const PACKAGE: &str = "ctx";

/// A set that no session has used for so long is removed.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How cells are compiled, so that they and the crates fit together.
const MANIFEST: &str = r#"[package]
name = "ctx"
version = "1.0.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[profile.dev]
opt-level = 2
debug = false
strip = "debuginfo"
rpath = true
lto = false
debug-assertions = true
codegen-units = 16
panic = "unwind"
incremental = false
overflow-checks = true

[workspace]

[dependencies]
"#;

/// Builds crates, or finds them built. The order of `specs` is that in which they were added.
///
/// # Errors
///
/// When they cannot be built, or the build is interrupted.
pub(crate) fn build(
    home: &Path,
    specs: &[Spec],
    settings: &Settings,
    progress: &mut dyn FnMut(Progress),
    group: &mut dyn FnMut(Option<u32>),
) -> Result<Built, BuildError> {
    if specs.is_empty() {
        return Ok(Built::default());
    }
    let set = CrateSet {
        folder: folder_of(home, specs, settings),
        manifest: manifest(specs),
        lock: workspace_lock(),
        // A crate that the session has already need not be compiled again.
        base: (1..specs.len())
            .rev()
            .map(|count| folder_of(home, &specs[..count], settings))
            .find(|folder| is_complete(folder)),
        mark: "session",
    };
    let can_change = specs.iter().any(Spec::can_change);
    let built = set.build(can_change, settings, &mut Watchers { progress, group });
    lease::sweep(&home.join("dependencies"), KEPT_FOR);
    built
}

/// Where a set is built.
pub(crate) fn folder_of(home: &Path, specs: &[Spec], settings: &Settings) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (manifest(specs), &settings.version, &settings.envs).hash(&mut hasher);
    let name = format!("{:016x}", hasher.finish());
    home.join("dependencies").join(name)
}

/// The lock file of the course: the versions it has are downloaded already, and known to work.
pub(crate) fn workspace_lock() -> PathBuf {
    Path::new(SUPPORT_CRATE).join("../../Cargo.lock")
}

/// The manifest of the package that depends on all of these. A name's last mention counts.
pub(crate) fn manifest(specs: &[Spec]) -> String {
    let sorted: std::collections::BTreeMap<_, _> = specs
        .iter()
        .map(|spec| (&spec.name, &spec.config))
        .collect();
    let mut text = MANIFEST.to_owned();
    for (name, config) in sorted {
        let _ = writeln!(text, "{name:?} = {config}");
    }
    text
}

/// Whether a folder holds a set that was built to the end.
pub(crate) fn is_complete(folder: &Path) -> bool {
    arguments(folder).is_file()
}

fn arguments(folder: &Path) -> PathBuf {
    folder.join("arguments")
}

/// What is to be built, and where.
pub(crate) struct CrateSet {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: String,
    /// A lock file to start with.
    pub(crate) lock: PathBuf,
    /// A similar set, whose crates are taken over.
    pub(crate) base: Option<PathBuf>,
    /// rustc refuses two builds of one crate, unless they are marked as different crates. Cells
    /// may link a set together with the support crate, which has some of the same dependencies.
    pub(crate) mark: &'static str,
}

impl CrateSet {
    /// Builds it, unless it is complete and cannot have changed since.
    pub(crate) fn build(
        &self,
        can_change: bool,
        settings: &Settings,
        watchers: &mut Watchers<'_>,
    ) -> Result<Built, BuildError> {
        self.claim()
            .map_err(|error| BuildError::io("use the folder", &self.folder, &error))?;
        let arguments = arguments(&self.folder);
        let recorded = Built::read(&arguments).filter(Built::exists);
        if let Some(built) = recorded.filter(|_| !can_change) {
            return Ok(built);
        }
        if !arguments.is_file() {
            // Otherwise cargo could find its package as it was, and not call rustc for it.
            let source = self.folder.join("src/lib.rs");
            fs::write(&source, "").map_err(|error| BuildError::io("write", &source, &error))?;
        }
        let package = Package {
            folder: &self.folder,
            arguments: &arguments,
            mark: self.mark,
        };
        cargo::build(package, settings, watchers)?;
        Built::read(&arguments).ok_or_else(|| {
            BuildError::Failed(format!(
                "the crates were built, but not by `{}`\nhint: `cargo lab setup` installs it",
                settings.recorder.display()
            ))
        })
    }

    /// Makes the folder if needed, and has it kept as long as this process lives.
    fn claim(&self) -> io::Result<()> {
        // Another kernel may remove an old one in between.
        for _ in 0..3 {
            if !self.folder.join("Cargo.toml").is_file() {
                self.make()?;
            }
            if lease::hold(&self.folder).is_ok() && self.folder.join("Cargo.toml").is_file() {
                return Ok(());
            }
        }
        Err(io::Error::other("it is removed again and again"))
    }

    /// Makes the folder at once, with all that is in it.
    fn make(&self) -> io::Result<()> {
        let new = self
            .folder
            .with_extension(format!("new-{}-{:x}", std::process::id(), unique()));
        fs::create_dir_all(new.join("src"))?;
        fs::write(new.join("src/lib.rs"), "")?;
        fs::write(new.join("Cargo.toml"), &self.manifest)?;
        let based = self
            .base
            .as_ref()
            .is_some_and(|base| fs::copy(base.join("Cargo.lock"), new.join("Cargo.lock")).is_ok());
        if !based {
            // Without it cargo asks the network for versions.
            let _ = fs::copy(&self.lock, new.join("Cargo.lock"));
        }
        if let Some(base) = &self.base
            && take_over(base, &new).is_err()
        {
            let _ = fs::remove_dir_all(new.join("target"));
        }
        match fs::rename(&new, &self.folder) {
            Err(_) if self.folder.join("Cargo.toml").is_file() => fs::remove_dir_all(&new),
            moved => moved,
        }
    }
}

fn unique() -> u128 {
    uuid::Uuid::new_v4().as_u128() >> 96
}

/// Links what has been compiled, while no cargo is at work there.
fn take_over(base: &Path, new: &Path) -> io::Result<()> {
    let lock = fs::File::open(base.join("target/debug/.cargo-lock"))?;
    lock.try_lock_shared()?;
    trees::link(&base.join("target"), &new.join("target"))
}

#[cfg(test)]
#[path = "crate_set_tests.rs"]
pub(crate) mod tests;
