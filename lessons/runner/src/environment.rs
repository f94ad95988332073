//! The Python environment with JupyterLab.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo;
use crate::fault::Fault;
use crate::files;
use crate::fingerprint::Fingerprint;
use crate::places::Places;
use crate::process;
use crate::setup::Reporter;
use crate::tools;

const REQUIREMENTS: &str = include_str!("../python/requirements.txt");
const CONSTRAINTS: &str = include_str!("../python/constraints.txt");

/// Fingerprint of what the environment is made from.
pub(crate) fn inputs(_places: &Places) -> String {
    let version = tools::output(
        &tools::python(),
        &["-c", "import sys; print(sys.version, sys.base_prefix)"],
    );
    Fingerprint::default()
        .text(REQUIREMENTS)
        .text(CONSTRAINTS)
        .text(&version.unwrap_or_default())
        .finish()
}

/// Makes the environment. It cannot be moved, so a half-made one is thrown away and made anew; the
/// wheels are kept, so that this works without the network.
pub(crate) fn make(places: &Places, reporter: &Reporter) -> Result<()> {
    let venv = places.venv();
    if venv.exists() {
        fs::remove_dir_all(&venv)
            .with_context(|| format!("`{}` cannot be removed", venv.display()))?;
    }
    make_environment(&venv, reporter)?;
    let wheels = places.home.join("wheels");
    files::write_atomically(&wheels.join("requirements.txt"), REQUIREMENTS.as_bytes())?;
    files::write_atomically(&wheels.join("constraints.txt"), CONSTRAINTS.as_bytes())?;
    let folder = wheels.join(inputs(places));
    let complete = folder.join("complete");
    if !complete.exists() {
        reporter.length(CONSTRAINTS.lines().count() as u64);
        let mut download = pip(places, &["wheel"]);
        download.arg("-w").arg(&folder);
        follow(
            download,
            "downloading JupyterLab",
            reporter,
            &["Collecting"],
        )?;
        files::write_atomically(&complete, b"")?;
    }
    reporter.message("installing");
    let mut install = pip(places, &["install", "--no-index"]);
    install.arg("--find-links").arg(&folder);
    follow(install, "installing JupyterLab", reporter, &[])
}

fn pip(places: &Places, words: &[&str]) -> Command {
    let wheels = places.home.join("wheels");
    let mut command = Command::new(places.venv_python());
    command.args(["-m", "pip"]).args(words);
    command.args([
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ]);
    command.arg("-r").arg(wheels.join("requirements.txt"));
    command.arg("-c").arg(wheels.join("constraints.txt"));
    command
}

fn make_environment(venv: &Path, reporter: &Reporter) -> Result<()> {
    reporter.message("making the environment");
    let mut command = if tools::has_venv() {
        let mut command = Command::new(tools::python());
        command.args(["-m", "venv"]);
        command
    } else if let Some(words) = tools::virtualenv() {
        reporter.message("`python3 -m venv` is not there, taking virtualenv");
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command
    } else {
        return Err(Fault::error(
            "Python can make no environments: the module `venv` is not complete",
            "type `sudo apt-get install python3-venv`",
        ));
    };
    command.arg(venv);
    follow(command, "making the Python environment", reporter, &[])
}

/// Runs a program, showing its lines as they come; lines that start with one of `counted` move the bar.
fn follow(mut command: Command, what: &str, reporter: &Reporter, counted: &[&str]) -> Result<()> {
    let mut child = process::spawn_piped(&mut command).with_context(|| {
        format!(
            "{what}: `{}` cannot be started",
            command.get_program().display()
        )
    })?;
    let stdout = child.stdout.take().context("no stdout")?;
    let stderr = child.stderr.take().context("no stderr")?;
    let errors = std::thread::spawn(move || {
        let lines: Vec<String> = BufReader::new(stderr)
            .lines()
            .map_while(Result::ok)
            .collect();
        lines
    });
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if counted.iter().any(|word| line.starts_with(word)) {
            reporter.advance();
        }
        reporter.message(line.trim());
    }
    let status = child
        .wait()
        .with_context(|| format!("{what}: lost sight of the program"))?;
    if status.success() {
        return Ok(());
    }
    let errors = errors.join().unwrap_or_default();
    let tail = errors[errors.len().saturating_sub(12)..].join("\n");
    Err(Fault::error(
        format!("{what} failed ({status})\n{tail}"),
        cargo::remedy(&errors.join("\n")),
    ))
}
