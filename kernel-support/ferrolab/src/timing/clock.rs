use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The smallest step the clock shows on this machine, measured once.
///
/// ```
/// assert!(ferrolab::timing::timer_precision().as_nanos() > 0);
/// ```
pub fn timer_precision() -> Duration {
    static PRECISION: OnceLock<Duration> = OnceLock::new();
    *PRECISION.get_or_init(|| {
        let smallest = (0..2_000).map(|_| one_step()).min();
        smallest
            .unwrap_or(Duration::from_nanos(1))
            .max(Duration::from_nanos(1))
    })
}

/// Waits until the clock moves and says by how much it did.
fn one_step() -> Duration {
    let start = Instant::now();
    loop {
        let step = start.elapsed();
        if !step.is_zero() {
            return step;
        }
    }
}

/// What one turn of the measuring loop costs when there is nothing to measure, in seconds.
///
/// A measured time near this says that the compiler removed the work.
pub(crate) fn empty_loop() -> f64 {
    static EMPTY: OnceLock<f64> = OnceLock::new();
    *EMPTY.get_or_init(|| {
        let turn = || super::engine::batch(20_000, &mut || black_box(())).as_secs_f64() / 20_000.0;
        (0..7).map(|_| turn()).fold(f64::INFINITY, f64::min)
    })
}
