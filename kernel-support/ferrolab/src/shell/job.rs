use super::{Finished, Running, Stream};
use crate::Error;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Runs a Python cell: tracebacks show the cell's lines, output is not held back.
const PYTHON_CELL: &str = include_str!("cell.py");

/// A program to run for a cell.
#[derive(Debug, Clone)]
pub struct Job {
    program: OsString,
    arguments: Vec<OsString>,
    folder: Option<PathBuf>,
}

impl Job {
    /// A script for bash.
    pub fn bash(script: impl Into<String>) -> Self {
        Self::new("bash", ["-c".into(), script.into()])
    }

    /// A line for the system's plain shell, as `!cmd` has it.
    pub fn command(line: impl Into<String>) -> Self {
        Self::new("sh", ["-c".into(), line.into()])
    }

    /// A script for Python, which is started as `python3 -I` (or what `FERROLAB_PYTHON` names).
    pub fn python(script: impl Into<String>) -> Self {
        let arguments = [
            "-I".into(),
            "-u".into(),
            "-c".into(),
            PYTHON_CELL.into(),
            script.into(),
        ];
        Self::new(&crate::python::interpreter(), arguments)
    }

    fn new(program: &str, arguments: impl IntoIterator<Item = String>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self {
            program: program.into(),
            arguments,
            folder: None,
        }
    }

    /// The folder to run in; without it, that of this process.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Starts it, in a process group of its own and without input.
    ///
    /// # Errors
    ///
    /// [`Error::Spawn`] if it cannot be started.
    pub fn start(&self) -> Result<Running, Error> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).process_group(0);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let program = self.program.to_string_lossy().into_owned();
        match command.spawn() {
            Ok(child) => Ok(Running::new(child, program)),
            Err(source) => Err(Error::Spawn { program, source }),
        }
    }

    /// Starts it and passes its output on until it ends.
    ///
    /// # Errors
    ///
    /// [`Error::Spawn`] if it cannot be started, [`Error::Io`] if it cannot be waited for.
    pub fn run(&self, output: impl FnMut(Stream, &[u8])) -> Result<Finished, Error> {
        self.start()?.stream(output)
    }
}

/// Runs a cell's job in a folder: `started` gets the handle that can kill it, `output` each piece
/// of output as it arrives.
///
/// ```
/// use ferrolab::shell::{Job, run_cell};
/// let folder = std::env::temp_dir();
/// let finished = run_cell(Job::command("true"), &folder, |_killer| (), |_, _| ())?;
/// assert_eq!(finished.code(), Some(0));
/// # Ok::<(), ferrolab::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Spawn`] if it cannot be started, [`Error::Io`] if it cannot be waited for.
pub fn run_cell(
    job: Job,
    folder: &std::path::Path,
    started: impl FnOnce(super::Killer),
    output: impl FnMut(Stream, &[u8]),
) -> Result<Finished, Error> {
    let running = job.folder(folder).start()?;
    started(running.killer());
    running.stream(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn collect(job: &Job) -> (Finished, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let finished = job
            .run(|stream, piece| match stream {
                Stream::Stdout => out.extend_from_slice(piece),
                Stream::Stderr => err.extend_from_slice(piece),
            })
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (finished, text(out), text(err))
    }

    #[test]
    fn output_and_exit_code_come_through() {
        let (finished, out, err) = collect(&Job::bash("echo out; echo err >&2; exit 7"));
        assert_eq!(
            (out.as_str(), err.as_str(), finished.code()),
            ("out\n", "err\n", Some(7))
        );
        assert_eq!(finished.to_string(), "exit code 7");
    }

    #[test]
    fn pieces_arrive_while_the_program_runs() {
        let start = Instant::now();
        let mut first = None;
        let job = Job::bash("echo a; sleep 0.4; echo b");
        job.run(|_, _| first = first.or(Some(start.elapsed())))
            .unwrap();
        assert!(first.unwrap() + Duration::from_millis(200) < start.elapsed());
    }

    #[test]
    fn another_thread_can_kill_the_whole_group() {
        let start = Instant::now();
        let running = Job::bash("sleep 30 & sleep 30").start().unwrap();
        let killer = running.killer();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            killer.kill()
        });
        let finished = running.stream(|_, _| ()).unwrap();
        assert!(thread.join().unwrap());
        assert_eq!(
            (finished.code(), finished.signal()),
            (None, Some(libc::SIGKILL))
        );
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_background_process_does_not_hold_the_cell() {
        let start = Instant::now();
        let (finished, out, _) = collect(&Job::bash("sleep 5 & echo $!"));
        assert_eq!(finished.code(), Some(0));
        assert!(start.elapsed() < Duration::from_secs(4));
        collect(&Job::command(format!("kill {}", out.trim())));
    }

    #[test]
    fn the_folder_counts_and_must_exist() {
        let (_, out, _) = collect(&Job::command("pwd").folder("/"));
        assert_eq!(out, "/\n");
        let error = Job::command("pwd")
            .folder("/no/such/folder")
            .start()
            .unwrap_err();
        assert!(error.to_string().contains("`sh`") && error.to_string().contains("hint: "));
    }

    #[test]
    fn python_tracebacks_show_the_cells_lines() {
        let (finished, out, err) = collect(&Job::python("print('hi')\nx = 1\nx / 0\n"));
        assert_eq!((out.as_str(), finished.code()), ("hi\n", Some(1)));
        assert!(
            err.contains("File \"<cell>\", line 3") && err.contains("x / 0"),
            "{err}"
        );
        assert!(!err.contains("<string>"), "{err}");
    }

    #[test]
    fn cpu_time_is_that_of_the_child() {
        let (finished, ..) = collect(&Job::python("s = 0\nfor i in range(2_000_000): s += i"));
        let reading = finished.elapsed();
        assert!(reading.cpu > Duration::from_millis(5) && reading.wall > Duration::ZERO);
    }
}
