//! Where the course, the built programs and what the tests leave behind lie.

use std::path::{Path, PathBuf};

/// The course under test: the folder above this package.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("the package lies in the course")
        .to_path_buf()
}

/// A file or folder of this package.
pub fn package(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Cargo's target folder. A test program is `<target>/debug/deps/NAME-HASH`.
///
/// # Panics
///
/// When the test program was moved out of there.
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a test knows its own program");
    let target = program.ancestors().nth(3);
    target
        .expect("cargo puts tests into `<target>/debug/deps`")
        .to_path_buf()
}

/// What `ferrolab setup` makes: the learner's own, shared with all tests.
pub fn home() -> PathBuf {
    match std::env::var_os("FERROLAB_HOME") {
        Some(home) if !home.is_empty() => root().join(home),
        _ => target().join("ferrolab"),
    }
}

/// A program that cargo built.
pub fn built(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

/// The Python with JupyterLab that the set-up made.
pub fn python() -> PathBuf {
    home().join("venv/bin/python")
}

/// Where tests put what a person may want to look at: screenshots, executed notebooks, logs.
///
/// # Panics
///
/// When the folder cannot be made.
pub fn artefacts() -> PathBuf {
    let folder = target().join("ferrolab-tests");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}
