//! The kernel's handle on the processes that run cells.
//!
//! [`Host::run`] returns when a cell has come to its end, or when the worker has died of it and
//! another has taken its place. Of a death the kernel always learns from the supervisor: a cell can
//! close the worker's descriptors, but not the supervisor's.

use crate::crew::Crew;
pub(crate) use crate::crew::{Cause, CellInterrupter};
use crate::frame::{Frame, LONGEST, Spent};
use crate::pipes::{KernelEnds, WorkerEnds};
use crate::pump::{Event, Pump};
use crate::request::Request;
use anyhow::Result;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

/// How a cell ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It came to its end.
    Done(Spent),
    /// It panicked, and there was no snapshot: the worker goes on without the variables that the
    /// cell had taken. [`Host::names`] says which are left.
    WentOn(Spent),
    /// Its library cannot be loaded, for this reason. Nothing has changed.
    NotLoaded(String),
    /// It ended the worker.
    Died(Death),
}

/// A worker's death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) cause: Cause,
    /// None: there was no snapshot, all variables are lost.
    pub(crate) restored: Option<Restored>,
}

/// What came back, and what did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Restored {
    /// Threads of earlier cells that are gone.
    pub(crate) threads: usize,
    /// An async runtime, or another value that lives as long as the session, is gone.
    pub(crate) runtimes: bool,
    /// The worker died so soon after the last finished cell that its changes are lost too.
    pub(crate) undone: bool,
}

/// Runs cells, and has them undone when they fail.
pub(crate) struct Host {
    crew: Crew,
    control: OwnedFd,
    pump: Pump,
    /// The last cell that was run to its end.
    cell: u64,
    snapshots: bool,
    idle_death: Option<Death>,
}

impl Host {
    /// Starts the supervisor and the first worker, and does not wait for either. `sink` gets what
    /// the worker prints and reports, on a thread of its own.
    ///
    /// # Errors
    ///
    /// When a process or a thread cannot be started.
    pub(crate) fn start(
        (kernel_ends, worker_ends): (KernelEnds, WorkerEnds),
        runtime: &Path,
        mut sink: impl FnMut(Event) + Send + 'static,
    ) -> Result<Self> {
        let control = kernel_ends.control.try_clone()?;
        let mut crew = Crew::new(worker_ends, runtime);
        let listener = crew.listener();
        let pump = Pump::start(kernel_ends, move |event| {
            listener.hear(&event);
            sink(event);
        })?;
        crew.start()?;
        Ok(Self {
            crew,
            control,
            pump,
            cell: 0,
            snapshots: true,
            idle_death: None,
        })
    }

    /// Runs a cell. Drops these variables first; they come back too when the cell fails.
    pub(crate) fn run(&mut self, library: &Path, forget: &[String]) -> Ending {
        if let Err(death) = self.settle() {
            // Told now, and not once more.
            self.idle_death = None;
            return Ending::Died(death);
        }
        let number = self.cell + 1;
        let token = uuid::Uuid::new_v4().as_u64_pair().0;
        let request = Request::Run {
            cell: number,
            token,
            library: library.to_owned(),
            forget: forget.to_vec(),
        };
        match self.send(&request).and_then(|()| self.await_ending(token)) {
            Ok(ending) => {
                if matches!(ending, Ending::Done(_) | Ending::WentOn(_)) {
                    self.cell = number;
                }
                self.interruptible(false);
                ending
            }
            Err(cause) => self.ending_by(cause, number),
        }
    }

    /// Drops variables now.
    pub(crate) fn forget(&mut self, names: &[String]) {
        // As many as surely fit in a message.
        for part in names.chunks(100) {
            self.ask(&Request::Forget(part.to_vec()));
        }
    }

    /// The names of the variables that the worker holds.
    pub(crate) fn names(&mut self) -> Vec<String> {
        self.ask(&Request::Names)
    }

    /// A fresh worker, without variables.
    pub(crate) fn restart(&mut self) {
        // How the old one fared does not matter any more.
        let _ = self.settle();
        self.idle_death = None;
        if self.crew.restart() {
            self.begin_anew();
        } else {
            self.revive();
        }
    }

    /// A fresh worker with another runtime.
    pub(crate) fn restart_with(&mut self, runtime: &Path) {
        self.crew.set_runtime(runtime);
        self.revive();
        self.idle_death = None;
    }

    /// Whether cells are to be undone when they fail.
    pub(crate) fn set_snapshots(&mut self, on: bool) {
        self.snapshots = on;
        self.ask(&Request::Snapshots(on));
    }

    /// Waits until all output so far has been published.
    pub(crate) fn barrier(&self) {
        self.pump.barrier();
    }

    /// A handle that ends what runs.
    pub(crate) fn interrupter(&self) -> CellInterrupter {
        self.crew.interrupter().clone()
    }

    /// How long the last snapshot took, as far as the worker has said so yet.
    pub(crate) fn last_snapshot(&self) -> Option<Duration> {
        self.crew.last_snapshot()
    }

    /// A death between two cells: a thread of an earlier one may end the whole process. Told once.
    pub(crate) fn idle_death(&mut self) -> Option<Death> {
        // What is found is kept in any case.
        let _ = self.settle();
        self.idle_death.take()
    }

    /// Waits until a worker takes requests. A death that was not expected is noted.
    ///
    /// # Errors
    ///
    /// When variables were lost by it: a cell that was compiled for them must not run.
    fn settle(&mut self) -> Result<(), Death> {
        let died = self.crew.catch_up();
        let came = || self.crew.await_worker().err();
        let Some(cause) = died.or_else(came) else {
            return Ok(());
        };
        let death = self.recover(cause);
        self.idle_death = Some(death);
        let whole = death.restored.is_some_and(|restored| !restored.undone);
        if whole { Ok(()) } else { Err(death) }
    }

    /// Sends a request that is answered, and gives the names in the answer. If the worker dies of
    /// it, its successor is asked: what it brings back is not as the request wants it.
    fn ask(&mut self, request: &Request) -> Vec<String> {
        for _ in 0..3 {
            // A death that is found here is noted; the successor can be asked all the same.
            let _ = self.settle();
            let answer = self.send(request).and_then(|()| self.await_answer());
            self.interruptible(false);
            match answer {
                Ok(names) => return names,
                Err(cause) => self.idle_death = Some(self.recover(cause)),
            }
        }
        Vec::new()
    }

    fn await_answer(&mut self) -> Result<Vec<String>, Cause> {
        let mut names = Vec::new();
        loop {
            match self.crew.next()? {
                Frame::Names(part) => names.extend(part),
                Frame::Answered => return Ok(names),
                _ => {}
            }
        }
    }

    fn await_ending(&mut self, token: u64) -> Result<Ending, Cause> {
        let mut suspected = None;
        loop {
            match self.crew.next() {
                Ok(Frame::End(spent)) if spent.token == token => return Ok(Ending::Done(spent)),
                Ok(Frame::WentOn(spent)) if spent.token == token => {
                    return Ok(Ending::WentOn(spent));
                }
                Ok(Frame::NotLoaded(reason)) => return Ok(Ending::NotLoaded(reason)),
                Ok(Frame::Panicked) => suspected = Some(Cause::Panic),
                Ok(Frame::StackOverflow) => suspected = Some(Cause::StackOverflow),
                Ok(_) => {}
                // The worker said before what the way it died does not tell.
                Err(Cause::Exit(_)) if suspected == Some(Cause::Panic) => return Err(Cause::Panic),
                Err(Cause::Signal(libc::SIGSEGV | libc::SIGBUS))
                    if suspected == Some(Cause::StackOverflow) =>
                {
                    return Err(Cause::StackOverflow);
                }
                Err(cause) => return Err(cause),
            }
        }
    }

    fn ending_by(&mut self, cause: Cause, number: u64) -> Ending {
        self.interruptible(false);
        let death = self.recover(cause);
        if death.restored.is_some() && self.cell == number {
            // It came to its end, and then a thread of it was quicker than the message.
            self.idle_death = Some(death);
            return Ending::Done(Spent::default());
        }
        Ending::Died(death)
    }

    fn send(&mut self, request: &Request) -> Result<(), Cause> {
        let worker = self.crew.worker().ok_or(Cause::ControlLost)?;
        let message = request.encode(worker);
        debug_assert!(message.len() <= LONGEST, "engines forget few variables");
        self.interruptible(true);
        // SAFETY: pointer and length are those of a live vector.
        let sent = unsafe {
            libc::send(
                self.control.as_raw_fd(),
                message.as_ptr().cast(),
                message.len(),
                libc::MSG_NOSIGNAL,
            )
        };
        if sent < 0 {
            return Err(Cause::ControlLost);
        }
        Ok(())
    }

    /// Whether an interrupt may end what the worker does now.
    fn interruptible(&self, on: bool) {
        let running = self.crew.worker().filter(|_| on);
        let running = running.map(|worker| (worker, self.cell + 1));
        self.crew.interrupter().set_running(running);
    }

    /// After a death: waits for the next worker, whatever it takes, and says what came back.
    fn recover(&mut self, cause: Cause) -> Death {
        if !self.crew.await_successor() {
            self.revive();
            return Death {
                cause,
                restored: None,
            };
        }
        // Of a session in which nothing ran yet, nothing is lost.
        let lost = self.crew.is_fresh() && self.cell > 0;
        let ready = self.crew.ready();
        let restored = Restored {
            threads: ready.threads,
            runtimes: ready.lazies > 0,
            undone: ready.cell < self.cell,
        };
        self.cell = ready.cell;
        if self.crew.is_fresh() {
            self.begin_anew();
        }
        Death {
            cause,
            restored: (!lost).then_some(restored),
        }
    }

    /// No worker came: another supervisor may start one.
    fn revive(&mut self) {
        self.crew.end();
        let started = self.crew.start();
        let came = started.is_ok() && self.crew.await_successor();
        if !came {
            eprintln!("ferrolab: the process that runs cells does not start");
        }
        self.begin_anew();
    }

    /// The worker has no variables, and has not been told whether to make snapshots.
    fn begin_anew(&mut self) {
        self.cell = 0;
        if !self.snapshots && self.crew.worker().is_some() {
            self.set_snapshots(false);
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.crew.end();
    }
}
