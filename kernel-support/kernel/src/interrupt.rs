//! Ends what a cell is doing: its compilation, its run, or a program it started.

use ferrolab::shell::Killer;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long an interrupt goes on ending what the cell starts next.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Default, Clone)]
enum Phase {
    #[default]
    Idle,
    /// evcxr works: cargo and rustc may be running.
    Compiling,
    /// The worker runs the cell.
    Running,
    /// A program runs in place of a cell.
    Foreign(Killer),
}

#[derive(Default)]
struct State {
    phase: Phase,
    interrupted: bool,
    worker: Option<Arc<Mutex<Child>>>,
}

/// Shared by the engine, the output thread and the control channel.
#[derive(Clone)]
pub(crate) struct Interrupter {
    state: Arc<Mutex<State>>,
    cancel_questions: watch::Sender<u64>,
}

impl Interrupter {
    pub(crate) fn new() -> (Self, watch::Receiver<u64>) {
        let (cancel_questions, cancelled) = watch::channel(0);
        let state = Arc::default();
        (
            Self {
                state,
                cancel_questions,
            },
            cancelled,
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Names the worker. The handle stays true when evcxr starts another.
    pub(crate) fn set_worker(&self, worker: Arc<Mutex<Child>>) {
        self.state().worker = Some(worker);
    }

    /// A cell starts, with its compilation.
    pub(crate) fn begin(&self) {
        let mut state = self.state();
        state.phase = Phase::Compiling;
        state.interrupted = false;
    }

    /// The cell ended. Whether it was interrupted.
    pub(crate) fn end(&self) -> bool {
        let mut state = self.state();
        state.phase = Phase::Idle;
        std::mem::take(&mut state.interrupted)
    }

    /// The worker says that it starts or ends running.
    pub(crate) fn running(&self, running: bool) {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Idle) {
            state.phase = if running {
                Phase::Running
            } else {
                Phase::Compiling
            };
        }
    }

    /// A program runs now. When an interrupt came before it started, it is ended at once.
    pub(crate) fn foreign(&self, killer: Killer) {
        let mut state = self.state();
        if state.interrupted {
            killer.kill();
        }
        state.phase = Phase::Foreign(killer);
    }

    /// Ends what runs, and what it goes on to start, until the cell has ended.
    pub(crate) fn interrupt(&self) {
        if matches!(self.state().phase, Phase::Idle) {
            return;
        }
        self.state().interrupted = true;
        self.cancel_questions.send_modify(|count| *count += 1);
        let start = Instant::now();
        while start.elapsed() < PATIENCE && self.state().interrupted {
            self.end_current();
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the worker and all compilers: the kernel stops.
    pub(crate) fn interrupt_for_good(&self) {
        self.cancel_questions.send_modify(|count| *count += 1);
        let (phase, worker) = self.current();
        if let Phase::Foreign(killer) = phase {
            killer.kill();
        }
        worker.into_iter().for_each(end_group);
        end_compilers(None);
    }

    fn end_current(&self) {
        let (phase, worker) = self.current();
        match phase {
            Phase::Idle => {}
            Phase::Compiling => end_compilers(worker),
            Phase::Running => worker.into_iter().for_each(end_group),
            Phase::Foreign(killer) => {
                killer.kill();
            }
        }
    }

    /// The phase, and the worker's process unless evcxr is just replacing it.
    fn current(&self) -> (Phase, Option<i32>) {
        let (phase, worker) = {
            let state = self.state();
            (state.phase.clone(), state.worker.clone())
        };
        let child = worker.as_ref().and_then(|worker| worker.try_lock().ok());
        (phase, child.map(|child| child.id().cast_signed()))
    }
}

fn end_group(group: i32) {
    // SAFETY: a signal to a process group; the group is one that the kernel started.
    unsafe { libc::kill(-group, libc::SIGKILL) };
}

/// Ends all that descends from the kernel, but for the worker and what belongs to it.
fn end_compilers(worker: Option<i32>) {
    let parents = parents();
    let own = std::process::id().cast_signed();
    for (pid, _) in &parents {
        let mut ancestor = *pid;
        let mut descends = false;
        while let Some((_, parent)) = parents.iter().find(|(pid, _)| *pid == ancestor) {
            if Some(ancestor) == worker {
                descends = false;
                break;
            }
            descends |= *parent == own;
            ancestor = *parent;
        }
        if descends {
            // SAFETY: a signal to a process that the kernel started, directly or not.
            unsafe { libc::kill(*pid, libc::SIGKILL) };
        }
    }
}

/// Every process and its parent.
#[cfg(target_os = "linux")]
fn parents() -> Vec<(i32, i32)> {
    let Ok(folder) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    folder
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name of the program, in brackets, may hold anything.
            let parent = stat
                .rsplit_once(')')?
                .1
                .split_whitespace()
                .nth(1)?
                .parse()
                .ok()?;
            Some((pid, parent))
        })
        .collect()
}

/// Every process and its parent.
#[cfg(not(target_os = "linux"))]
fn parents() -> Vec<(i32, i32)> {
    let listed = std::process::Command::new("ps")
        .args(["-A", "-o", "pid=,ppid="])
        .output();
    let text = listed
        .map(|out| String::from_utf8_lossy(&out.stdout).into_owned())
        .unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (pid, parent) = line.trim().split_once(char::is_whitespace)?;
            Some((pid.parse().ok()?, parent.trim().parse().ok()?))
        })
        .collect()
}
