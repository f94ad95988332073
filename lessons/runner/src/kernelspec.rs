//! Kernelspecs: registering ours, finding any.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jupyter_protocol::JupyterKernelspec;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::files;
use crate::fingerprint::Fingerprint;
use crate::places::Places;

/// The files the registration makes.
pub(crate) fn files(places: &Places) -> Vec<PathBuf> {
    contents(places).into_iter().map(|(path, _)| path).collect()
}

/// Fingerprint of what they must hold.
pub(crate) fn inputs(places: &Places) -> String {
    let print = Fingerprint::default();
    contents(places)
        .iter()
        .fold(print, |print, (path, value)| {
            print
                .text(&path.display().to_string())
                .text(&value.to_string())
        })
        .finish()
}

/// Registers our kernel, the stock one where it was built, and quiet settings for JupyterLab.
pub(crate) fn register(places: &Places) -> Result<()> {
    for (path, value) in contents(places) {
        let text = serde_json::to_string_pretty(&value)? + "\n";
        files::write_atomically(&path, text.as_bytes())?;
    }
    Ok(())
}

fn contents(places: &Places) -> Vec<(PathBuf, Value)> {
    let program = |name: &str| places.built(name).display().to_string();
    let ours = json!({
        "argv": [program("ferrolab-kernel"), "{connection_file}"],
        "display_name": "Rust (Ferrolab)",
        "language": "rust",
        "interrupt_mode": "message",
        "env": {"FERROLAB_HOME": places.home.display().to_string()},
        "metadata": {"debugger": false},
    });
    let stock = json!({
        "argv": [program("evcxr-stock"), "--control_file", "{connection_file}"],
        "display_name": "Rust (evcxr)",
        "language": "rust",
        "interrupt_mode": "message",
        "metadata": {"debugger": false},
    });
    // A learner has no use for a question about news in a first session.
    let settings = json!({
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": false,
            "doNotDisturbMode": true,
        },
    });
    let kernels = places.kernels();
    let mut all = vec![
        (kernels.join("ferrolab/kernel.json"), ours),
        (
            places
                .venv()
                .join("share/jupyter/lab/settings/overrides.json"),
            settings,
        ),
    ];
    if places.built("evcxr-stock").is_file() {
        all.push((kernels.join("evcxr/kernel.json"), stock));
    }
    all
}

/// A kernelspec that was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its name.
    pub(crate) name: String,
    /// What it says.
    pub(crate) spec: JupyterKernelspec,
}

/// Looks a kernel up: in our environment first, then where Jupyter looks.
pub(crate) fn find(places: Option<&Places>, name: &str) -> Result<Found> {
    let mut folders: Vec<PathBuf> = places.iter().map(|places| places.kernels()).collect();
    folders.extend(
        jupyter_zmq_client::data_dirs()
            .iter()
            .map(|folder| folder.join("kernels")),
    );
    if let Some(path) = std::env::var_os("JUPYTER_PATH") {
        folders.extend(std::env::split_paths(&path).map(|folder| folder.join("kernels")));
    }
    if let Some(environment) = std::env::var_os("VIRTUAL_ENV") {
        folders.push(Path::new(&environment).join("share/jupyter/kernels"));
    }
    for folder in &folders {
        let file = folder.join(name).join("kernel.json");
        if file.is_file() {
            let text = files::read(&file)?;
            let spec = serde_json::from_str(&text)
                .with_context(|| format!("`{}` is no kernelspec", file.display()))?;
            return Ok(Found {
                name: name.to_owned(),
                spec,
            });
        }
    }
    Err(not_found(name, &folders))
}

fn not_found(name: &str, folders: &[PathBuf]) -> anyhow::Error {
    let mut known: Vec<String> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    known.sort();
    known.dedup();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    let hint = if matches!(name, "ferrolab" | "evcxr") {
        "`cargo lab setup` builds and registers it".to_owned()
    } else {
        "name another with `--kernel NAME`".to_owned()
    };
    Fault::error(
        format!("there is no kernel `{name}`; there is: {known}"),
        hint,
    )
}
