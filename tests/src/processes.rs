//! Which processes are there, for tests that nothing is left behind.

use std::fs;
use std::time::{Duration, Instant};

/// A process, as `/proc` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: i32,
    /// Its command line, words separated by spaces.
    pub command: String,
}

/// The processes whose command line or environment holds `mark`. A mark in the environment goes to all
/// descendants, so a test that sets one finds whatever its programs started.
pub fn marked(mark: &str) -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .filter(|id| u32::try_from(*id).is_ok_and(|id| id != std::process::id()))
        .filter_map(|id| {
            let command = words(&format!("/proc/{id}/cmdline"))?;
            let environment = words(&format!("/proc/{id}/environ")).unwrap_or_default();
            // A process that ended and was not yet collected has neither.
            let has = command.contains(mark) || environment.contains(mark);
            has.then_some(Process { id, command })
        })
        .collect()
}

fn words(path: &str) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).replace('\0', " "))
}

/// Asserts that all processes with a mark are gone, after a moment in which they may end.
#[track_caller]
pub fn expect_none(mark: &str) {
    let deadline = Instant::now() + Duration::from_secs(15);
    let mut left = marked(mark);
    while !left.is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
        left = marked(mark);
    }
    assert!(left.is_empty(), "left behind: {left:#?}");
}
