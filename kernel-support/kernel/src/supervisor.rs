//! Starts workers, learns of their death, and has a snapshot take over.
//!
//! The supervisor is a process of its own with a single thread. It is the parent of each worker and
//! of each snapshot, and adopts what they leave behind, so that nothing that a cell started
//! outlives its worker. It obeys lines on its standard input and reports lines on its standard
//! output; when the kernel is gone, so is its input, and the supervisor ends everything.

use crate::descriptors::{close_on_exec, nonblocking, put, ready, settle};
use crate::pipes;
use crate::processes;
use crate::snapshot::{self, Notice};
use anyhow::{Context, Result};
#[cfg(target_os = "linux")]
use libc::__errno_location as errno_place;
#[cfg(not(target_os = "linux"))]
use libc::__error as errno_place;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// How long the ends of a worker's children are awaited.
const PATIENCE: Duration = Duration::from_secs(2);

/// So many workers in a row that die before they are ready, and the supervisor gives up.
const TRIES: u32 = 3;

/// Remembers what `GLIBC_TUNABLES` was, for the programs that cells start.
pub(crate) const TUNABLES_BEFORE: &str = "FERROLAB_TUNABLES_BEFORE";

/// Huge pages make a snapshot of a gigabyte take a millisecond instead of fifteen. Only from the
/// threshold on memory is mapped by itself, where the pages at its ends stay small.
const TUNABLES: &str = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=8388608:glibc.malloc.trim_threshold=33554432";

/// Supervises workers until the kernel is gone.
///
/// # Errors
///
/// When no worker can be started.
pub(crate) fn run(runtime: &Path) -> Result<()> {
    let mut supervisor = Supervisor::new(runtime)?;
    let result = supervisor.start_worker().and_then(|()| supervisor.watch());
    supervisor.end_everything();
    result
}

struct Supervisor {
    runtime: PathBuf,
    commands: Lines,
    /// On which workers tell of their snapshots.
    channel: File,
    /// Gets a byte with each child's death.
    deaths: File,
    worker: i32,
    /// How the worker ended.
    ended: Option<i32>,
    /// The snapshot that takes over when the worker dies.
    kept: Option<i32>,
    /// The last cell that has ended.
    cell: u64,
    /// Why the supervisor ended the worker itself.
    reason: Option<&'static str>,
    /// Workers that died without having been ready.
    failures: u32,
}

impl Supervisor {
    fn new(runtime: &Path) -> Result<Self> {
        adopt_orphans();
        for fd in pipes::STANDARD
            .into_iter()
            .chain([pipes::CONTROL, pipes::END_OF_INPUT])
        {
            close_on_exec(fd, true)?;
        }
        let [channel, workers] = pipes::messages()?;
        settle(workers.into_raw_fd(), pipes::CHANNEL)?;
        let (life, held) = io::pipe()?;
        settle(life.into_raw_fd(), pipes::LIFE)?;
        // Its end is this process's end.
        let _ = held.into_raw_fd();
        nonblocking(channel.as_raw_fd())?;
        Ok(Self {
            runtime: runtime.to_owned(),
            commands: Lines::default(),
            channel: channel.into(),
            deaths: death_notices()?,
            worker: 0,
            ended: None,
            kept: None,
            cell: 0,
            reason: None,
            failures: 0,
        })
    }

    fn watch(&mut self) -> Result<()> {
        loop {
            let sources = [0, self.channel.as_raw_fd(), self.deaths.as_raw_fd()];
            let [commands, _, _] = match ready(sources, -1) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => [false; 3],
                ready => ready?,
            };
            // First who died, then what was said: a worker's last words were sent before its end.
            self.reap();
            self.hear();
            if commands {
                match self.commands.read()? {
                    Some(lines) => lines.iter().for_each(|line| self.obey(line)),
                    None => return Ok(()),
                }
            }
            if self.ended.is_some() {
                self.replace()?;
            }
        }
    }

    fn obey(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["interrupt", worker, cell] => {
                // A worker that took over in between is not meant, and a cell that has ended is not
                // to be undone.
                let runs = cell.parse().is_ok_and(|cell: u64| cell > self.cell);
                if worker.parse() == Ok(self.worker) && runs {
                    self.end_worker("interrupted");
                }
            }
            ["restart"] => {
                self.end_snapshot();
                self.end_worker("restart");
            }
            _ => {}
        }
    }

    fn end_worker(&mut self, reason: &'static str) {
        self.reason = Some(reason);
        if self.ended.is_none() {
            processes::end_group(self.worker);
            processes::end(self.worker);
        }
    }

    /// Hears what workers tell of their snapshots.
    fn hear(&mut self) {
        let mut buffer = [0; 64];
        while let Ok(length) = self.channel.read(&mut buffer) {
            match Notice::parse(&buffer[..length]) {
                // One that was ended together with its worker is none.
                Some(Notice::Kept(pid)) if processes::exists(pid) => {
                    self.end_snapshot();
                    self.kept = Some(pid);
                }
                Some(Notice::Kept(_)) | None => {}
                Some(Notice::None) => self.end_snapshot(),
                Some(Notice::Ready(cell)) => {
                    self.failures = 0;
                    self.cell = cell;
                }
                Some(Notice::Ended(cell)) => self.cell = cell,
            }
        }
    }

    fn end_snapshot(&mut self) {
        if let Some(pid) = self.kept.take() {
            processes::end(pid);
        }
    }

    /// Waits for all children that have ended.
    fn reap(&mut self) {
        // What waits here was said by what is read anew after each wake.
        let _ = self.deaths.read(&mut [0; 64]);
        loop {
            let mut status = 0;
            // SAFETY: the call writes the status to the address given.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
            if pid <= 0 {
                return;
            }
            if pid == self.worker {
                self.ended = Some(status);
            }
            if self.kept == Some(pid) {
                self.kept = None;
            }
        }
    }

    /// Ends what the dead worker left behind, and puts another in its place.
    fn replace(&mut self) -> Result<()> {
        let Some(status) = self.ended.take() else {
            return Ok(());
        };
        let reason = self.reason.take();
        tell(&format!(
            "died {} {}",
            self.worker,
            reason.map_or_else(|| status.to_string(), str::to_owned)
        ));
        processes::end_group(self.worker);
        self.end_children();
        if let Some(pid) = self.kept.take()
            && snapshot::wake(pid)
        {
            self.worker = pid;
            tell(&format!("restored {pid}"));
            return Ok(());
        }
        self.start_worker()
    }

    /// Ends all descendants but the snapshot, also those that come to be meanwhile.
    fn end_children(&mut self) {
        let own = std::process::id().cast_signed();
        let start = Instant::now();
        loop {
            let found = processes::descendants(own, self.kept);
            if found.is_empty() || start.elapsed() > PATIENCE {
                return;
            }
            for pid in found {
                processes::end(pid);
            }
            std::thread::sleep(Duration::from_millis(1));
            self.reap();
        }
    }

    fn end_everything(&mut self) {
        self.end_snapshot();
        self.end_children();
    }

    fn start_worker(&mut self) -> Result<()> {
        if self.failures == TRIES {
            anyhow::bail!("the process that runs cells does not start");
        }
        self.failures += 1;
        let mut command = pipes::own_command("cells")?;
        command.arg(&self.runtime).env("GLIBC_TUNABLES", TUNABLES);
        if let Ok(before) = std::env::var("GLIBC_TUNABLES") {
            command
                .env("GLIBC_TUNABLES", format!("{TUNABLES}:{before}"))
                .env(TUNABLES_BEFORE, before);
        }
        let [input, output, error] = pipes::STANDARD;
        let own = std::process::id();
        // SAFETY: between fork and exec the closure makes system calls only.
        unsafe {
            command.pre_exec(move || {
                pipes::die_with_the_parent();
                if std::os::unix::process::parent_id() != own {
                    return Err(io::ErrorKind::NotConnected.into());
                }
                put(&[(input, 0), (output, 1), (error, 2)])?;
                for fd in [
                    pipes::CONTROL,
                    pipes::CHANNEL,
                    pipes::LIFE,
                    pipes::END_OF_INPUT,
                ] {
                    close_on_exec(fd, false)?;
                }
                Ok(())
            });
        }
        let child = command
            .spawn()
            .context("the process that runs cells cannot be started")?;
        // The handle is dropped: `reap` waits for all children.
        self.worker = child.id().cast_signed();
        self.ended = None;
        tell(&format!("fresh {}", self.worker));
        Ok(())
    }
}

/// Reports to the kernel. When the kernel is gone, the commands end, and that is noticed.
fn tell(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The lines of standard input, as far as they have come.
#[derive(Default)]
struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Reads once, and gives the lines that are complete; none at the end of the input.
    fn read(&mut self) -> io::Result<Option<Vec<String>>> {
        let mut buffer = [0; 4096];
        // SAFETY: pointer and length are those of the buffer. std's own reader would hide lines
        // from `poll`.
        let count = unsafe { libc::read(0, buffer.as_mut_ptr().cast(), buffer.len()) };
        match usize::try_from(count) {
            Ok(0) => Ok(None),
            Ok(count) => {
                self.pending.extend_from_slice(&buffer[..count]);
                Ok(Some(self.complete()))
            }
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(Some(Vec::new())),
                error => Err(error),
            },
        }
    }

    fn complete(&mut self) -> Vec<String> {
        let end = self.pending.iter().rposition(|byte| *byte == b'\n');
        let complete: Vec<u8> = self.pending.drain(..end.map_or(0, |at| at + 1)).collect();
        let text = String::from_utf8_lossy(&complete);
        text.lines().map(str::to_owned).collect()
    }
}

/// The pipe into which [`notice_death`] writes.
static DEATHS: AtomicI32 = AtomicI32::new(-1);

/// A file that can be read whenever a child has died.
fn death_notices() -> io::Result<File> {
    let (read, write) = io::pipe()?;
    nonblocking(read.as_raw_fd())?;
    nonblocking(write.as_raw_fd())?;
    DEATHS.store(write.into_raw_fd(), Ordering::Relaxed);
    // SAFETY: zeros are a valid `sigaction` without flags, and the handler only writes to a pipe.
    let installed = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = notice_death as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGCHLD, &raw const action, std::ptr::null_mut())
    };
    if installed < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(File::from(std::os::fd::OwnedFd::from(read)))
}

extern "C" fn notice_death(_signal: libc::c_int) {
    // SAFETY: writing one byte of a constant is allowed in a signal handler. A pipe that is full
    // already says what is to be said, and the code that was interrupted keeps its error number.
    unsafe {
        let error = *errno_place();
        libc::write(DEATHS.load(Ordering::Relaxed), b"x".as_ptr().cast(), 1);
        *errno_place() = error;
    }
}

/// Orphans of a worker become children of the supervisor.
#[cfg(target_os = "linux")]
fn adopt_orphans() {
    // SAFETY: prctl with these arguments only sets a flag of this process.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() {}
