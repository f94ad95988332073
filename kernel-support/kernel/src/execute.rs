//! Executes one cell: sorts it, has it run, and shows what came of it.

use crate::assist;
use crate::engine::{Engine, Evaluation};
use crate::failure::Failure;
use crate::foreign::{self, Program};
use crate::interrupt::Interrupter;
use crate::live::{Live, Report};
use crate::magics::{self, Cell, RustCell};
use crate::warnings;
use anyhow::Result;
use evcxr::{Error, EvalOutputs};
use ferrolab::timing::Reading;
use jupyter_protocol::{ErrorOutput, ExpressionResult, Media, MediaType, Payload, StreamContent};
use serde_json::{Map, Value};
use std::time::Duration;

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
    engine: Result<Engine>,
}

impl Executor {
    pub(crate) fn new(live: Live, interrupter: Interrupter, engine: Result<Engine>) -> Self {
        Self {
            live,
            interrupter,
            engine,
        }
    }

    /// The engine, if it started.
    pub(crate) fn engine(&mut self) -> Option<&mut Engine> {
        self.engine.as_mut().ok()
    }

    /// Executes a cell and publishes everything of it, a failure included.
    pub(crate) fn execute(&mut self, cell: &str) -> Outcome {
        self.interrupter.begin();
        let outcome = self.run(cell).unwrap_or_else(Outcome::Failed);
        let interrupted = self.interrupter.end();
        let outcome = match outcome {
            Outcome::Failed(failure) if interrupted => Outcome::Failed(interruption(&failure)),
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
            Cell::Rust(rust) => self.rust(&rust, cell),
            Cell::Bash(script) => self.foreign(&Program::bash(&script)),
            Cell::Python(code) => self.python(&code),
            Cell::Check { exercise, code } => self.foreign(&foreign::check(&exercise, &code)?),
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
        let run = self.rust(
            &RustCell {
                code: expression.to_owned(),
                ..RustCell::default()
            },
            expression,
        );
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

    fn rust(&mut self, rust: &RustCell, cell: &str) -> Result<Outcome, Failure> {
        for line in &rust.shell_lines {
            self.foreign(&Program::shell(line))?;
        }
        if rust.code.trim().is_empty() {
            return Ok(Outcome::done());
        }
        if rust.needs_ferrolab {
            let loaded = self.evaluate("", |engine| engine.load_ferrolab());
            self.conclude(loaded, "", cell)?;
        }
        let evaluation = self.evaluate(&rust.code, |engine| engine.evaluate(&rust.code));
        let outcome = self.conclude(evaluation, &rust.code, cell)?;
        if rust.timed {
            self.print_time(self.live.take_report());
        }
        Ok(outcome)
    }

    fn evaluate(
        &mut self,
        code: &str,
        evaluate: impl FnOnce(&mut Engine) -> Evaluation,
    ) -> Evaluation {
        match &mut self.engine {
            Ok(engine) => evaluate(engine),
            Err(error) => Err(Error::from(format!("{error:#}"))),
        }
        .inspect(|_| self.print_warnings(code))
    }

    /// Turns what evcxr says, and what the cell reported on its own channel, into an outcome.
    fn conclude(&self, evaluation: Evaluation, code: &str, cell: &str) -> Result<Outcome, Failure> {
        let report = self.live.take_report();
        let name = self.live.cell_name();
        let outputs = match evaluation {
            Ok(outputs) => outputs,
            Err(Error::CompilationErrors(errors)) => {
                return Err(Failure::compilation(
                    &errors,
                    &self.live.generated_source(),
                    code,
                    &name,
                ));
            }
            Err(Error::SubprocessTerminated(how)) => return Err(worker_died(&how)),
            Err(error) => return Err(Failure::plain("error", error.to_string())),
        };
        if report.panicked {
            let generated = self.live.generated_source();
            return Err(Failure::panic(
                report.last_panic.as_ref(),
                &generated,
                cell,
                &name,
            ));
        }
        if let Some(error) = &report.user_error {
            return Err(Failure::plain("error", error.clone()));
        }
        self.publish_outputs(outputs);
        let result = report.result.clone();
        self.live.restore_report(report);
        Ok(Outcome::Ok {
            result,
            payload: Vec::new(),
        })
    }

    /// What evcxr's own commands print.
    fn publish_outputs(&self, outputs: EvalOutputs) {
        if !outputs.is_empty() {
            let bundle: Map<String, Value> = outputs
                .content_by_mime_type
                .into_iter()
                .map(|(mime, text)| (mime, Value::from(text)))
                .collect();
            self.live.publish_result(crate::live::media(&bundle));
        }
        if let Some(spent) = outputs.timing {
            let line = format!("took {} ms, compilation included\n", spent.as_millis());
            self.live.print(StreamContent::stdout(&line));
        }
    }

    fn print_warnings(&self, code: &str) {
        let generated = self.live.generated_source();
        let text = warnings::read(
            self.live.diagnostics(),
            &generated,
            code,
            &self.live.cell_name(),
        );
        self.live.print(StreamContent::stderr(&text));
    }

    fn print_time(&self, report: Report) {
        if let Some(spent) = report.spent {
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
        let found = self
            .engine()
            .and_then(|engine| assist::documentation(engine, name));
        let Some(data) = found else {
            return Err(Failure::plain(
                "help",
                format!(
                    "nothing is known of `{name}`\nhint: give a path that is in scope, as in `Vec?` or `std::fs::read?`"
                ),
            ));
        };
        let page = Payload::Page {
            data: crate::live::media(&data),
            start: 0,
        };
        Ok(Outcome::Ok {
            result: None,
            payload: vec![page],
        })
    }
}

fn interruption(failure: &Failure) -> Failure {
    let what = if failure.name == "worker" {
        "interrupted while the cell ran; the variables of the session are lost\n\
         hint: run the cells that define them again"
    } else {
        "interrupted; all variables are as before"
    };
    Failure::plain("interrupted", what)
}

/// The worker ended in the middle of a cell.
fn worker_died(how: &str) -> Failure {
    let how = how
        .lines()
        .find_map(|line| line.strip_prefix("Subprocess terminated with status: "))
        .unwrap_or(how);
    Failure::plain(
        "worker",
        format!(
            "the cell ended the session's process ({how}); its variables are lost\n\
             hint: run the cells that define them again"
        ),
    )
}
