use crate::Error;
use crate::timing::{Reading, cpu_of};
use std::fmt;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a silent program is asked whether it has ended.
const GLANCE: Duration = Duration::from_millis(15);

/// How long output is awaited after the end, when a background process holds the pipe open.
const PATIENCE: Duration = Duration::from_millis(150);

/// Where a piece of output came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A program that was started. Made by [`Job::start`](super::Job::start).
#[derive(Debug)]
pub struct Running {
    child: Child,
    program: String,
    started: Instant,
    killer: Killer,
}

/// Ends a running program and everything it started; can be sent to other threads.
#[derive(Debug, Clone)]
pub struct Killer {
    /// The process group, until its leader has been waited for: then the number may belong to
    /// somebody else.
    group: Arc<Mutex<Option<libc::pid_t>>>,
}

/// How a program ended, and what it took.
#[derive(Debug, Clone, Copy)]
pub struct Finished {
    status: ExitStatus,
    elapsed: Reading,
}

impl Killer {
    /// Kills the program at once. Says whether there still was one.
    pub fn kill(&self) -> bool {
        let group = self.group.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(group) = *group else {
            return false;
        };
        // SAFETY: kill takes numbers only. The leader has not been waited for, which the lock
        // ensures, so the group's number cannot have been given to another group.
        unsafe { libc::kill(-group, libc::SIGKILL) == 0 }
    }
}

impl Finished {
    /// The exit code, unless a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it, if one did.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Whether the exit code was 0.
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// Wall time, and the CPU time of the program and what it waited for.
    pub fn elapsed(&self) -> Reading {
        self.elapsed
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code(), self.signal()) {
            (Some(code), _) => write!(out, "exit code {code}"),
            (None, Some(signal)) => write!(out, "ended by signal {signal}"),
            (None, None) => write!(out, "{}", self.status),
        }
    }
}

impl Running {
    pub(super) fn new(child: Child, program: String) -> Self {
        let group = Arc::new(Mutex::new(Some(child.id() as libc::pid_t)));
        Self {
            child,
            program,
            started: Instant::now(),
            killer: Killer { group },
        }
    }

    /// A handle that can end the program from another thread.
    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }

    /// Passes the output on, piece by piece as it arrives, until the program ends.
    ///
    /// What a background process writes after that is lost.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the program cannot be waited for.
    pub fn stream(mut self, mut output: impl FnMut(Stream, &[u8])) -> Result<Finished, Error> {
        let (sender, pieces) = channel();
        forward(self.child.stdout.take(), Stream::Stdout, sender.clone());
        forward(self.child.stderr.take(), Stream::Stderr, sender);
        let ended = self.follow(&pieces, &mut output);
        let io = |source| Error::Io {
            program: self.program.clone(),
            source,
        };
        let (status, cpu) = ended.map_err(io)?;
        let late = Instant::now() + PATIENCE;
        while let Some(rest) = late.checked_duration_since(Instant::now()) {
            let Ok((stream, piece)) = pieces.recv_timeout(rest) else {
                break;
            };
            output(stream, &piece);
        }
        let wall = self.started.elapsed();
        Ok(Finished {
            status,
            elapsed: Reading { wall, cpu },
        })
    }

    /// Passes output on until the process is gone.
    fn follow(
        &mut self,
        pieces: &Receiver<(Stream, Vec<u8>)>,
        output: &mut impl FnMut(Stream, &[u8]),
    ) -> io::Result<(ExitStatus, Duration)> {
        loop {
            match pieces.recv_timeout(GLANCE) {
                Ok((stream, piece)) => output(stream, &piece),
                Err(RecvTimeoutError::Timeout) => {}
                // Both ends are closed: mostly the process ends now, but it may go on in silence.
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(1)),
            }
            if let Some(ended) = self.ended()? {
                return Ok(ended);
            }
        }
    }

    /// Status and CPU time, if the process has ended.
    fn ended(&mut self) -> io::Result<Option<(ExitStatus, Duration)>> {
        let mut group = self
            .killer
            .group
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(pid) = *group else {
            return Err(io::Error::other("it has been waited for already"));
        };
        let mut status = 0;
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: both pointers are valid for writes during the call. The child is ours and has
        // not been waited for: `group` still holds its number, and `self.child` is never waited.
        let found = unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG, usage.as_mut_ptr()) };
        match found {
            0 => Ok(None),
            found if found == pid => {
                *group = None;
                // SAFETY: zeroed memory is a valid `rusage`, and the call filled it.
                let cpu = cpu_of(&unsafe { usage.assume_init() });
                Ok(Some((ExitStatus::from_raw(status), cpu)))
            }
            _ => {
                *group = None;
                Err(io::Error::last_os_error())
            }
        }
    }
}

impl Drop for Running {
    /// A program nobody listens to any more is ended, and its remains are collected.
    fn drop(&mut self) {
        if self.killer.kill() {
            while matches!(self.ended(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// Reads a pipe in a thread of its own.
fn forward(
    pipe: Option<impl Read + Send + 'static>,
    stream: Stream,
    pieces: Sender<(Stream, Vec<u8>)>,
) {
    let Some(mut pipe) = pipe else {
        return;
    };
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(size) if pieces.send((stream, buffer[..size].to_vec())).is_err() => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    });
}
