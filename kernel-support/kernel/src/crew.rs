//! The supervisor and its present worker, as the kernel knows them.
//!
//! Two sources tell of a worker, and which is heard first is left to chance: the supervisor names
//! it, and the worker says that it is ready. It takes requests once both have.

use crate::frame::{Frame, Ready};
use crate::pipes::{self, WorkerEnds};
use crate::processes;
use crate::pump::Event;
use anyhow::{Context, Result};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a worker may take to start or to take over.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the end of everything is awaited when the kernel stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// Why a worker died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Panic,
    Exit(i32),
    Signal(i32),
    StackOverflow,
    Interrupted,
    /// The cell closed our descriptors.
    ControlLost,
}

impl Cause {
    /// What the supervisor says of a death: a reason, or the status that the system gives.
    fn parse(word: &str) -> Self {
        let Ok(status) = word.parse::<i32>() else {
            return Self::Interrupted;
        };
        if libc::WIFEXITED(status) {
            return Self::Exit(libc::WEXITSTATUS(status));
        }
        match libc::WTERMSIG(status) {
            signal if signal == crate::cells::control_lost_signal() => Self::ControlLost,
            signal => Self::Signal(signal),
        }
    }
}

/// What the kernel hears of its workers.
#[derive(Debug)]
enum Signal {
    Frame(Frame),
    Supervisor(String),
    /// The supervisor of this number has ended.
    Gone(u64),
}

/// Hands what concerns the crew on to it.
pub(crate) struct Listener(Sender<Signal>);

impl Listener {
    pub(crate) fn hear(&self, event: &Event) {
        let signal = match event {
            Event::Supervisor(line) => Signal::Supervisor(line.clone()),
            Event::Control(frame) if frame.concerns_host() => Signal::Frame(frame.clone()),
            _ => return,
        };
        // The receiver is gone only when the kernel stops.
        let _ = self.0.send(signal);
    }
}

/// Owns the supervisor and, through it, the workers.
pub(crate) struct Crew {
    runtime: PathBuf,
    worker_ends: WorkerEnds,
    interrupter: CellInterrupter,
    send: Sender<Signal>,
    signals: Receiver<Signal>,
    /// Counts supervisors, to tell the end of the present one from that of one before.
    supervisor: u64,
    /// The worker that takes requests.
    worker: Option<i32>,
    /// The worker that the supervisor named last.
    named: i32,
    /// Whether that worker started without variables.
    fresh: bool,
    /// The last worker that said it is ready.
    ready: Ready,
    last_snapshot: Option<Duration>,
}

impl Crew {
    /// A crew without a supervisor.
    pub(crate) fn new(worker_ends: WorkerEnds, runtime: &Path) -> Self {
        let (send, signals) = mpsc::channel();
        Self {
            runtime: runtime.to_owned(),
            worker_ends,
            interrupter: CellInterrupter::default(),
            send,
            signals,
            supervisor: 0,
            worker: None,
            named: 0,
            fresh: false,
            ready: Ready::default(),
            last_snapshot: None,
        }
    }

    pub(crate) fn listener(&self) -> Listener {
        Listener(self.send.clone())
    }

    pub(crate) fn interrupter(&self) -> &CellInterrupter {
        &self.interrupter
    }

    pub(crate) fn set_runtime(&mut self, runtime: &Path) {
        self.runtime = runtime.to_owned();
    }

    /// The worker that takes requests.
    pub(crate) fn worker(&self) -> Option<i32> {
        self.worker
    }

    /// Whether the worker started without variables.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// What the worker said when it was ready.
    pub(crate) fn ready(&self) -> Ready {
        self.ready
    }

    /// How long the last snapshot took.
    pub(crate) fn last_snapshot(&self) -> Option<Duration> {
        self.last_snapshot
    }

    /// Starts a supervisor and, through it, a worker. Waits for neither.
    ///
    /// # Errors
    ///
    /// When the process or the thread that waits for its end cannot be started.
    pub(crate) fn start(&mut self) -> Result<()> {
        let mut command = pipes::supervisor_command(&self.worker_ends)?;
        command.arg(&self.runtime);
        let mut child = command
            .spawn()
            .context("the supervisor of cells cannot be started")?;
        let mut state = self.interrupter.state();
        state.commands = child.stdin.take();
        state.supervisor = Some(child.id().cast_signed());
        drop(state);
        self.supervisor += 1;
        self.worker = None;
        let (number, send) = (self.supervisor, self.send.clone());
        std::thread::Builder::new()
            .name("supervisor".into())
            .spawn(move || {
                let _ = child.wait();
                let _ = send.send(Signal::Gone(number));
            })?;
        Ok(())
    }

    /// Ends the supervisor, if there is one, and everything that it supervises.
    pub(crate) fn end(&mut self) {
        let mut gone = !self.interrupter.end_all();
        // Its worker's group, should the supervisor not have been able to end it.
        let worker = self.worker.take().unwrap_or(self.named);
        let until = Instant::now() + FAREWELL;
        while !gone {
            let left = until.saturating_duration_since(Instant::now());
            gone = match self.signals.recv_timeout(left) {
                Ok(Signal::Gone(number)) => number == self.supervisor,
                Ok(_) => false,
                Err(_) => true,
            };
        }
        self.named = 0;
        processes::end_group(worker);
    }

    /// Has the supervisor put a fresh worker in the place of this one. Whether it did.
    pub(crate) fn restart(&mut self) -> bool {
        self.worker = None;
        self.named = 0;
        if !self.command("restart") {
            return false;
        }
        // A worker that was taking over just then is replaced as well.
        for _ in 0..8 {
            self.worker = None;
            if self.await_worker().is_ok() && self.fresh {
                return true;
            }
        }
        false
    }

    /// Writes to the supervisor. Whether there was one to write to.
    fn command(&self, line: &str) -> bool {
        let mut state = self.interrupter.state();
        let commands = state.commands.as_mut();
        commands.is_some_and(|commands| writeln!(commands, "{line}").is_ok())
    }

    /// Waits until a worker takes requests.
    ///
    /// # Errors
    ///
    /// When it dies instead, or does not come in time.
    pub(crate) fn await_worker(&mut self) -> Result<(), Cause> {
        let until = Instant::now() + PATIENCE;
        while self.worker.is_none() {
            let left = until.saturating_duration_since(Instant::now());
            let signal = self.signals.recv_timeout(left);
            let signal = signal.map_err(|_| Cause::ControlLost)?;
            self.take(signal).map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// After a death: waits for the next worker, which may die as well. Whether one came.
    pub(crate) fn await_successor(&mut self) -> bool {
        (0..8).any(|_| self.await_worker().is_ok() || !self.interrupter.has_supervisor())
            && self.worker.is_some()
    }

    /// Hears what has been said meanwhile. Why the worker has died, if it has.
    pub(crate) fn catch_up(&mut self) -> Option<Cause> {
        let mut died = None;
        while let Ok(signal) = self.signals.try_recv() {
            died = died.or(self.take(signal));
        }
        died
    }

    /// The next frame of the worker.
    ///
    /// # Errors
    ///
    /// When there is none, because the worker has died.
    pub(crate) fn next(&mut self) -> Result<Frame, Cause> {
        loop {
            match self.signals.recv() {
                Ok(Signal::Frame(frame)) => {
                    self.note(&frame);
                    return Ok(frame);
                }
                Ok(signal) => self.take(signal).map_or(Ok(()), Err)?,
                // The crew itself holds a sender.
                Err(_) => return Err(Cause::ControlLost),
            }
        }
    }

    fn take(&mut self, signal: Signal) -> Option<Cause> {
        match signal {
            Signal::Frame(frame) => {
                self.note(&frame);
                None
            }
            Signal::Supervisor(line) => self.hear(&line),
            Signal::Gone(number) if number == self.supervisor => {
                self.worker = None;
                self.interrupter.end_all();
                Some(Cause::Signal(libc::SIGKILL))
            }
            Signal::Gone(_) => None,
        }
    }

    fn note(&mut self, frame: &Frame) {
        match frame {
            Frame::Ready(ready) => {
                self.ready = *ready;
                self.welcome();
            }
            Frame::Copied(time) => self.last_snapshot = Some(Duration::from_nanos(*time)),
            _ => {}
        }
    }

    /// What the supervisor says.
    fn hear(&mut self, line: &str) -> Option<Cause> {
        let mut words = line.split(' ');
        let (word, pid) = (words.next()?, words.next()?.parse().ok()?);
        match word {
            "died" => {
                self.worker = None;
                self.named = 0;
                return Some(Cause::parse(words.next().unwrap_or_default()));
            }
            "fresh" | "restored" => {
                self.fresh = word == "fresh";
                self.named = pid;
                self.welcome();
            }
            _ => {}
        }
        None
    }

    fn welcome(&mut self) {
        if self.named != 0 && self.ready.pid == self.named {
            self.worker = Some(self.named);
        }
    }
}

/// Ends the cell that runs.
#[derive(Clone, Default)]
pub(crate) struct CellInterrupter(Arc<Mutex<Running>>);

#[derive(Default)]
struct Running {
    supervisor: Option<i32>,
    /// The supervisor's standard input.
    commands: Option<ChildStdin>,
    /// The worker that runs a cell, and which.
    running: Option<(i32, u64)>,
}

impl CellInterrupter {
    fn state(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what runs, for an interrupt to end.
    pub(crate) fn set_running(&self, running: Option<(i32, u64)>) {
        self.state().running = running;
    }

    /// Ends the cell that runs now, if one does: never the worker that takes over.
    pub(crate) fn interrupt(&self) {
        let mut state = self.state();
        if let Some((worker, cell)) = state.running.take()
            && let Some(commands) = &mut state.commands
        {
            // Fails when the supervisor is gone, which ends the cell as well.
            let _ = writeln!(commands, "interrupt {worker} {cell}");
        }
    }

    /// Ends all processes for good. The supervisor does so when its input ends. Whether there was
    /// a supervisor.
    pub(crate) fn end_all(&self) -> bool {
        self.state().commands.take().is_some()
    }

    fn has_supervisor(&self) -> bool {
        self.state().commands.is_some()
    }

    /// The supervisor's process, also when it is about to end.
    pub(crate) fn supervisor(&self) -> Option<i32> {
        self.state().supervisor
    }
}
