use std::time::Duration;

/// The variable that lowers every measurement's time, for tests and slow machines.
const VARIABLE: &str = "FERROLAB_BENCH_BUDGET_MS";

/// The time for one piece of code, unless a single run takes longer.
pub(crate) fn timeit_budget() -> Duration {
    at_most(Duration::from_millis(400))
}

/// The time for a comparison.
pub(crate) fn compare_budget() -> Duration {
    at_most(Duration::from_millis(1_200))
}

/// The time for a scaling measurement.
pub(crate) fn scaling_budget() -> Duration {
    at_most(Duration::from_millis(2_000))
}

/// `normal`, or less if the environment says so.
fn at_most(normal: Duration) -> Duration {
    let asked = std::env::var(VARIABLE)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    asked.map_or(normal, |ms: u64| {
        normal.min(Duration::from_millis(ms.max(1)))
    })
}
