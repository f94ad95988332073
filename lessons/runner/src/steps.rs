//! The steps of the set-up: what each depends on, what it makes, how it is done.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::cargo::{self, Message};
use crate::check;
use crate::course::Course;
use crate::environment;
use crate::fault::Fault;
use crate::files;
use crate::fingerprint::Fingerprint;
use crate::kernelspec;
use crate::places::Places;
use crate::setup::Reporter;
use crate::tools;
use crate::warm;

/// A step of the set-up.
pub(crate) struct Step {
    /// Name of its state file.
    pub(crate) name: &'static str,
    /// What it is called on the screen.
    pub(crate) title: &'static str,
    /// Fingerprint of all it depends on.
    pub(crate) inputs: fn(&Places) -> String,
    /// What must be there when it is done.
    pub(crate) outputs: fn(&Places) -> Vec<PathBuf>,
    /// Does it.
    pub(crate) work: fn(&Places, &Reporter) -> Result<()>,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Done with these inputs.
    Done,
    /// Done once, with other inputs.
    Stale,
    /// Never done, or what it made is gone.
    Missing,
}

#[derive(Serialize, Deserialize)]
struct State {
    inputs: String,
    seconds: f64,
}

/// All steps in their order. Looking at the tools comes before them and is never skipped.
pub(crate) const STEPS: [Step; 5] = [
    Step {
        name: "python",
        title: "Python environment with JupyterLab",
        inputs: environment::inputs,
        outputs: |places| vec![places.venv_python(), places.venv().join("bin/jupyter-lab")],
        work: environment::make,
    },
    Step {
        name: "kernel",
        title: "Kernel",
        inputs: kernel_inputs,
        outputs: |places| vec![places.built("ferrolab-kernel")],
        work: kernel,
    },
    Step {
        name: "kernelspecs",
        title: "Kernels registered with JupyterLab",
        inputs: kernelspec::inputs,
        outputs: kernelspec::files,
        work: |places, _| kernelspec::register(places),
    },
    Step {
        name: "caches",
        title: "Cell caches",
        inputs: cache_inputs,
        outputs: |places| vec![places.home.join("prepared"), places.home.join("cells")],
        work: |places, reporter| {
            warm::warm(places, &warm::shipped(places), |line| {
                reporter.message(line)
            })
        },
    },
    Step {
        name: "grading",
        title: "Grading",
        inputs: grading_inputs,
        outputs: |places| vec![crate::mirror::Mirror::target(places)],
        work: |places, _| check::prepare(places, &Course::read(places)?),
    },
];

impl Step {
    /// Where it stands.
    pub(crate) fn status(&self, places: &Places) -> Status {
        let text = fs::read(self.file(places)).unwrap_or_default();
        let Ok(state) = serde_json::from_slice::<State>(&text) else {
            return Status::Missing;
        };
        if !(self.outputs)(places).iter().all(|output| output.exists()) {
            Status::Missing
        } else if state.inputs == (self.inputs)(places) {
            Status::Done
        } else {
            Status::Stale
        }
    }

    /// Does the step. Only after success is it noted as done, so a kill leaves it to be done again.
    pub(crate) fn run(&self, places: &Places, reporter: &Reporter) -> Result<()> {
        let start = std::time::Instant::now();
        let file = self.file(places);
        if file.exists() {
            fs::remove_file(&file)
                .with_context(|| format!("`{}` cannot be removed", file.display()))?;
        }
        (self.work)(places, reporter)?;
        for output in (self.outputs)(places) {
            if !output.exists() {
                return Err(Fault::error(
                    format!("`{}` is still not there", output.display()),
                    "type the same command again; if it stays so, `cargo lab doctor`",
                ));
            }
        }
        let state = State {
            inputs: (self.inputs)(places),
            seconds: start.elapsed().as_secs_f64(),
        };
        files::write_atomically(&file, serde_json::to_string_pretty(&state)?.as_bytes())
    }

    fn file(&self, places: &Places) -> PathBuf {
        places.state().join(format!("{}.json", self.name))
    }
}

fn kernel_inputs(places: &Places) -> String {
    Fingerprint::default()
        // Two clones may share a target folder; the kernel knows the course it was built from.
        .text(&places.root.to_string_lossy())
        .file(&places.root.join("Cargo.toml"))
        .file(&places.root.join("Cargo.lock"))
        .folder(&places.root.join("kernel-support"))
        .text(&tools::output("rustc", &["-vV"]).unwrap_or_default())
        .finish()
}

fn kernel(places: &Places, reporter: &Reporter) -> Result<()> {
    reporter.length(crate_count(places));
    let mut command = cargo::command(&places.root, &places.target);
    command.args([
        "build",
        "--package",
        "ferrolab-kernel",
        "--bins",
        "--message-format=json",
    ]);
    let mut packages = HashSet::new();
    let built = cargo::build(command, |message| {
        if let Message::Artifact {
            manifest_path,
            target,
            ..
        } = message
        {
            if packages.insert(manifest_path.clone()) {
                reporter.advance();
            }
            reporter.message(&target.name);
        }
    })?;
    if !built.success {
        return Err(cargo::failure("building the kernel", &built));
    }
    runner_beside_kernel(places)
}

/// The kernel grades `%%check` cells with the runner that lies beside it. Cargo puts both there,
/// unless this one was built elsewhere.
fn runner_beside_kernel(places: &Places) -> Result<()> {
    let place = places.built("ferrolab");
    if !place.exists() {
        let runner = std::env::current_exe().context("the runner cannot find itself")?;
        fs::copy(&runner, &place)
            .with_context(|| format!("`{}` cannot be written", place.display()))?;
    }
    Ok(())
}

/// How many packages the kernel is built from; the bar needs no more than a good guess.
fn crate_count(places: &Places) -> u64 {
    let mut command = cargo::command(&places.root, &places.target);
    command.args([
        "tree",
        "--package",
        "ferrolab-kernel",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--offline",
    ]);
    let names = command.output().map(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let unique: HashSet<String> = text.lines().map(|line| line.replace(" (*)", "")).collect();
        unique.len() as u64
    });
    match names {
        Ok(count) if count > 1 => count,
        _ => files::read(&places.root.join("Cargo.lock"))
            .map_or(400, |text| text.matches("[[package]]").count() as u64),
    }
}

/// The list of lessons stands for their notebooks: one that is changed later has its cells compiled as
/// they are run.
fn cache_inputs(places: &Places) -> String {
    Fingerprint::default()
        .text(&places.root.to_string_lossy())
        .stamp(&places.built("ferrolab-kernel"))
        .folder(&places.root.join("kernel-support/ferrolab"))
        .folder(&places.root.join("kernel-support/macros"))
        .file(&places.lessons().join("lessons.toml"))
        .finish()
}

fn grading_inputs(places: &Places) -> String {
    let lessons = fs::read_dir(places.lessons())
        .into_iter()
        .flatten()
        .flatten();
    let mut manifests: Vec<PathBuf> = lessons
        .map(|entry| entry.path().join("Cargo.toml"))
        .collect();
    manifests.retain(|path| path.is_file());
    manifests.sort();
    let print = Fingerprint::default()
        .file(&places.root.join("Cargo.toml"))
        .file(&places.root.join("Cargo.lock"))
        .file(&places.lessons().join("lessons.toml"));
    manifests
        .iter()
        .fold(print, |print, path| print.file(path))
        .text(&tools::output("rustc", &["-vV"]).unwrap_or_default())
        .finish()
}
