use super::protocol::Reply;
use crate::Error;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The program that runs inside Python.
const DRIVER: &str = include_str!("driver.py");

/// What a snippet prints is kept up to this many bytes.
const LONGEST: usize = 1 << 16;

/// A Python process that measures one snippet on request.
pub(crate) struct Session {
    child: Child,
    program: String,
    requests: PipeWriter,
    replies: Receiver<String>,
    printed: Arc<Mutex<Vec<u8>>>,
    complaints: Arc<Mutex<Vec<u8>>>,
    limit: Duration,
}

impl Session {
    /// Starts the interpreter; each request must be answered within `limit`.
    pub(crate) fn start(limit: Duration) -> Result<Self, Error> {
        let program = super::interpreter();
        let lost = |source| Error::Io {
            program: program.clone(),
            source,
        };
        let (their_requests, requests) = std::io::pipe().map_err(lost)?;
        let (replies, their_replies) = std::io::pipe().map_err(lost)?;
        let spawned = spawn(&program, &their_requests, &their_replies);
        let no_python = |source| Error::NoPython {
            program: program.clone(),
            source,
        };
        let mut child = spawned.map_err(no_python)?;
        let printed = gather(child.stdout.take());
        let complaints = gather(child.stderr.take());
        let replies = listen(replies);
        Ok(Self {
            child,
            program,
            requests,
            replies,
            printed,
            complaints,
            limit,
        })
    }

    /// Loads a snippet and runs it for the first time.
    pub(crate) fn load(&mut self, code: &str) -> Result<Reply, Error> {
        self.ask(&json!({ "do": "load", "code": code }))
    }

    /// Runs the loaded snippet so many times and gives the time that took.
    pub(crate) fn batch(&mut self, loops: u64) -> Result<Duration, Error> {
        Ok(self.ask(&json!({ "do": "batch", "loops": loops }))?.elapsed)
    }

    /// What the snippet printed at its first run.
    pub(crate) fn printed(&self) -> String {
        // The text travels by a pipe of its own and may be a moment behind the answer.
        settle(&self.printed)
    }

    fn ask(&mut self, request: &Value) -> Result<Reply, Error> {
        // If Python is gone the write fails too; the missing answer says so better.
        let _ = writeln!(self.requests, "{request}");
        match self.replies.recv_timeout(self.limit) {
            Ok(line) => Reply::parse(&line),
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                Err(Error::Timeout { limit: self.limit })
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.post_mortem()),
        }
    }

    fn post_mortem(&mut self) -> Error {
        self.kill();
        match self.child.wait() {
            Ok(status) => Error::PythonDied {
                status: status.to_string(),
                stderr: settle(&self.complaints),
            },
            Err(source) => Error::Io {
                program: self.program.clone(),
                source,
            },
        }
    }

    /// Ends the interpreter and what it started, unless it has ended.
    fn kill(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // SAFETY: kill takes numbers only; the child has not been waited for, so the group
            // that bears its number is the one it was started in.
            unsafe { libc::kill(-(self.child.id() as libc::pid_t), libc::SIGKILL) };
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

/// Starts Python with the far ends of the two pipes.
fn spawn(program: &str, requests: &PipeReader, replies: &PipeWriter) -> std::io::Result<Child> {
    let ends = [requests.as_raw_fd(), replies.as_raw_fd()];
    let mut command = Command::new(program);
    command
        .args(["-I", "-c", DRIVER])
        .args(ends.map(|end| end.to_string()));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    // SAFETY: between fork and exec the closure only calls fcntl, which is async-signal-safe, on
    // descriptors that are open, because `requests` and `replies` outlive the call of spawn.
    unsafe {
        command.pre_exec(move || {
            for end in ends {
                if libc::fcntl(end, libc::F_SETFD, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
    command.spawn()
}

/// Reads answers in a thread of its own, so that waiting for one can end.
fn listen(replies: PipeReader) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(replies).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Reads a stream to its end in a thread of its own and keeps its beginning.
fn gather(stream: Option<impl Read + Send + 'static>) -> Arc<Mutex<Vec<u8>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    if let Some(mut stream) = stream {
        let kept = Arc::clone(&kept);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(size @ 1..) = stream.read(&mut buffer) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = LONGEST.saturating_sub(kept.len());
                kept.extend_from_slice(&buffer[..size.min(room)]);
            }
        });
    }
    kept
}

/// The text that was gathered, once it has stopped growing for a moment.
fn settle(kept: &Mutex<Vec<u8>>) -> String {
    let copy = || kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let end = Instant::now() + Duration::from_millis(200);
    let mut text = copy();
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
        let now = copy();
        if now.len() == text.len() {
            break;
        }
        text = now;
    }
    String::from_utf8_lossy(&text).into_owned()
}
