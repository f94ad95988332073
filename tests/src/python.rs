//! The Python programs of this package, run by the Python that the set-up made.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::places;
use crate::prepared::prepare;
use crate::processes::expect_none;
use crate::program::{Outcome, clean, run};

/// Folders for Jupyter that are nobody's own: no settings, no history of the person who runs the tests.
#[derive(Debug)]
pub struct Jupyter(TempDir);

impl Jupyter {
    /// New, empty folders.
    pub fn new() -> Self {
        Self(
            tempfile::Builder::new()
                .prefix("ferrolab-jupyter-")
                .tempdir()
                .expect("a temporary folder"),
        )
    }

    /// Tells a program of them.
    pub fn set(&self, command: &mut Command) {
        for name in [
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTER_CONFIG_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
            "XDG_DATA_HOME",
        ] {
            command.env(name, self.0.path().join(name.to_lowercase()));
        }
        command.env("FERROLAB_HISTORY", self.0.path().join("history.jsonl"));
        command.env_remove("JUPYTER_PATH");
    }

    /// Tells JupyterLab not to save by itself: what a test does in a notebook must not stay in the course.
    ///
    /// # Panics
    ///
    /// When the setting cannot be written.
    pub fn keep_files_as_they_are(&self) {
        let folder = self
            .0
            .path()
            .join("jupyterlab_settings_dir/@jupyterlab/docmanager-extension");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let file = folder.join("plugin.jupyterlab-settings");
        std::fs::write(file, "{\"autosave\": false}").expect("a setting can be written");
    }
}

impl Default for Jupyter {
    fn default() -> Self {
        Self::new()
    }
}

/// A program of the folder `python/`.
pub fn script(name: &str, arguments: &[&str], jupyter: &Jupyter) -> Command {
    let mut command = Command::new(places::python());
    command
        .arg("-u")
        .arg(places::package("python").join(name))
        .args(arguments);
    clean(&mut command);
    jupyter.set(&mut command);
    // Scripts leave no bytecode in the repository.
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("FERROLAB_KERNEL_BINARY", places::built("ferrolab-kernel"));
    command
}

/// Runs a program of the folder `python/` whose last line is JSON.
///
/// # Panics
///
/// When it is not.
#[track_caller]
pub fn answer(command: Command, limit: Duration) -> (Value, Outcome) {
    let outcome = run(command, limit);
    let last = outcome.stdout.trim_end().lines().last().unwrap_or_default();
    match serde_json::from_str(last) {
        Ok(value) => (value, outcome),
        Err(_) => panic!(
            "no answer after {:?} (deadline: {}):\n{}",
            outcome.took,
            outcome.timed_out,
            outcome.text()
        ),
    }
}

/// Runs a file of Python tests; asserts that all passed, none was skipped, and no process is left; gives their
/// names without the file's.
///
/// # Panics
///
/// When one of these is not so.
#[track_caller]
pub fn all_pass(file: &str, limit: Duration) -> Vec<String> {
    prepare();
    let mark = format!("ferrolab-mark-{file}-{}", std::process::id());
    let jupyter = Jupyter::new();
    let mut command = script("run_tests.py", &[file], &jupyter);
    command.env("FERROLAB_TEST_MARK", &mark);
    let (outcomes, printed) = answer(command, limit);
    println!("{}", printed.stdout);
    let outcomes = outcomes.as_object().expect("a table of outcomes");
    assert!(!outcomes.is_empty(), "no test ran");
    for (name, outcome) in outcomes {
        assert_eq!(outcome, "passed", "{name}: {}", printed.text());
    }
    expect_none(&mark);
    let prefix = format!("{}.", file.trim_end_matches(".py"));
    let names = outcomes.keys();
    names
        .map(|name| name.strip_prefix(&prefix).unwrap_or(name).to_owned())
        .collect()
}
