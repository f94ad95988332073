//! The processes of a kernel: how much memory they take together, and whether any is left over.

use serde::{Deserialize, Serialize};

/// How memory was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// Proportional set size: a page that several processes share counts once.
    Pss,
    /// Resident set size, where the system does not tell the former: shared pages count each time.
    Rss,
}

/// The most that a kernel and all its descendants took together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Peak {
    /// How much.
    pub(crate) bytes: u64,
    /// How it was counted.
    pub(crate) measure: Measure,
}

/// A process, told from a later one with the same number by when it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    id: i32,
    started: u64,
}

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{Watch, end, tree};
#[cfg(target_os = "linux")]
pub(crate) use linux::{Watch, end, tree};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::JoinHandle;
    use std::time::{Duration, Instant};

    use super::{Measure, Peak, Process};

    /// The pause between two looks. A longer one follows a look that took long: reading the size of a
    /// large process stops its memory management, and must not slow down what is measured.
    const PAUSE: Duration = Duration::from_millis(50);
    /// So many times as long as the look itself.
    const RARE: u32 = 40;
    /// How long processes may take to end after their kernel did.
    const GRACE: Duration = Duration::from_secs(2);

    /// Looks at the processes of a kernel until it is finished.
    pub(crate) struct Watch {
        over: Arc<AtomicBool>,
        thread: JoinHandle<Option<Peak>>,
    }

    impl Watch {
        /// Starts to look.
        pub(crate) fn start(root: u32) -> Self {
            let over = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&over);
            let thread = std::thread::spawn(move || {
                let mut peak: Option<Peak> = None;
                while !seen.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    let now = taken(root);
                    if peak.is_none_or(|peak| now.is_some_and(|now| now.bytes > peak.bytes)) {
                        peak = now;
                    }
                    std::thread::park_timeout(PAUSE.max(start.elapsed() * RARE));
                }
                peak
            });
            Self { over, thread }
        }

        /// The most that was seen.
        pub(crate) fn finish(self) -> Option<Peak> {
            self.over.store(true, Ordering::Relaxed);
            self.thread.thread().unpark();
            self.thread.join().ok().flatten()
        }
    }

    fn taken(root: u32) -> Option<Peak> {
        let all = tree(root);
        let sum = |size: fn(i32) -> Option<u64>| -> Option<u64> {
            let sizes: Vec<u64> = all.iter().filter_map(|process| size(process.id)).collect();
            (!sizes.is_empty()).then(|| sizes.iter().sum())
        };
        let (bytes, measure) = match sum(proportional) {
            Some(bytes) => (bytes, Measure::Pss),
            None => (sum(resident)?, Measure::Rss),
        };
        Some(Peak { bytes, measure })
    }

    fn proportional(id: i32) -> Option<u64> {
        kilobytes(&format!("/proc/{id}/smaps_rollup"), "Pss:")
    }

    fn resident(id: i32) -> Option<u64> {
        kilobytes(&format!("/proc/{id}/status"), "VmRSS:")
    }

    fn kilobytes(file: &str, name: &str) -> Option<u64> {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let number: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(number * 1024)
    }

    /// A process and all its descendants that are there now.
    pub(crate) fn tree(root: u32) -> Vec<Process> {
        let mut all: Vec<Process> = i32::try_from(root)
            .ok()
            .and_then(look)
            .into_iter()
            .collect();
        let mut at = 0;
        while let Some(process) = all.get(at).copied() {
            at += 1;
            for child in children(process.id) {
                if !all.contains(&child) {
                    all.push(child);
                }
            }
        }
        all
    }

    /// Each thread of a process has a list of the children it started.
    fn children(id: i32) -> Vec<Process> {
        let threads = fs::read_dir(format!("/proc/{id}/task"))
            .into_iter()
            .flatten();
        let lists = threads
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        lists
            .flat_map(|list| {
                let ids: Vec<i32> = list
                    .split_whitespace()
                    .filter_map(|id| id.parse().ok())
                    .collect();
                ids
            })
            .filter_map(look)
            .collect()
    }

    /// The process with a number, unless it is gone or only waits to be collected.
    fn look(id: i32) -> Option<Process> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name, in parentheses, may hold spaces and parentheses itself.
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let started = fields.get(19)?.parse().ok()?;
        (fields[0] != "Z").then_some(Process { id, started })
    }

    /// Waits a little for processes to end, then ends them; tells how many had to be.
    pub(crate) async fn end(processes: &[Process]) -> usize {
        let alive = || {
            processes
                .iter()
                .filter(|process| look(process.id) == Some(**process))
        };
        let deadline = Instant::now() + GRACE;
        while alive().next().is_some() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let left: Vec<&Process> = alive().collect();
        for process in &left {
            // SAFETY: `kill` has no memory effects. The process descends from our kernel: it has
            // the number and the time of start that were noted when it did.
            unsafe {
                libc::kill(process.id, libc::SIGKILL);
            }
        }
        left.len()
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::process::Group;
        use std::process::Command;

        #[tokio::test]
        async fn children_are_seen_measured_and_ended() {
            let mut command = Command::new("sh");
            command.args(["-c", "sleep 600 & sleep 600 & wait"]);
            let group = Group::spawn(&mut command).unwrap();
            let root = group.0.id();
            let deadline = Instant::now() + Duration::from_secs(20);
            while tree(root).len() < 3 {
                assert!(Instant::now() < deadline, "{:?}", tree(root));
                std::thread::sleep(Duration::from_millis(5));
            }
            let watch = Watch::start(root);
            std::thread::sleep(Duration::from_millis(100));
            let peak = watch.finish().unwrap();
            assert!(peak.bytes > 50_000, "{peak:?}");
            let sleepers: Vec<Process> = tree(root).split_off(1);
            assert_eq!(end(&sleepers).await, 2);
            assert_eq!(end(&sleepers).await, 0);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::{Peak, Process};

    /// Memory is measured on Linux only.
    pub(crate) struct Watch;

    impl Watch {
        pub(crate) fn start(_root: u32) -> Self {
            Self
        }

        pub(crate) fn finish(self) -> Option<Peak> {
            None
        }
    }

    pub(crate) fn tree(_root: u32) -> Vec<Process> {
        Vec::new()
    }

    pub(crate) async fn end(_processes: &[Process]) -> usize {
        0
    }
}
