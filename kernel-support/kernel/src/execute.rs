//! Executes one cell: sorts it, has it run, and shows what came of it.

use crate::analysis::Analysis;
use crate::assist;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::foreign::{self, Program};
use crate::history::History;
use crate::interrupt::Interrupter;
use crate::live::{Audience, Live, Report};
use crate::magics::{self, Cell, Front, RustCell};
use anyhow::Result;
use ferrolab::timing::Reading;
use jupyter_protocol::{ErrorOutput, ExpressionResult, Media, MediaType, Payload, StreamContent};
use serde_json::Map;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a cell came to.
pub(crate) enum Outcome {
    Ok {
        /// The value of the last expression, as text.
        result: Option<String>,
        payload: Vec<Payload>,
    },
    Failed(Failure),
}

impl Outcome {
    fn done() -> Self {
        Self::Ok {
            result: None,
            payload: Vec::new(),
        }
    }
}

/// Executes cells on an engine.
pub(crate) struct Executor {
    live: Live,
    interrupter: Interrupter,
    history: Arc<Mutex<History>>,
    analysis: Analysis,
    engine: Result<Engine>,
}

impl Executor {
    pub(crate) fn new(
        live: Live,
        interrupter: Interrupter,
        history: Arc<Mutex<History>>,
        analysis: Analysis,
        engine: Result<Engine>,
    ) -> Self {
        Self {
            live,
            interrupter,
            history,
            analysis,
            engine,
        }
    }

    /// Compiles what the learner may run next, now that nobody waits.
    pub(crate) fn look_ahead(&self, cell: &str) {
        if let Ok(engine) = &self.engine {
            engine.look_ahead(cell);
        }
    }

    fn engine(&mut self) -> Result<&mut Engine, Failure> {
        match &mut self.engine {
            Ok(engine) => Ok(engine),
            Err(error) => Err(Failure::plain("error", format!("{error:#}"))),
        }
    }

    /// Executes a cell and publishes everything of it, a failure included.
    pub(crate) fn execute(&mut self, cell: &str) -> Outcome {
        self.interrupter.begin();
        let outcome = self.run(cell).unwrap_or_else(Outcome::Failed);
        let interrupted = self.interrupter.end();
        let outcome = match outcome {
            Outcome::Failed(failure) if interrupted && failure.name != "interrupted" => {
                Outcome::Failed(Failure::interrupted())
            }
            other => other,
        };
        if let Outcome::Failed(failure) = &outcome {
            self.live.publish(ErrorOutput {
                ename: failure.name.clone(),
                evalue: failure.value.clone(),
                traceback: failure.traceback.clone(),
            });
        }
        outcome
    }

    fn run(&mut self, cell: &str) -> Result<Outcome, Failure> {
        match magics::parse(cell)? {
            Cell::Rust(rust) => self.rust(&rust),
            Cell::Bash(script) => self.foreign(&Program::bash(&script)),
            Cell::Python(code) => self.python(&code),
            Cell::Check { exercise, code } => self.foreign(&foreign::check(&exercise, &code)?),
            Cell::Test(code) => {
                let program = self.engine()?.test_program(&code)?;
                let ran = self.foreign(&Program::tests(&program));
                // Linux lets go of it when the last process has ended.
                let _ = std::fs::remove_file(program);
                ran
            }
            Cell::WriteFile { file, append, text } => {
                let said = foreign::write_file(&file, append, &text)?;
                self.live.print(StreamContent::stdout(&said));
                Ok(Outcome::done())
            }
            Cell::ListMagics => {
                self.live.print(StreamContent::stdout(&magics::list()));
                Ok(Outcome::done())
            }
            Cell::Help(name) => self.help(&name),
            Cell::Quit => Ok(self.quit()),
        }
    }

    /// A console ends; a notebook's front end cannot be told to.
    fn quit(&self) -> Outcome {
        let advice = "to end the session, choose \"Shut Down Kernel\"\n";
        self.live.print(StreamContent::stdout(advice));
        Outcome::Ok {
            result: None,
            payload: vec![Payload::AskExit { keepkernel: false }],
        }
    }

    /// Evaluates an expression of a request beside its code.
    pub(crate) fn expression(&mut self, expression: &str) -> ExpressionResult {
        self.interrupter.begin();
        let run = self.rust(&RustCell {
            code: expression.to_owned(),
            ..RustCell::default()
        });
        self.interrupter.end();
        match run.unwrap_or_else(Outcome::Failed) {
            Outcome::Ok { result, .. } => ExpressionResult::Ok {
                data: Media::new(vec![MediaType::Plain(result.unwrap_or_default())]),
                metadata: Map::new(),
            },
            Outcome::Failed(failure) => ExpressionResult::Error {
                ename: failure.name,
                evalue: failure.value,
                traceback: failure.traceback,
            },
        }
    }

    fn rust(&mut self, rust: &RustCell) -> Result<Outcome, Failure> {
        for front in &rust.front {
            self.front(front)?;
        }
        if rust.code.trim().is_empty() {
            return Ok(Outcome::done());
        }
        match &rust.capture {
            Some(name) => self.captured(&rust.code, name.as_deref())?,
            None => self.evaluate(&rust.code)?,
        }
        let report = self.live.take_report();
        if rust.timed {
            self.print_time(&report);
        }
        Ok(Outcome::Ok {
            result: report.result,
            payload: Vec::new(),
        })
    }

    fn evaluate(&mut self, code: &str) -> Result<(), Failure> {
        let start = Instant::now();
        let engine = self.engine()?;
        let evaluated = catch_unwind(AssertUnwindSafe(|| engine.evaluate(code)));
        let timing = engine.options.timing;
        if timing {
            let line = format!(
                "took {} ms, compilation included\n",
                start.elapsed().as_millis()
            );
            self.live.print(StreamContent::stdout(&line));
        }
        evaluated.unwrap_or_else(|_| {
            Err(Failure::plain(
                "error",
                "the engine failed on this cell; the session goes on\nhint: if that happens again, restart the kernel",
            ))
        })
    }

    /// Runs a cell without showing what it prints.
    fn captured(&mut self, code: &str, name: Option<&str>) -> Result<(), Failure> {
        let (before, _) = self.live.capture(Audience::Nobody);
        let evaluated = self.evaluate(code);
        let (_, printed) = self.live.capture(before);
        evaluated?;
        match name {
            Some(name) => self.evaluate(&format!(
                "let {name}: ::std::string::String = ::std::convert::From::from({printed:?});"
            )),
            None => Ok(()),
        }
    }

    fn front(&mut self, front: &Front) -> Result<(), Failure> {
        match front {
            Front::Shell(line) => self.foreign(&Program::shell(line)).map(drop),
            Front::Who => self.engine()?.show_variables(false),
            Front::Whos => self.engine()?.show_variables(true),
            Front::Reset => {
                self.engine()?.reset();
                Ok(())
            }
            Front::Snapshots(wish) => {
                let engine = self.engine()?;
                if let Some(on) = wish {
                    engine.set_snapshots(*on);
                }
                let text = engine.snapshot_state();
                self.live.print(StreamContent::stdout(&text));
                Ok(())
            }
            Front::History => {
                let text = self
                    .history
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .listing();
                self.live.print(StreamContent::stdout(&text));
                Ok(())
            }
        }
    }

    fn print_time(&self, report: &Report) {
        if let Some(spent) = &report.spent {
            self.print_reading(&Reading {
                wall: Duration::from_nanos(spent.wall_ns),
                cpu: Duration::from_nanos(spent.user_ns + spent.system_ns),
            });
        }
    }

    fn print_reading(&self, reading: &Reading) {
        self.live
            .print(StreamContent::stdout(&format!("{reading}\n")));
    }

    fn python(&self, code: &str) -> Result<Outcome, Failure> {
        let reading = foreign::run(&Program::python(code), &self.live, &self.interrupter)?;
        self.print_reading(&reading);
        Ok(Outcome::done())
    }

    fn foreign(&self, program: &Program) -> Result<Outcome, Failure> {
        foreign::run(program, &self.live, &self.interrupter)?;
        Ok(Outcome::done())
    }

    fn help(&mut self, name: &str) -> Result<Outcome, Failure> {
        let interrupter = self.interrupter.clone();
        let found = self
            .analysis
            .documentation(name, &move || interrupter.is_interrupted());
        let Some(page) = found else {
            return Err(Failure::plain(
                "help",
                format!(
                    "nothing is known of `{name}`\nhint: give a path that is in scope, as in `Vec?` or `std::fs::read?`"
                ),
            ));
        };
        let page = Payload::Page {
            data: crate::live::media(&assist::bundle(&page)),
            start: 0,
        };
        Ok(Outcome::Ok {
            result: None,
            payload: vec![page],
        })
    }
}
