//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::check::{self, Wish};
use crate::course::Course;
use crate::places::Places;
use crate::{
    bench, doctor, hint, list, notebooks, reset, run, setup, start, submit, verify, warm, watch,
};

/// Exit code: something is not passed, stale, missing or failed.
const NOT_YET: u8 = 1;
/// Exit code: the command could not do its work.
pub(crate) const CANNOT: u8 = 2;

/// Learn fast, concurrent Rust in notebooks: sets the machine up, grades exercises, runs notebooks.
#[derive(Debug, Parser)]
#[command(name = "ferrolab", version, propagate_version = true)]
#[command(
    after_help = "A first day: `cargo lab start`, then in a second terminal `cargo lab check 01_closures --watch`."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set the machine up and open JupyterLab on the notebooks
    Start(StartArgs),
    /// Set the machine up: Python environment, kernel, cell caches; what is done is skipped
    Setup,
    /// Say what is missing or stale on this machine, and the command that mends it
    Doctor,
    /// Show the lessons, their exercises and what is passed
    List,
    /// Show the next hint for an exercise
    Hint {
        /// The exercise, for example 01_closures/compose
        exercise: String,
    },
    /// Put the stub of an exercise back; your text is kept beside it
    Reset {
        /// A lesson or an exercise, for example 01_closures/compose
        what: String,
    },
    /// Grade your exercises (exit code 0: passed, 1: not yet, 2: could not grade)
    Check(CheckArgs),
    /// For authors: stubs fail, solutions pass, wrong solutions are caught, predictions are true
    Verify {
        /// A lesson; all without it
        lesson: Option<String>,
        /// Count warnings as errors
        #[arg(long)]
        strict: bool,
    },
    /// For authors: write the notebooks from lesson.md
    Notebooks {
        /// Only say which are stale (exit code 1 if any is)
        #[arg(long)]
        check: bool,
        /// Take the exercise files as the new stubs into lesson.md
        #[arg(long, conflicts_with = "check")]
        adopt_stubs: bool,
    },
    /// Execute notebooks through a real kernel, without JupyterLab
    Run(RunArgs),
    /// Compile the cells of notebooks without running them, so that they answer at once
    Warm {
        /// The notebooks
        #[arg(required = true)]
        notebooks: Vec<PathBuf>,
    },
    /// Measure the kernel side by side with stock evcxr_jupyter, five to six minutes
    Bench(BenchArgs),
}

#[derive(Debug, Args)]
struct StartArgs {
    /// Do not open a browser
    #[arg(long)]
    no_browser: bool,
    /// The port to serve on; without it 8888 or the next free one
    #[arg(long)]
    port: Option<u16>,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// A lesson or an exercise, for example 01_closures or 01_closures/compose; all without it
    what: Option<String>,
    /// Print JSON in place of the report; its fields are described in lessons/runner/README.md
    #[arg(long)]
    json: bool,
    /// Check again whenever a file is saved
    #[arg(long, conflicts_with = "code")]
    watch: bool,
    /// Take the answer from stdin and keep it in the exercise's file first
    #[arg(long, value_name = "-", value_parser = ["-"], allow_hyphen_values = true)]
    code: Option<String>,
    /// Seconds the tests of one exercise may take
    #[arg(long, default_value_t = 30)]
    timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The notebooks
    #[arg(required = true)]
    pub(crate) notebooks: Vec<PathBuf>,
    /// Write the executed notebooks into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Write a page as well: NAME.html, in the folder of `--output` or the current one
    #[arg(long)]
    pub(crate) html: bool,
    /// The kernel; without it the one the notebook names
    #[arg(long, value_name = "NAME")]
    pub(crate) kernel: Option<String>,
    /// Seconds one cell may take; then it is interrupted
    #[arg(long, default_value_t = 300)]
    pub(crate) timeout: u64,
}

/// What `ferrolab bench` can measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Subject {
    /// The kernel: starts, cells, memory
    Cells,
    /// The support crate, beside Python
    Toolkit,
    /// All of it
    All,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// What is measured
    #[arg(value_enum, default_value_t = Subject::Cells)]
    pub(crate) subject: Subject,
    /// Write every sample as JSON; its fields are described in lessons/runner/README.md
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Draw the ratios as an SVG picture
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
    /// How often everything is measured; more rounds give narrower intervals
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
}

/// Reads the command line and does what it says.
pub(crate) fn run() -> Result<ExitCode> {
    let cli = Cli::parse();
    // Notebooks may be run from anywhere, with the course's own kernel or another.
    if let Command::Run(wish) = &cli.command {
        return run::command(Places::find().ok().as_ref(), wish).map(code);
    }
    let places = Places::find()?;
    // These read the course file themselves, when they come to it: the doctor has to speak about a
    // broken one, and nobody should wait for it before the tools are looked at.
    match &cli.command {
        Command::Setup => return setup::command(&places).map(|()| ExitCode::SUCCESS),
        Command::Doctor => return doctor::command(&places).map(code),
        Command::Start(wish) => {
            return start::command(&places, wish.port, !wish.no_browser)
                .map(|()| ExitCode::SUCCESS);
        }
        Command::Bench(wish) => return bench::command(&places, wish).map(code),
        Command::Warm { notebooks } => {
            return warm::command(&places, notebooks).map(|()| ExitCode::SUCCESS);
        }
        _ => {}
    }
    let course = Course::read(&places)?;
    with_course(&places, &course, &cli.command)
}

fn with_course(places: &Places, course: &Course, command: &Command) -> Result<ExitCode> {
    match command {
        Command::List => list::command(places, course),
        Command::Hint { exercise } => hint::command(places, course, exercise)?,
        Command::Reset { what } => reset::command(places, course, what)?,
        Command::Check(wish) => return check(places, course, wish),
        Command::Verify { lesson, strict } => {
            return verify::command(places, course, lesson.as_deref(), *strict).map(code);
        }
        Command::Notebooks { check, adopt_stubs } => {
            return notebooks::command(places, course, *check, *adopt_stubs).map(code);
        }
        Command::Start(_)
        | Command::Setup
        | Command::Doctor
        | Command::Run(_)
        | Command::Warm { .. }
        | Command::Bench(_) => unreachable!("handled before the course is read"),
    }
    Ok(ExitCode::SUCCESS)
}

fn check(places: &Places, course: &Course, arguments: &CheckArgs) -> Result<ExitCode> {
    let wish = Wish {
        what: arguments.what.clone(),
        json: arguments.json,
        limit: Duration::from_secs(arguments.timeout.max(1)),
    };
    if arguments.code.is_some() {
        submit::submit(places, course, wish.what.as_deref())?;
    }
    if arguments.watch {
        watch::watch(places, course, &wish)?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = check::once(places, course, &wish)?;
    if report.cannot() {
        return Ok(ExitCode::from(CANNOT));
    }
    Ok(code(report.passed()))
}

fn code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_YET)
    }
}
