//! `ferrolab bench` where no kernel is needed: what it refuses, and before it measures anything.

use crate::course::Course;

/// Kernels that end at once: whoever starts one in vain says so.
#[cfg(unix)]
fn with_kernels() -> Course {
    let course = Course::new();
    course.ferrolab(&["notebooks"]).ends_with(0);
    for name in ["ferrolab", "evcxr"] {
        course.write(
            &format!("target/home/venv/share/jupyter/kernels/{name}/kernel.json"),
            r#"{"argv": ["sh", "-c", "echo last words >&2; exit 3", "{connection_file}"], "display_name": "x", "language": "rust"}"#,
        );
    }
    course
}

#[test]
fn what_is_not_measured_yet_is_said() {
    let course = Course::new();
    for subject in ["toolkit", "all"] {
        course
            .ferrolab(&["bench", subject])
            .ends_with(2)
            .warns(&format!("`bench {subject}` is not there yet"))
            .warns("hint: `ferrolab bench cells`");
    }
    course
        .ferrolab(&["bench", "kernels"])
        .ends_with(2)
        .warns("[possible values: cells, toolkit, all]");
}

#[test]
fn rounds_are_a_sensible_number() {
    let course = Course::new();
    for rounds in ["0", "101", "many"] {
        course
            .ferrolab(&["bench", "cells", "--rounds", rounds])
            .ends_with(2)
            .warns("--rounds");
    }
}

#[test]
fn files_that_cannot_be_written_are_refused_at_once() {
    let course = Course::new();
    course
        .ferrolab(&["bench", "cells", "--picture", "ratios.png"])
        .ends_with(2)
        .warns("`ratios.png` is no name for an SVG picture")
        .warns("hint:");
    course
        .ferrolab(&["bench", "cells", "--json", "none/bench.json"])
        .ends_with(2)
        .warns("`none/bench.json` cannot be written");
    course
        .ferrolab(&["bench", "cells", "--json", "lessons"])
        .ends_with(2)
        .warns("`lessons` cannot be written");
}

#[cfg(unix)]
#[test]
fn a_kernel_that_is_missing_is_named() {
    let course = with_kernels();
    for name in ["evcxr", "ferrolab"] {
        let folder = format!("target/home/venv/share/jupyter/kernels/{name}");
        std::fs::remove_dir_all(course.path(&folder)).unwrap();
        course
            .ferrolab(&["bench", "cells"])
            .ends_with(2)
            .warns(&format!("there is no kernel `{name}`"))
            .warns("hint: `cargo lab setup`");
    }
}

#[cfg(unix)]
#[test]
fn a_kernel_that_dies_at_its_start_is_reported() {
    let course = with_kernels();
    let before = course.tree();
    course
        .ferrolab(&["bench", "--rounds", "1", "--json", "bench.json"])
        .ends_with(2)
        .warns("the kernel `ferrolab` ended while it started")
        .warns("last words");
    assert_eq!(course.tree(), before, "a file was written");
}
