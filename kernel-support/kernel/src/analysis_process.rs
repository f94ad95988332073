//! The analysis process, as the kernel holds it.

use crate::question::{Answer, Question};
use anyhow::{Context, Result, anyhow};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The longest that one question may take, reading the library and all dependencies included.
const LIMIT: Duration = Duration::from_secs(120);

/// Where the analysis finds what it needs.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// A folder for it alone.
    pub(crate) folder: PathBuf,
    /// A lock file for sessions without crates of their own.
    pub(crate) lock: Option<PathBuf>,
    /// What runs `analyzer.rs`, with the folder and the lock file as last arguments.
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// The analysis process.
pub(crate) struct Process {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<Answer>,
}

impl Process {
    /// Starts it. Nothing is read before the first question.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub(crate) fn start(places: &Places) -> Result<Self> {
        let mut child = Command::new(&places.program)
            .args(&places.arguments)
            .arg(&places.folder)
            .args(&places.lock)
            // What was compiled is there already, and typing must not reach the network.
            .env("CARGO_NET_OFFLINE", "true")
            .env_remove("RUSTC_WRAPPER")
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{}`", places.program.display()))?;
        let questions = child.stdin.take().context("no pipe to the process")?;
        let output = child.stdout.take().context("no pipe from the process")?;
        let (send, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // What else is printed is not for us.
                if let Ok(answer) = serde_json::from_str(&line)
                    && send.send(answer).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            questions,
            answers,
        })
    }

    /// Puts a question and waits for the answer.
    ///
    /// # Errors
    ///
    /// When the process has ended, or takes too long.
    pub(crate) fn ask(&mut self, question: &Question) -> Result<Answer> {
        let mut line = serde_json::to_vec(question)?;
        line.push(b'\n');
        self.questions
            .write_all(&line)
            .context("the process has ended")?;
        self.answers
            .recv_timeout(LIMIT)
            .map_err(|_| anyhow!("the process ended or took too long on a question"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
