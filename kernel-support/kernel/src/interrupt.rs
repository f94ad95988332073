//! Ends what a cell is doing: its compilation, its run, or a program it started.

use crate::host::CellInterrupter;
use crate::processes;
use ferrolab::shell::Killer;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long the end of all processes is awaited when the kernel stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long an interrupt goes on ending what the cell starts next.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Default, Clone)]
enum Phase {
    #[default]
    Idle,
    /// The engine works, or the worker runs the cell.
    Cell,
    /// A program runs in place of a cell.
    Foreign(Killer),
}

#[derive(Default)]
struct State {
    phase: Phase,
    interrupted: bool,
    cells: Option<CellInterrupter>,
    /// The process groups of compilers that run for the cell.
    compilers: Vec<i32>,
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

    /// Names the host that runs cells.
    pub(crate) fn set_host(&self, cells: CellInterrupter) {
        self.state().cells = Some(cells);
    }

    /// A compiler runs for the cell, in a process group of its own. When an interrupt came before
    /// it started, it is ended at once. Say [`Self::compiled`] when it has ended.
    pub(crate) fn compiling(&self, group: i32) {
        let mut state = self.state();
        if state.interrupted {
            processes::end_group(group);
        }
        state.compilers.push(group);
    }

    /// The compiler has ended, and its number may come to belong to another process.
    pub(crate) fn compiled(&self, group: i32) {
        self.state().compilers.retain(|known| *known != group);
    }

    /// Whether the cell has been interrupted: then nothing more is to be started for it.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.state().interrupted
    }

    /// A cell starts, with its compilation.
    pub(crate) fn begin(&self) {
        let mut state = self.state();
        state.phase = Phase::Cell;
        state.interrupted = false;
    }

    /// The cell ended. Whether it was interrupted.
    pub(crate) fn end(&self) -> bool {
        let mut state = self.state();
        state.phase = Phase::Idle;
        std::mem::take(&mut state.interrupted)
    }

    /// The program has ended.
    pub(crate) fn foreign_ended(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Foreign(_)) {
            state.phase = Phase::Cell;
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
        self.end_current();
        let cells = self.state().cells.clone().unwrap_or_default();
        cells.end_all();
        // The supervisor ends all that a cell started, and would leave some of it if it were ended
        // itself in the middle of that.
        let supervisor = cells.supervisor();
        let own = std::process::id().cast_signed();
        processes::descendants(own, supervisor)
            .into_iter()
            .for_each(processes::end);
        let start = Instant::now();
        while supervisor.is_some_and(processes::exists) && start.elapsed() < FAREWELL {
            std::thread::sleep(Duration::from_millis(5));
        }
        processes::descendants(own, None)
            .into_iter()
            .for_each(processes::end);
    }

    fn end_current(&self) {
        let state = self.state();
        match &state.phase {
            Phase::Idle => {}
            Phase::Cell => {
                for group in &state.compilers {
                    processes::end_group(*group);
                }
                if let Some(cells) = &state.cells {
                    cells.interrupt();
                }
            }
            Phase::Foreign(killer) => {
                killer.kill();
            }
        }
    }
}
