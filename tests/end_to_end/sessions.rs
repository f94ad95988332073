//! What a session keeps from cell to cell, and what it offers beside Rust.

use std::time::Duration;

use ferrolab_tests::python::all_pass;

#[test]
fn what_learners_type_first_persists_or_says_what_to_write() {
    let names = all_pass("closures_test.py", Duration::from_secs(300));
    assert!(names.len() >= 18, "tests are missing: {names:?}");
}

#[test]
fn variables_of_types_defined_anew_are_dropped_and_never_misread() {
    let names = all_pass("types_test.py", Duration::from_secs(300));
    assert!(names.len() >= 16, "tests are missing: {names:?}");
}

#[test]
fn magics_and_input_do_what_they_say() {
    let names = all_pass("magics_test.py", Duration::from_secs(300));
    assert!(names.len() >= 14, "tests are missing: {names:?}");
}
