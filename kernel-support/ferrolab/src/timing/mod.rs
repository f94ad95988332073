//! Measuring: one run, many runs, several programs beside each other, and speed against threads.
//!
//! | a cell writes | and sees |
//! |---|---|
//! | `time!(expr)` | wall and CPU time of one run; the value comes back |
//! | `timeit!(expr)` | the median of many runs, with its spread |
//! | `compare! { "a" => x, "b" => y }` | both, interleaved, with an interval on the ratio |
//! | `scaling(1..=8, \|n\| …)` | speed-up against `n`, with a fit of Amdahl's law |
//! | `#[timed] fn f() …` | the time of each call |
//!
//! The README beside this module's source says how the numbers are made and what they mean.
//! The environment variable `FERROLAB_BENCH_BUDGET_MS` caps how long each measurement takes.

pub(crate) mod answer;
mod budget;
mod clock;
mod comparison;
mod duration;
pub(crate) mod engine;
mod macros;
mod scaling;
mod scaling_view;
mod stats;
mod stopwatch;
pub(crate) mod timed;
mod timeit;
mod verdict;

pub use answer::Agreement;
pub use clock::timer_precision;
pub use comparison::{Arm, Comparison};
pub(crate) use duration::unit_for;
pub use duration::{format_duration, format_seconds};
pub use engine::Visit;
pub use scaling::{Amdahl, Scaling, ScalingPoint, scaling};
pub use stats::{Interval, median, median_interval, quantile};
pub(crate) use stopwatch::cpu_of;
pub use stopwatch::{Reading, Stopwatch};
pub use timeit::{Timing, timeit};

pub(crate) use budget::{compare_budget, timeit_budget as budget};
