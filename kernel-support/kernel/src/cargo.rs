//! Runs cargo for a folder, and follows what it says.

use crate::build_failure;
use crate::build_progress::Progress;
use std::fmt;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Names the file to which `ferrolab-rustc` writes rustc's arguments.
pub(crate) const ARGUMENTS_FILE: &str = "FERROLAB_ARGUMENTS";

/// Settings of a surrounding cargo, or of the user, that would build something else elsewhere.
const NOT_INHERITED: [&str; 14] = [
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTC",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "MAKEFLAGS",
    "MFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
];

/// With what crates are built.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The programs themselves, not rustup's stand-ins.
    pub(crate) cargo: PathBuf,
    pub(crate) rustc: PathBuf,
    /// What `rustc -vV` says.
    pub(crate) version: String,
    /// The program `ferrolab-rustc`.
    pub(crate) recorder: PathBuf,
    /// Whether the network is left alone.
    pub(crate) offline: bool,
    /// Variables for build scripts and for cargo itself.
    pub(crate) envs: Vec<(String, String)>,
}

/// A package, and how it is built.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Package<'a> {
    pub(crate) folder: &'a Path,
    /// Where the arguments of its crate are recorded.
    pub(crate) arguments: &'a Path,
    /// Distinguishes its crates from the same ones in other packages.
    pub(crate) mark: &'a str,
}

/// Why there are no crates.
#[derive(Debug)]
pub(crate) enum BuildError {
    /// The processes were ended.
    Interrupted,
    /// A text for the user.
    Failed(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted while crates were being built"),
            Self::Failed(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for BuildError {}

impl BuildError {
    /// A folder or file that cannot be used.
    pub(crate) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::Failed(format!(
            "cannot {what} `{}`: {error}\nhint: free some disk space, or set FERROLAB_HOME to a folder that can be written",
            path.display()
        ))
    }
}

/// Who is told of a build.
pub(crate) struct Watchers<'a> {
    /// How far it is.
    pub(crate) progress: &'a mut dyn FnMut(Progress),
    /// The process group to end on an interrupt; `None` as soon as there is none any more.
    pub(crate) group: &'a mut dyn FnMut(Option<u32>),
}

/// Runs `cargo build` for a package.
///
/// # Errors
///
/// When cargo is not there, is ended, or fails.
pub(crate) fn build(
    package: Package<'_>,
    settings: &Settings,
    watchers: &mut Watchers<'_>,
) -> Result<(), BuildError> {
    let first = run(package, settings, settings.offline, watchers);
    match first {
        // Perhaps everything that is needed was downloaded some other day.
        Err(Failure::Said(log)) if !settings.offline && build_failure::is_network(&log) => {
            let second = run(package, settings, true, watchers);
            second.map_err(|failure| failure.explain(Some(log)))
        }
        other => other.map_err(|failure| failure.explain(None)),
    }
}

enum Failure {
    Error(BuildError),
    /// What cargo wrote before it failed.
    Said(String),
}

impl Failure {
    fn explain(self, instead: Option<String>) -> BuildError {
        match self {
            Self::Error(error) => error,
            Self::Said(log) => {
                let log = instead.unwrap_or(log);
                BuildError::Failed(build_failure::explain(&log))
            }
        }
    }
}

fn run(
    package: Package<'_>,
    settings: &Settings,
    offline: bool,
    watchers: &mut Watchers<'_>,
) -> Result<(), Failure> {
    let mut command = command(package, settings);
    if offline {
        command.arg("--offline");
    }
    let mut child = command.spawn().map_err(|error| {
        let cargo = settings.cargo.display();
        Failure::Error(BuildError::Failed(format!(
            "cannot run `{cargo}`: {error}\nhint: `cargo lab doctor` says what is missing"
        )))
    })?;
    (watchers.group)(Some(child.id()));
    let log = follow(&mut child, watchers.progress);
    // The process is not waited for yet, so its number cannot belong to another by now.
    (watchers.group)(None);
    let status = child.wait();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) if status.signal().is_some() => Err(Failure::Error(BuildError::Interrupted)),
        _ => Err(Failure::Said(log)),
    }
}

fn command(package: Package<'_>, settings: &Settings) -> Command {
    let mut command = Command::new(&settings.cargo);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command
        .arg("build")
        .current_dir(package.folder)
        .envs(settings.envs.iter().map(|(name, value)| (name, value)))
        .env("CARGO_TARGET_DIR", package.folder.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "200")
        .env("RUSTC", &settings.rustc)
        .env("RUSTC_WRAPPER", &settings.recorder)
        .env(
            "RUSTFLAGS",
            format!("-Cprefer-dynamic -Cmetadata={}", package.mark),
        )
        .env(ARGUMENTS_FILE, package.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// Reads what cargo says until it ends: its progress goes to the watcher, the rest is returned.
fn follow(child: &mut Child, watcher: &mut dyn FnMut(Progress)) -> String {
    let mut log = String::new();
    let mut progress = Progress::default();
    let mut stderr = child.stderr.take().expect("stderr was just piped");
    let (mut buffer, mut line) = ([0; 8192], Vec::new());
    while let Ok(count @ 1..) = stderr.read(&mut buffer) {
        for byte in &buffer[..count] {
            if !matches!(byte, b'\n' | b'\r') {
                line.push(*byte);
                continue;
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            line.clear();
            match progress.after(&text) {
                Some(next) if next != progress => {
                    progress = next;
                    watcher(progress.clone());
                }
                Some(_) => {}
                None => log += &(text + "\n"),
            }
        }
    }
    log + &String::from_utf8_lossy(&line)
}
