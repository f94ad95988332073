//! `ferrolab run` where no kernel is needed; the real kernel is driven by the package `ferrolab-tests`.

use crate::course::Course;

#[test]
fn what_is_no_notebook_is_refused() {
    let course = Course::new();
    course.write("text.ipynb", "hello");
    course
        .ferrolab(&["run", "text.ipynb"])
        .ends_with(2)
        .warns("`text.ipynb` is no notebook")
        .warns("hint:");
    course.write("other.ipynb", "{\"a\": 1}");
    course
        .ferrolab(&["run", "other.ipynb"])
        .ends_with(2)
        .warns("is no notebook");
    course
        .ferrolab(&["run", "none.ipynb"])
        .ends_with(2)
        .warns("`none.ipynb` cannot be read");
}

#[test]
fn a_kernel_that_is_not_registered_is_named() {
    let course = Course::new();
    course.ferrolab(&["notebooks"]).ends_with(0);
    course
        .ferrolab(&["run", "notebooks/01_first.ipynb"])
        .ends_with(2)
        .warns("there is no kernel `ferrolab`")
        .warns("hint: `cargo lab setup`");
}

/// A kernel that ends at once must not leave us waiting.
#[cfg(unix)]
#[test]
fn a_kernel_that_dies_at_its_start_is_reported() {
    let course = Course::new();
    course.ferrolab(&["notebooks"]).ends_with(0);
    course.write(
        "target/home/venv/share/jupyter/kernels/ferrolab/kernel.json",
        r#"{"argv": ["sh", "-c", "echo last words >&2; exit 3", "{connection_file}"], "display_name": "x", "language": "rust"}"#,
    );
    course
        .ferrolab(&["run", "notebooks/01_first.ipynb"])
        .ends_with(2)
        .warns("the kernel `ferrolab` ended while it started")
        .warns("last words");
}
