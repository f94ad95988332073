//! What cargo says about the workspace.

use std::process::Command;

use serde_json::Value;

use crate::places;
use crate::program::clean;

/// Runs cargo in the course and gives what it printed.
///
/// # Panics
///
/// When it fails.
pub fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(places::root());
    clean(&mut command);
    let output = command.output().expect("cargo can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {arguments:?} failed:\n{errors}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The triple of this machine.
pub fn host() -> String {
    let text = cargo(&["-vV"]);
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.expect("cargo names its host").to_owned()
}

/// `cargo metadata`: with all packages for this machine, or the members alone.
///
/// # Panics
///
/// When cargo's answer cannot be read.
pub fn metadata(with_dependencies: bool) -> Value {
    let host = host();
    let mut arguments = vec!["metadata", "--format-version=1", "--locked"];
    if with_dependencies {
        arguments.extend(["--filter-platform", &host]);
    } else {
        arguments.push("--no-deps");
    }
    serde_json::from_str(&cargo(&arguments)).expect("cargo answers with JSON")
}
