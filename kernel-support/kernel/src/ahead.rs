//! Compiles the next cells of the open notebook while nobody waits.
//!
//! rustc runs at the lowest priority here, and is ended as soon as the learner runs a cell. Crates
//! that are not there yet are left alone: to build one would run code that nobody has asked for.

use crate::cache::Cache;
use crate::compile::{Compiler, Watch};
use crate::forecast::{Forecast, Foreseen};
use crate::notebook;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many cells ahead.
const CELLS: usize = 4;

/// A learner who runs cell after cell is not to be disturbed in between.
const PAUSE: Duration = Duration::from_millis(30);

/// A handle on the thread that looks ahead.
pub(crate) struct Ahead {
    tasks: Option<Sender<Task>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// The number of the task that counts; a lower one is to be given up.
    wanted: AtomicU64,
    rustc: Mutex<Option<u32>>,
}

struct Task {
    number: u64,
    forecast: Forecast,
    /// The cell that was run last.
    last: String,
}

impl Ahead {
    /// Starts looking ahead in the notebook that Jupyter names. Nothing is done where it names none.
    pub(crate) fn start(folder: PathBuf, cache: Cache) -> Self {
        let state = Arc::<State>::default();
        let notebook = std::env::var_os("JPY_SESSION_NAME").map(PathBuf::from);
        let Some(notebook) = notebook.filter(|path| path.extension().is_some_and(|e| e == "ipynb"))
        else {
            return Self { tasks: None, state };
        };
        let (tasks, received) = channel();
        let worker = Worker {
            notebook,
            compiler: Compiler::new(folder, cache),
            state: Arc::clone(&state),
        };
        let started = std::thread::Builder::new()
            .name("ahead".into())
            .stack_size(16 << 20)
            .spawn(move || worker.run(&received));
        Self {
            tasks: started.is_ok().then_some(tasks),
            state,
        }
    }

    /// Gives up what is being done: the learner runs a cell.
    pub(crate) fn stop(&self) {
        self.state.wanted.fetch_add(1, Ordering::SeqCst);
        self.state.end_rustc();
    }

    /// Looks ahead from the cell that was run last and the session after it.
    pub(crate) fn look(&self, forecast: impl FnOnce() -> Forecast, last: &str) {
        if let Some(tasks) = &self.tasks {
            let number = self.state.wanted.load(Ordering::SeqCst);
            let task = Task {
                number,
                forecast: forecast(),
                last: last.to_owned(),
            };
            // The thread is gone only when the kernel ends.
            let _ = tasks.send(task);
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.stop();
    }
}

impl State {
    fn rustc(&self) -> MutexGuard<'_, Option<u32>> {
        self.rustc.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_rustc(&self) {
        if let Some(group) = self.rustc().take() {
            // SAFETY: a signal to a process group of ours that has not been waited for yet.
            unsafe { libc::kill(-group.cast_signed(), libc::SIGKILL) };
        }
    }
}

struct Worker {
    notebook: PathBuf,
    compiler: Compiler,
    state: Arc<State>,
}

impl Worker {
    fn run(mut self, tasks: &Receiver<Task>) {
        while let Ok(task) = tasks.recv() {
            // Only the newest counts.
            let task = tasks.try_iter().last().unwrap_or(task);
            std::thread::sleep(PAUSE);
            self.look(task);
        }
    }

    fn look(&mut self, mut task: Task) {
        let Ok(cells) = notebook::read(&self.notebook) else {
            return;
        };
        let Some(at) = cells.iter().rposition(|cell| cell.source == task.last) else {
            return;
        };
        for cell in cells.iter().skip(at + 1).take(CELLS) {
            let mut watch = Watcher {
                state: &self.state,
                number: task.number,
            };
            if watch.is_stale() {
                return;
            }
            let foreseen = task
                .forecast
                .step(cell, &mut self.compiler, &mut watch, None);
            if foreseen == Foreseen::Unclear {
                return;
            }
        }
    }
}

struct Watcher<'a> {
    state: &'a State,
    number: u64,
}

impl Watcher<'_> {
    fn is_stale(&self) -> bool {
        self.state.wanted.load(Ordering::SeqCst) != self.number
    }
}

impl Watch for Watcher<'_> {
    fn started(&mut self, group: u32) {
        *self.state.rustc() = Some(group);
        // The learner may have run a cell just before.
        if self.is_stale() {
            self.state.end_rustc();
        }
    }

    fn ended(&mut self, _group: u32) {
        self.state.rustc().take();
    }

    fn in_background(&self) -> bool {
        true
    }
}
