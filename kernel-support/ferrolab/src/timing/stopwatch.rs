use super::format_duration;
use std::fmt;
use std::time::{Duration, Instant};

/// Measures wall time and the CPU time of the whole process from the moment it is made.
///
/// CPU time counts every thread: when it is larger than the wall time, several cores worked.
///
/// ```
/// use ferrolab::timing::Stopwatch;
/// let watch = Stopwatch::start();
/// let sum: u64 = (0..1_000).sum();
/// let reading = watch.read();
/// assert_eq!(sum, 499_500);
/// assert!(reading.to_string().starts_with("wall "));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    started: Instant,
    cpu: Duration,
}

/// What a [`Stopwatch`] showed: wall time and CPU time (user and system together).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Time on the clock on the wall.
    pub wall: Duration,
    /// Time spent on a core, in user code and in the system, summed over threads.
    pub cpu: Duration,
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        let cpu = process_cpu();
        Self {
            started: Instant::now(),
            cpu,
        }
    }

    /// The time since the start; the watch runs on.
    pub fn read(&self) -> Reading {
        let wall = self.started.elapsed();
        Reading {
            wall,
            cpu: process_cpu().saturating_sub(self.cpu),
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "wall {}, cpu {}",
            format_duration(self.wall),
            format_duration(self.cpu)
        )
    }
}

/// CPU time of this process so far, user and system.
fn process_cpu() -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is valid for writes of one `rusage`, which is all that getrusage touches.
    let code = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    if code != 0 {
        return Duration::ZERO;
    }
    // SAFETY: zeroed memory is a valid `rusage` (it holds integers only), and the call filled it.
    cpu_of(&unsafe { usage.assume_init() })
}

/// User and system time of a usage record.
pub(crate) fn cpu_of(usage: &libc::rusage) -> Duration {
    // CPU time is never negative; the width of `tv_usec` differs between systems.
    let part = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
    };
    part(usage.ru_utime) + part(usage.ru_stime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeping_costs_wall_time_but_hardly_any_cpu() {
        let watch = Stopwatch::start();
        std::thread::sleep(Duration::from_millis(30));
        let reading = watch.read();
        assert!(reading.wall >= Duration::from_millis(30));
    }

    #[test]
    fn work_costs_cpu_time() {
        let watch = Stopwatch::start();
        while watch.read().cpu < Duration::from_millis(5) {
            std::hint::black_box((0..1_000_u64).sum::<u64>());
        }
        assert!(watch.read().cpu >= Duration::from_millis(5));
    }
}
