//! What `#[timed]` expands to.

use super::{Reading, Stopwatch};
use std::cell::Cell;

thread_local! {
    /// How many timed functions this thread is in, for the indentation.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Lives as long as a timed call and prints its time at the end, also after `?`, an early
/// return or a panic.
#[derive(Debug)]
pub struct TimedCall {
    name: &'static str,
    watch: Stopwatch,
    nested: bool,
}

impl TimedCall {
    /// Starts the clock of a plain call.
    pub fn start(name: &'static str) -> Self {
        DEPTH.with(|depth| depth.set(depth.get() + 1));
        Self {
            name,
            watch: Stopwatch::start(),
            nested: true,
        }
    }

    /// Starts the clock of an asynchronous call, which may end on another thread; it is
    /// therefore not counted into the indentation.
    pub fn start_async(name: &'static str) -> Self {
        Self {
            name,
            watch: Stopwatch::start(),
            nested: false,
        }
    }
}

impl Drop for TimedCall {
    fn drop(&mut self) {
        let reading = self.watch.read();
        let mut depth = 0;
        if self.nested {
            depth = DEPTH.with(|cell| cell.get().saturating_sub(1));
            DEPTH.with(|cell| cell.set(depth));
        }
        println!(
            "{}",
            line(self.name, depth, reading, std::thread::panicking())
        );
    }
}

/// One call's line; inner calls are indented under the one that made them.
fn line(name: &str, depth: usize, reading: Reading, panicking: bool) -> String {
    let end = if panicking { " (panicked)" } else { "" };
    format!("{:indent$}{name}: {reading}{end}", "", indent = depth * 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_function_and_its_depth() {
        let text = line("f", 2, Reading::default(), true);
        assert_eq!(text, "    f: wall 0 ns, cpu 0 ns (panicked)");
    }
}
