//! The worker: the process that holds the variables and runs the cells.
//!
//! It takes requests one after another from its control channel and answers with frames. All that
//! it needs to go on is in [`Worker`], so that a copy of the process goes on in the same place.

use crate::descriptors::{Identity, close_on_exec, identity};
use crate::frame::{self, LONGEST, Ready, Spent};
use crate::loaded::{Cells, Runtime};
use crate::overflow;
use crate::pipes::{CHANNEL, CONTROL, END_OF_INPUT, LIFE};
use crate::reads;
use crate::request::Request;
use crate::snapshot::{self, Notice, Side};
use crate::supervisor::TUNABLES_BEFORE;
use anyhow::Result;
use std::io;
use std::os::fd::RawFd;
use std::path::Path;
use std::time::{Duration, Instant};

/// What belongs to us in a worker's table of descriptors.
const OURS: [RawFd; 4] = [CONTROL, CHANNEL, LIFE, END_OF_INPUT];

/// The signal by which a worker dies whose cell has closed our descriptors: there is no other way
/// left to say so. No program uses it by itself.
#[cfg(target_os = "linux")]
pub(crate) fn control_lost_signal() -> libc::c_int {
    libc::SIGRTMAX() - 3
}

/// The signal by which a worker dies whose cell has closed our descriptors.
#[cfg(not(target_os = "linux"))]
pub(crate) fn control_lost_signal() -> libc::c_int {
    libc::SIGSYS
}

/// Runs a worker until the kernel is gone.
///
/// # Errors
///
/// When the runtime cannot be loaded.
pub(crate) fn run(runtime: &Path) -> Result<()> {
    prepare()?;
    let runtime = Runtime::load(runtime)?;
    runtime.begin(CONTROL);
    let mut worker = Worker {
        runtime,
        cells: Cells::default(),
        pid: std::process::id().cast_signed(),
        ours: OURS.map(identity),
        cell: 0,
        snapshots: cfg!(target_os = "linux"),
        has_copy: false,
    };
    worker.say_ready(0, 0);
    worker.serve();
    Ok(())
}

/// Makes the process what a cell expects to run in.
fn prepare() -> io::Result<()> {
    for fd in OURS {
        close_on_exec(fd, true)?;
    }
    // SAFETY: nothing else runs yet that could read the environment; ignoring a signal is what
    // Rust's own start does too.
    unsafe {
        match std::env::var_os(TUNABLES_BEFORE) {
            Some(before) => std::env::set_var("GLIBC_TUNABLES", before),
            None => std::env::remove_var("GLIBC_TUNABLES"),
        }
        std::env::remove_var(TUNABLES_BEFORE);
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    }
    leave_no_core();
    snapshot::memory_score(snapshot::WORKER_SCORE);
    overflow::watch();
    reads::ask_on(CONTROL);
    Ok(())
}

/// A core of gigabytes would hold up the snapshot. One byte is less than any core, and where cores
/// are piped to a program it says that none is wanted. Who wants cores has set a limit of his own.
fn leave_no_core() {
    // SAFETY: zeros are a valid `rlimit`; the calls read or write the variable only.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) == 0 && limit.rlim_cur == 0 {
            limit.rlim_cur = 1.min(limit.rlim_max);
            libc::setrlimit(libc::RLIMIT_CORE, &raw const limit);
        }
    }
}

struct Worker {
    runtime: Runtime,
    cells: Cells,
    pid: i32,
    /// What our descriptors stood for at the start.
    ours: [Option<Identity>; 4],
    /// The last cell that came to its end.
    cell: u64,
    snapshots: bool,
    /// Whether there is a copy that has all variables as they are now.
    has_copy: bool,
}

impl Worker {
    fn serve(&mut self) {
        let mut buffer = vec![0; LONGEST + 1];
        loop {
            // SAFETY: pointer and length are those of the buffer.
            let count = unsafe { libc::recv(CONTROL, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
            self.check_descriptors();
            match count {
                0 => return,
                1.. => match Request::parse(&buffer[..count.unsigned_abs()]) {
                    // What was meant for a worker before this one is not obeyed.
                    Some((worker, request)) if worker == self.pid => self.obey(request),
                    _ => {}
                },
                _ if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                // A cell has set a flag that all workers share.
                _ if io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock => {
                    wait_again();
                }
                _ => self.die_of_lost_control(),
            }
        }
    }

    fn obey(&mut self, request: Request) {
        match request {
            Request::Run {
                cell,
                token,
                library,
                forget,
            } => self.run_cell((cell, token), &library, &forget),
            Request::Forget(names) => {
                self.runtime.forget(&names);
                self.has_copy = false;
                // Before the answer: an interrupt of what comes next must not bring them back.
                if !matches!(self.copy_before(), Copied::TookOver) {
                    send(b'A', "");
                }
            }
            Request::Names => {
                self.runtime.names();
                send(b'A', "");
            }
            Request::Snapshots(on) => {
                self.snapshots = on && cfg!(target_os = "linux");
                if !self.snapshots {
                    self.has_copy = false;
                    Notice::None.send();
                }
                send(b'A', "");
            }
        }
    }

    fn run_cell(&mut self, (number, token): (u64, u64), library: &Path, forget: &[String]) {
        let snapshot = match self.copy_before() {
            // The cell is what the worker before this one died of.
            Copied::TookOver => return,
            Copied::No => None,
            Copied::In(time) => Some(time),
        };
        let cell = match self.cells.load(library) {
            Ok(cell) => cell,
            Err(error) => return send(b'L', &format!("{error:#}")),
        };
        reads::begin_cell();
        send(b'B', "");
        self.has_copy = false;
        self.runtime.forget(forget);
        let start = (Instant::now(), processor_time());
        let ended_well = cell.run();
        let mut spent = spent_since(start);
        spent.snapshot_ns = nanoseconds(snapshot);
        spent.token = token;
        wait_again();
        self.runtime.flush();
        self.end_forks();
        self.check_descriptors();
        if ended_well {
            self.conclude(number, spent);
        } else if snapshot.is_some() {
            send(b'X', "");
            // SAFETY: ends this process and runs nothing of the user any more: what is left of the
            // variables may be half changed.
            unsafe { libc::_exit(101) };
        } else {
            self.cell = number;
            Notice::Ended(number).send();
            send(b'F', &spent.payload());
        }
    }

    /// The cell came to its end. The user waits for the copy only where a thread may end the worker
    /// at any time, and the cell with it.
    fn conclude(&mut self, number: u64, mut spent: Spent) {
        self.cell = number;
        Notice::Ended(number).send();
        if !self.snapshots || snapshot::other_threads() == 0 {
            send(b'E', &spent.payload());
            self.copy_again();
            return;
        }
        match self.copy() {
            Copied::In(time) => {
                spent.snapshot_ns += nanoseconds(Some(time));
                send(b'E', &spent.payload());
                send(b'C', &time.as_nanos().to_string());
            }
            Copied::No => send(b'E', &spent.payload()),
            // The worker has died after all, but the cell has ended before.
            Copied::TookOver => {}
        }
    }

    /// The copy that the next cell needs: none when there are to be no snapshots or none can be
    /// made, and no time when the last one still holds. Other threads may have changed what the
    /// last one shows.
    fn copy_before(&mut self) -> Copied {
        if !self.snapshots {
            return Copied::No;
        }
        if self.has_copy && snapshot::other_threads() == 0 {
            return Copied::In(Duration::ZERO);
        }
        self.copy()
    }

    /// The copy after a change, for a death between two cells.
    fn copy_again(&mut self) {
        if self.snapshots
            && let Copied::In(time) = self.copy()
        {
            send(b'C', &time.as_nanos().to_string());
        }
    }

    fn copy(&mut self) -> Copied {
        let mut took_over = false;
        loop {
            let side = snapshot::take(&self.runtime);
            match side {
                Side::Worker(time) => self.has_copy = time.is_some(),
                Side::Copy(threads) => self.take_over(threads),
            }
            match side {
                Side::Worker(_) if took_over => return Copied::TookOver,
                Side::Worker(time) => return time.map_or(Copied::No, Copied::In),
                // The new worker needs a copy in its turn.
                Side::Copy(_) => took_over = true,
            }
        }
    }

    /// This process was the copy of a worker that has died, and is the worker now.
    fn take_over(&mut self, threads: usize) {
        self.pid = std::process::id().cast_signed();
        let lazies = self.runtime.restored();
        self.say_ready(threads, lazies);
    }

    fn say_ready(&self, threads: usize, lazies: usize) {
        let ready = Ready {
            pid: self.pid,
            cell: self.cell,
            threads,
            lazies,
        };
        Notice::Ready(self.cell).send();
        send(b'R', &ready.payload());
    }

    /// A cell that forks may return in its child too. The child is not a worker.
    fn end_forks(&self) {
        if std::process::id().cast_signed() != self.pid {
            // SAFETY: ends this process, whose output has been flushed.
            unsafe { libc::_exit(0) };
        }
    }

    /// A worker that cannot be reached, or whose output is closed, cannot go on.
    fn check_descriptors(&self) {
        let lost = OURS.map(identity) != self.ours;
        let closed = (0..3).any(|fd| identity(fd).is_none());
        if lost || closed {
            self.die_of_lost_control();
        }
    }

    fn die_of_lost_control(&self) -> ! {
        // SAFETY: the default action ends this process; if it is blocked, `_exit` does.
        unsafe {
            libc::signal(control_lost_signal(), libc::SIG_DFL);
            libc::raise(control_lost_signal());
            libc::_exit(1);
        }
    }
}

/// What came of making a copy.
enum Copied {
    /// It was made in this time.
    In(Duration),
    No,
    /// This process is the copy, and has taken over.
    TookOver,
}

/// Sends a frame. Whether it arrives shows when the descriptors are checked.
fn send(kind: u8, payload: &str) {
    let message = frame::encode(kind, payload);
    // SAFETY: pointer and length are those of a live vector.
    while unsafe { libc::write(CONTROL, message.as_ptr().cast(), message.len()) } < 0
        && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
    {}
}

/// Makes our descriptors wait as they did at the start.
fn wait_again() {
    for fd in [CONTROL, CHANNEL] {
        // SAFETY: fcntl with these arguments reads and sets flags of the descriptor only.
        unsafe {
            let flags = libc::fcntl(fd, libc::F_GETFL);
            if flags >= 0 && flags & libc::O_NONBLOCK != 0 {
                libc::fcntl(fd, libc::F_SETFL, flags & !libc::O_NONBLOCK);
            }
        }
    }
}

fn spent_since((wall, (user, system)): (Instant, (Duration, Duration))) -> Spent {
    let elapsed = wall.elapsed();
    let (user_now, system_now) = processor_time();
    Spent {
        wall_ns: nanoseconds(Some(elapsed)),
        user_ns: nanoseconds(user_now.checked_sub(user)),
        system_ns: nanoseconds(system_now.checked_sub(system)),
        ..Spent::default()
    }
}

fn nanoseconds(time: Option<Duration>) -> u64 {
    time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// User and system time of this process and all its threads.
fn processor_time() -> (Duration, Duration) {
    // SAFETY: `rusage` is plain data, for which zeros are valid; the call only writes to it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let duration = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec.unsigned_abs()) + Duration::from_micros(time.tv_usec as u64)
    };
    (duration(usage.ru_utime), duration(usage.ru_stime))
}
