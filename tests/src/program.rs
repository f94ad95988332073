//! Running programs: each in a process group of its own, with a deadline, its output kept.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::places;

/// How a program ended and what it printed.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; `None` when a signal or the deadline ended it.
    pub code: Option<i32>,
    /// Whether the deadline ended it.
    pub timed_out: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// How long it ran.
    pub took: Duration,
}

impl Outcome {
    /// Both streams, for messages and for looking up a text wherever it is.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Asserts the exit code, showing all that was printed when it is another.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        let how = if self.timed_out {
            "was killed at its deadline"
        } else {
            "ended"
        };
        assert_eq!(
            self.code,
            Some(code),
            "the program {how} after {:?}:\n{}",
            self.took,
            self.text()
        );
        self
    }

    /// Asserts that a text was printed.
    #[track_caller]
    pub fn expect_text(&self, text: &str) -> &Self {
        assert!(
            self.text().contains(text),
            "`{text}` is not in:\n{}",
            self.text()
        );
        self
    }

    /// Asserts that no panic or backtrace reached the person.
    #[track_caller]
    pub fn expect_no_panic(&self) -> &Self {
        assert!(
            !self.text().contains("panicked at"),
            "a panic reached the person:\n{}",
            self.text()
        );
        self
    }
}

/// A child that leads a process group; the whole group ends with this value.
#[derive(Debug)]
pub struct Group(pub Child);

impl Group {
    /// Starts a program as the leader of its own group.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        command.process_group(0).spawn().map(Self)
    }

    /// Sends a signal to the leader alone, as a terminal's user or a service manager would.
    pub fn signal(&self, signal: i32) {
        let id = i32::try_from(self.0.id()).expect("process ids are small");
        // SAFETY: `kill` has no memory effects.
        unsafe {
            libc::kill(id, signal);
        }
    }

    /// Waits for the leader; `None` at the deadline.
    pub fn wait(&mut self, limit: Duration) -> Option<std::process::ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let id = i32::try_from(self.0.id()).expect("process ids are small");
        // SAFETY: `kill` has no memory effects; a group that is gone is an error we ignore.
        unsafe {
            libc::kill(-id, libc::SIGKILL);
        }
        let _ = self.0.wait();
    }
}

/// Runs a program to its end, or kills its group at the deadline.
///
/// # Panics
///
/// When it cannot be started.
pub fn run(mut command: Command, limit: Duration) -> Outcome {
    command.stdin(Stdio::null());
    run_with_input(command, limit)
}

/// The same for a program whose standard input was given.
///
/// # Panics
///
/// When it cannot be started.
pub fn run_with_input(mut command: Command, limit: Duration) -> Outcome {
    let start = Instant::now();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::start(&mut command)
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let stdout = collect(group.0.stdout.take());
    let stderr = collect(group.0.stderr.take());
    let status = group.wait(limit);
    let took = start.elapsed();
    drop(group);
    Outcome {
        code: status.and_then(|status| status.code()),
        timed_out: status.is_none(),
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
        took,
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The `ferrolab` that cargo built, in the course, with the learner's home.
pub fn ferrolab(arguments: &[&str]) -> Command {
    let mut command = Command::new(places::built("ferrolab"));
    command.args(arguments).current_dir(places::root());
    clean(&mut command);
    command
}

/// Gives a program the environment of a person at a terminal: without what cargo sets for tests.
pub fn clean(command: &mut Command) {
    let kept = [
        "CARGO_HOME",
        "CARGO_NET_OFFLINE",
        "CARGO_BUILD_JOBS",
        "RUST_SRC_PATH",
    ];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let cargos =
            text.starts_with("CARGO") || text.starts_with("RUST_") || text == "LD_LIBRARY_PATH";
        if cargos && !kept.contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command
        .env("CARGO_TARGET_DIR", places::target())
        .env("FERROLAB_HOME", places::home());
}
