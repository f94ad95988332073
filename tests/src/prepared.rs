//! What most tests need: the runner built, and `ferrolab setup` done. Both are quick when nothing changed.

use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

use crate::places;
use crate::program::{clean, ferrolab};

/// Builds the programs and sets the machine up, once for all tests, also for those of another
/// test program that runs at the same time.
///
/// # Panics
///
/// When a step fails; its own message says what is missing.
pub fn prepare() {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    let done = DONE.get_or_init(|| {
        let lock = File::create(places::artefacts().join("prepare.lock"))
            .map_err(|error| error.to_string())?;
        lock.lock().map_err(|error| error.to_string())?;
        let start = Instant::now();
        step("building the runner and the kernel", build())?;
        step("ferrolab setup", ferrolab(&["setup"]))?;
        eprintln!("prepared in {:.1} s", start.elapsed().as_secs_f64());
        Ok(())
    });
    if let Err(error) = done {
        panic!("{error}");
    }
}

/// Cargo builds a package's programs for its own integration tests only, and these are another's.
/// Both packages in one call have the features that `cargo test` gave them, so nothing is compiled twice.
fn build() -> Command {
    let mut command = Command::new("cargo");
    command.args([
        "build",
        "--package",
        "ferrolab-cli",
        "--package",
        "ferrolab-kernel",
        "--bins",
    ]);
    command.current_dir(places::root());
    clean(&mut command);
    command
}

/// What it prints goes through: a set-up may take minutes.
fn step(name: &str, mut command: Command) -> Result<(), String> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{name}: {command:?} cannot be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} failed ({status}); its message is above"))
    }
}
