//! Everything a notebook cell needs: `use ferrolab::prelude::*;`.
//!
//! ```
//! use ferrolab::prelude::*;
//! let table = Table::new(["n", "square"]).row((3, 9));
//! assert!(table.to_text().contains("square"));
//! ```

pub use crate::display::{self, Show, Table, html, markdown, progress, svg, text};
pub use crate::plot;
pub use crate::python;
pub use crate::timing::{Comparison, Scaling, Stopwatch, Timing, scaling};
pub use crate::{compare, time, timed, timeit};
pub use std::hint::black_box;
