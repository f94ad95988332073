//! What evcxr accepts is accepted, and gives the same result: the cells of `compat/` through both kernels.

use std::time::Duration;

use ferrolab_tests::python::all_pass;

#[test]
fn cells_give_the_same_as_in_stock_evcxr() {
    all_pass("compat_test.py", Duration::from_secs(600));
}
