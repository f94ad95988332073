//! Programs that run in place of a cell: shells, Python, the grader. The support crate runs them.

use crate::failure::Failure;
use crate::interrupt::Interrupter;
use crate::live::Live;
use crate::pump::Event;
use crate::stream::{Parser, Piece};
use ferrolab::shell::{Finished, Job, Stream, run_cell};
use ferrolab::timing::Reading;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A program, and which of its exit codes are failures of the cell.
pub(crate) struct Program {
    job: Job,
    name: &'static str,
    tolerated: fn(Option<i32>) -> bool,
    /// Deleted when the program has ended.
    _input: Option<tempfile::NamedTempFile>,
}

impl Program {
    /// A cell for bash.
    pub(crate) fn bash(script: &str) -> Self {
        Self::new("bash", Job::bash(script), |code| code == Some(0))
    }

    /// A line for the shell. As in IPython, its exit code is the user's own business.
    pub(crate) fn shell(line: &str) -> Self {
        Self::new("shell", Job::command(line), |_| true)
    }

    /// A cell for Python.
    pub(crate) fn python(code: &str) -> Self {
        Self::new("python", Job::python(code), |code| code == Some(0))
    }

    /// A program of tests. That one fails is an answer, no failure of the cell.
    pub(crate) fn tests(program: &Path) -> Self {
        let line = format!(
            "exec {} --color=never",
            quoted(&program.display().to_string())
        );
        Self::new("test", Job::command(line), |code| {
            matches!(code, Some(0 | 101))
        })
    }

    fn new(name: &'static str, job: Job, tolerated: fn(Option<i32>) -> bool) -> Self {
        Self {
            job,
            name,
            tolerated,
            _input: None,
        }
    }
}

/// Writes text into a file, and says so.
///
/// # Errors
///
/// When the file cannot be written.
pub(crate) fn write_file(file: &str, append: bool, text: &str) -> Result<String, Failure> {
    let path = Path::new(file);
    let existed = path.exists();
    let opened = std::fs::File::options()
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append)
        .open(path);
    opened
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .map_err(|error| {
            Failure::plain("writefile", format!("`{file}` cannot be written: {error}"))
        })?;
    let verb = match (append, existed) {
        (true, true) => "appended to",
        (false, true) => "overwrote",
        (_, false) => "wrote",
    };
    Ok(format!("{verb} {file}\n"))
}

/// The grader, on the code of a cell. Not to pass yet is an answer, no failure.
///
/// # Errors
///
/// When the code cannot be handed over.
pub(crate) fn check(exercise: &str, code: &str) -> Result<Program, Failure> {
    let failed = |error: std::io::Error| {
        Failure::plain("check", format!("the cell's code cannot be kept: {error}"))
    };
    let mut input = tempfile::NamedTempFile::new().map_err(failed)?;
    input.write_all(code.as_bytes()).map_err(failed)?;
    let line = format!(
        "CLICOLOR_FORCE=1 exec {} check {} --code - < {}",
        quoted(&runner().display().to_string()),
        quoted(exercise),
        quoted(&input.path().display().to_string()),
    );
    let mut program = Program::new("check", Job::command(line), |code| {
        matches!(code, Some(0 | 1))
    });
    program._input = Some(input);
    Ok(program)
}

/// The runner lies beside the kernel, where cargo built both.
fn runner() -> PathBuf {
    std::env::current_exe().map_or_else(|_| "ferrolab".into(), |exe| exe.with_file_name("ferrolab"))
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Runs a program, shows its output as it comes, and says how long it took.
///
/// # Errors
///
/// When it cannot be started, was interrupted, or failed.
pub(crate) fn run(
    program: &Program,
    live: &Live,
    interrupter: &Interrupter,
) -> Result<Reading, Failure> {
    let (mut out, mut err) = (Parser::default(), Parser::default());
    let folder = std::env::current_dir().unwrap_or_else(|_| ".".into());
    let finished = run_cell(
        program.job.clone(),
        &folder,
        |killer| interrupter.foreign(killer),
        |stream, bytes| match stream {
            Stream::Stdout => show(live, out.feed(bytes), false),
            Stream::Stderr => show(live, err.feed(bytes), true),
        },
    );
    interrupter.foreign_ended();
    show(live, out.finish(), false);
    show(live, err.finish(), true);
    let finished: Finished =
        finished.map_err(|error| Failure::plain(program.name, error.to_string()))?;
    if (program.tolerated)(finished.code()) {
        Ok(finished.elapsed())
    } else {
        Err(Failure::plain(
            program.name,
            format!("`{}` ended with {finished}", program.name),
        ))
    }
}

fn show(live: &Live, pieces: Vec<Piece>, error: bool) {
    for piece in pieces {
        match piece {
            Piece::Text(text) if error => live.take(Event::Err(text)),
            // A program asks no questions through the kernel: it has no input.
            Piece::Input { prompt, .. } => live.take(Event::Out(Piece::Text(prompt))),
            other => live.take(Event::Out(other)),
        }
    }
}
