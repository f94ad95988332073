//! Long sessions, and kernels that are killed.

use std::time::Duration;

use ferrolab_tests::python::all_pass;

#[test]
fn a_session_of_five_hundred_cells_does_not_grow() {
    all_pass("soak_test.py", Duration::from_secs(400));
}

#[test]
fn a_cache_that_two_kernels_share_survives_the_kills_of_one() {
    all_pass("shared_cache_test.py", Duration::from_secs(500));
}
