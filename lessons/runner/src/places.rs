//! Where everything lies on disk: the course, cargo's target folder, our own home inside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::fault::Fault;

/// The folders the runner works in. All paths are absolute.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The course: the folder that holds `lessons/lessons.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// Everything the runner makes: `<target>/ferrolab`, or `FERROLAB_HOME`.
    pub(crate) home: PathBuf,
}

impl Places {
    /// Finds the course by walking up from the current folder.
    pub(crate) fn find() -> Result<Self> {
        let here = std::env::current_dir().context("the current folder cannot be read")?;
        let root = course_root(&here)?;
        let target = target_folder(&root)?;
        let home = match std::env::var_os("FERROLAB_HOME") {
            Some(home) if !home.is_empty() => here.join(home),
            _ => target.join("ferrolab"),
        };
        Ok(Self { root, target, home })
    }

    /// `lessons/`.
    pub(crate) fn lessons(&self) -> PathBuf {
        self.root.join("lessons")
    }

    /// `notebooks/`.
    pub(crate) fn notebooks(&self) -> PathBuf {
        self.root.join("notebooks")
    }

    /// The Python environment with JupyterLab.
    pub(crate) fn venv(&self) -> PathBuf {
        self.home.join("venv")
    }

    /// The Python of that environment.
    pub(crate) fn venv_python(&self) -> PathBuf {
        self.venv().join("bin").join("python")
    }

    /// Where the kernelspecs are registered.
    pub(crate) fn kernels(&self) -> PathBuf {
        self.venv().join("share/jupyter/kernels")
    }

    /// A program built by `cargo build` in the profile all commands share.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// The mirror workspaces in which exercises are graded.
    pub(crate) fn grade(&self) -> PathBuf {
        self.home.join("grade")
    }

    /// Small files that say what has been done.
    pub(crate) fn state(&self) -> PathBuf {
        self.home.join("state")
    }
}

fn course_root(here: &Path) -> Result<PathBuf> {
    here.ancestors()
        .find(|folder| folder.join("lessons").join("lessons.toml").is_file())
        .map(Path::to_path_buf)
        .ok_or_else(|| {
            Fault::error(
                format!(
                    "no course here: neither `{}` nor a folder above it holds `lessons/lessons.toml`",
                    here.display()
                ),
                "go to the folder you cloned: `cd ferrolab`",
            )
        })
}

fn target_folder(root: &Path) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty()) {
        return Ok(root.join(folder));
    }
    if let Some(folder) = beside_executable(root) {
        return Ok(folder);
    }
    ask_cargo(root)
}

/// Cargo puts this program into `<target>/debug/ferrolab`; asking cargo would cost a tenth of a second.
fn beside_executable(root: &Path) -> Option<PathBuf> {
    let executable = std::env::current_exe().ok()?;
    let target = executable.parent()?.parent()?;
    let inside = target.starts_with(root) && target.join("CACHEDIR.TAG").is_file();
    inside.then(|| target.to_path_buf())
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

fn ask_cargo(root: &Path) -> Result<PathBuf> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(root)
        .output();
    match output {
        Ok(output) if output.status.success() => {
            let metadata: Metadata = serde_json::from_slice(&output.stdout)
                .context("the answer of `cargo metadata` cannot be read")?;
            Ok(metadata.target_directory)
        }
        // Without cargo nothing can be graded, but lists and hints can still be shown.
        _ => Ok(root.join("target")),
    }
}
