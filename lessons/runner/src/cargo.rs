//! Cargo as a child: its environment, its JSON messages.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::fault::Fault;
use crate::process;

/// One line of cargo's `--message-format=json`.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason")]
pub(crate) enum Message {
    /// Something was built, or found built.
    #[serde(rename = "compiler-artifact")]
    Artifact {
        /// The manifest of the package it belongs to.
        manifest_path: PathBuf,
        /// What was built.
        target: Target,
        /// The program, if it is one.
        executable: Option<PathBuf>,
    },
    /// The compiler had something to say.
    #[serde(rename = "compiler-message")]
    Diagnostic {
        /// The manifest of the package it belongs to.
        manifest_path: PathBuf,
        /// What was being built.
        target: Target,
        /// What it said.
        message: Diagnostic,
    },
    /// Anything else.
    #[serde(other)]
    Other,
}

/// A build target.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: String,
    /// `lib`, `test`, `bin`, …
    #[serde(default)]
    pub(crate) kind: Vec<String>,
}

/// A diagnostic of rustc.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Diagnostic {
    /// The message without its place.
    pub(crate) message: String,
    /// `error`, `warning`, …
    pub(crate) level: String,
    /// The code, for example E0382.
    pub(crate) code: Option<Code>,
    /// Where.
    #[serde(default)]
    pub(crate) spans: Vec<Span>,
    /// As rustc shows it.
    pub(crate) rendered: Option<String>,
}

/// rustc's code of a diagnostic.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Code {
    /// For example E0382, or the name of a lint.
    pub(crate) code: String,
}

/// A place in a source file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Span {
    /// Relative to the workspace.
    pub(crate) file_name: String,
    /// From 1.
    pub(crate) line_start: usize,
    /// From 1.
    pub(crate) column_start: usize,
    /// Whether this is the place the message is about.
    pub(crate) is_primary: bool,
}

/// What came of a build.
#[derive(Debug)]
pub(crate) struct Built {
    /// All messages in order.
    pub(crate) messages: Vec<Message>,
    /// Whether everything was built.
    pub(crate) success: bool,
    /// What cargo itself printed.
    pub(crate) stderr: String,
}

/// A cargo command in a folder. What `cargo run` put into our own environment is taken out again,
/// or build scripts that look at it would run anew.
pub(crate) fn command(folder: &Path, target: &Path) -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let from_run = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
        if from_run
            || [
                "CARGO",
                "CARGO_BIN_NAME",
                "CARGO_CRATE_NAME",
                "CARGO_PRIMARY_PACKAGE",
            ]
            .contains(&&*text)
        {
            command.env_remove(&name);
        }
    }
    command
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUST_BACKTRACE");
    command
}

/// Builds, giving each message to `seen` as it comes.
pub(crate) fn build(mut command: Command, mut seen: impl FnMut(&Message)) -> Result<Built> {
    let mut child = process::spawn_piped(&mut command).map_err(|error| cargo_missing(&error))?;
    let stderr = child.stderr.take().context("cargo has no stderr")?;
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        // What cargo says is short; a reader that fails leaves what it has.
        let _ = BufReader::new(stderr).read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut messages = Vec::new();
    let stdout = child.stdout.take().context("cargo has no stdout")?;
    for line in BufReader::new(stdout).lines() {
        // Programs run by build scripts may print lines of their own between cargo's.
        let line = line.context("cargo's messages cannot be read")?;
        if let Ok(message) = serde_json::from_str::<Message>(&line) {
            seen(&message);
            messages.push(message);
        }
    }
    let status = child.wait().context("cargo cannot be waited for")?;
    let stderr = errors.join().unwrap_or_default();
    Ok(Built {
        messages,
        success: status.success(),
        stderr,
    })
}

fn cargo_missing(error: &std::io::Error) -> anyhow::Error {
    Fault::error(
        format!("cargo cannot be started: {error}"),
        "install Rust from https://rustup.rs, then open a new terminal",
    )
}

/// An error that says why a build failed, with the remedy for the usual causes.
pub(crate) fn failure(what: &str, built: &Built) -> anyhow::Error {
    let mut text: Vec<&str> = built
        .messages
        .iter()
        .filter_map(|message| match message {
            Message::Diagnostic { message, .. } if message.level == "error" => {
                message.rendered.as_deref()
            }
            _ => None,
        })
        .collect();
    text.extend(important(&built.stderr));
    let text = text.join("\n");
    Fault::error(format!("{what} failed\n{text}"), remedy(&text))
}

fn important(stderr: &str) -> impl Iterator<Item = &str> {
    let noise = [
        "Compiling",
        "Fresh",
        "Finished",
        "Downloading",
        "Downloaded",
        "Updating",
        "Blocking",
        "Locking",
        "Adding",
    ];
    stderr
        .lines()
        .filter(move |line| !noise.iter().any(|word| line.trim_start().starts_with(word)))
}

/// What to do about an error that cargo, pip or the linker printed.
pub(crate) fn remedy(text: &str) -> String {
    let has = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
    if has(&["No space left on device", "os error 28"]) {
        "the disk is full: free some gigabytes, then type the same command again".into()
    } else if has(&[
        "could not resolve",
        "Could not resolve",
        "download of",
        "failed to download",
        "network failure",
        "NewConnectionError",
        "Name or service not known",
        "Temporary failure in name resolution",
        "spurious network error",
    ]) {
        "there seems to be no network: connect, then type the same command again; what is done is kept".into()
    } else if has(&["linker `cc` not found", "linker `link.exe` not found"]) {
        crate::tools::C_COMPILER.into()
    } else if has(&["Blocking waiting for file lock"]) {
        "another cargo is at work: wait for it to finish".into()
    } else {
        "read the message above; `cargo lab doctor` says what is missing on this machine".into()
    }
}
