//! Whatever a cell does: one error that names the cause, a kernel that answers, variables as before.

use std::time::Duration;

use ferrolab_tests::python::all_pass;

#[test]
fn a_fault_shows_one_error_and_changes_nothing() {
    let names = all_pass("fault_test.py", Duration::from_secs(400));
    assert!(names.len() >= 60, "faults are missing: {names:?}");
}

#[test]
fn an_interrupt_ends_whatever_a_cell_does() {
    let names = all_pass("interrupt_test.py", Duration::from_secs(300));
    assert!(names.len() >= 22, "interrupts are missing: {names:?}");
}

#[test]
fn output_is_neither_lost_nor_taken_for_a_message() {
    let names = all_pass("output_test.py", Duration::from_secs(300));
    assert!(names.len() >= 14, "tests are missing: {names:?}");
}

#[test]
fn threads_live_on_until_a_crash_says_that_they_are_gone() {
    let names = all_pass("threads_test.py", Duration::from_secs(400));
    assert!(names.len() >= 5, "tests are missing: {names:?}");
}
