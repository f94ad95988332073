//! Cells that fail, that never end, and kernels that are killed, through `ferrolab run`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use ferrolab_tests::course::Scratch;
use ferrolab_tests::prepared::prepare;
use ferrolab_tests::processes::{expect_none, marked};
use ferrolab_tests::program::{Group, run};
use ferrolab_tests::python::Jupyter;
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(120);

fn write_notebook(scratch: &Scratch, cells: &[&str]) -> String {
    let cell = |(at, source): (usize, &&str)| {
        json!({"cell_type": "code", "id": format!("cell-{at}"), "metadata": {}, "source": source,
            "execution_count": null, "outputs": []})
    };
    let notebook = json!({
        "cells": cells.iter().enumerate().map(cell).collect::<Vec<_>>(),
        "metadata": {"kernelspec": {"name": "ferrolab", "display_name": "Rust (Ferrolab)", "language": "rust"}},
        "nbformat": 4, "nbformat_minor": 5,
    });
    scratch.write("notebooks/test.ipynb", &notebook.to_string());
    "notebooks/test.ipynb".to_owned()
}

#[test]
fn a_cell_that_fails_is_shown_and_ends_the_run() {
    prepare();
    let scratch = Scratch::with_set_up();
    let notebook = write_notebook(
        &scratch,
        &[
            "println!(\"first\");",
            "let number: i32 = \"seven\";",
            "std::fs::write(\"reached\", \"x\").unwrap();",
        ],
    );
    let mut command = scratch.ferrolab(&["run", &notebook, "--output", "out"]);
    let jupyter = Jupyter::new();
    jupyter.set(&mut command);
    let outcome = run(command, LIMIT);
    outcome.expect_code(1).expect_no_panic();
    for text in [
        "cell 2",
        "let number: i32 = \"seven\";",
        "E0308",
        "expected `i32`, found `&str`",
    ] {
        outcome.expect_text(text);
    }
    assert!(
        !scratch.path("notebooks/reached").exists(),
        "cells after the failing one were run"
    );
}

#[test]
fn an_endless_cell_is_stopped_at_its_limit() {
    prepare();
    let scratch = Scratch::with_set_up();
    let notebook = write_notebook(&scratch, &["loop { std::hint::spin_loop(); }"]);
    let mark = format!("ferrolab-mark-endless-{}", std::process::id());
    let mut command = scratch.ferrolab(&["run", &notebook, "--timeout", "15"]);
    let jupyter = Jupyter::new();
    jupyter.set(&mut command);
    command.env("FERROLAB_TEST_MARK", &mark);
    let outcome = run(command, LIMIT);
    outcome
        .expect_code(1)
        .expect_text("still running")
        .expect_text("--timeout");
    expect_none(&mark);
}

/// Starts a notebook whose only cell never ends, and waits until that cell runs.
fn running_notebook(scratch: &Scratch, mark: &str) -> (Group, Jupyter) {
    let notebook = write_notebook(
        scratch,
        &["std::fs::write(\"running\", \"x\").unwrap();\nloop { std::thread::park(); }"],
    );
    let mut command = scratch.ferrolab(&["run", &notebook]);
    let jupyter = Jupyter::new();
    jupyter.set(&mut command);
    command
        .env("FERROLAB_TEST_MARK", mark)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command.stderr(std::fs::File::create(scratch.path("said")).expect("made"));
    let group = Group::start(&mut command).expect("started");
    let deadline = Instant::now() + LIMIT;
    while !scratch.path("notebooks/running").exists() {
        assert!(
            Instant::now() < deadline,
            "the cell did not start:\n{}",
            scratch.read("said")
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    (group, jupyter)
}

#[test]
fn a_kernel_killed_in_mid_run_is_reported() {
    prepare();
    let scratch = Scratch::with_set_up();
    let mark = format!("ferrolab-mark-killed-{}", std::process::id());
    let (mut group, _jupyter) = running_notebook(&scratch, &mark);
    let kernels = marked(&mark);
    let kernel = kernels
        .iter()
        .find(|p| p.command.contains("ferrolab-kernel") && p.command.contains("connection"));
    let kernel = kernel.unwrap_or_else(|| panic!("no kernel among {kernels:#?}"));
    // SAFETY: `kill` has no memory effects.
    unsafe {
        libc::kill(kernel.id, libc::SIGKILL);
    }
    let status = group.wait(Duration::from_secs(60));
    let said = scratch.read("said");
    assert_eq!(status.and_then(|status| status.code()), Some(1), "{said}");
    assert!(
        said.contains("the kernel died") && said.contains("cell 1"),
        "{said}"
    );
    expect_none(&mark);
}

#[test]
fn a_stopped_run_leaves_no_process() {
    prepare();
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGKILL] {
        let scratch = Scratch::with_set_up();
        let mark = format!("ferrolab-mark-stopped-{signal}-{}", std::process::id());
        let (mut group, _jupyter) = running_notebook(&scratch, &mark);
        group.signal(signal);
        let status = group
            .wait(Duration::from_secs(30))
            .expect("a stopped run ends");
        assert!(!status.success());
        expect_none(&mark);
    }
}
