//! The engine: compiles cells and has them run, and keeps what the session knows.

use crate::ahead::Ahead;
use crate::attempt::{self, Ready, Refusal, Style, Workshop};
use crate::book::{Book, Variable};
use crate::cell::Cell;
use crate::commands;
use crate::compile::{Compiler, Settings, Watch};
use crate::crates::Crates;
use crate::diagnostic::Diagnostic;
use crate::failure::Failure;
use crate::forecast::Forecast;
use crate::generate::UNFINISHED;
use crate::host::{Ending, Host};
use crate::interrupt::Interrupter;
use crate::linker::Linker;
use crate::live::Live;
use crate::outline::{Outline, SharedOutline};
use crate::toolchain::Toolchain;
use crate::{death, persist, warnings};
use anyhow::Result;
use jupyter_protocol::StreamContent;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the user can set by commands.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) opt_level: String,
    pub(crate) offline: bool,
    pub(crate) environment: Vec<(String, String)>,
    /// The format of values, and whether it was asked for.
    pub(crate) format: Option<String>,
    pub(crate) types: bool,
    pub(crate) error_format: String,
    pub(crate) timing: bool,
    pub(crate) debug: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            opt_level: "2".to_owned(),
            offline: false,
            environment: Vec::new(),
            format: None,
            types: false,
            error_format: "{}".to_owned(),
            timing: false,
            debug: false,
        }
    }
}

/// A session's engine.
pub(crate) struct Engine {
    pub(crate) live: Live,
    pub(crate) interrupter: Interrupter,
    pub(crate) host: Host,
    pub(crate) compiler: Compiler,
    pub(crate) toolchain: Toolchain,
    pub(crate) crates: Crates,
    pub(crate) book: Book,
    /// The variables before the last cell.
    pub(crate) before_last: BTreeMap<String, Variable>,
    pub(crate) options: Options,
    /// What rustc said of the last cell that it refused.
    pub(crate) last_errors: Vec<Diagnostic>,
    pub(crate) outline: SharedOutline,
    pub(crate) snapshots: bool,
    pub(crate) ahead: Ahead,
    /// Where the runner keeps what all sessions share.
    pub(crate) home: std::path::PathBuf,
}

/// Tells the interrupter which process to end.
pub(crate) struct Watcher<'a>(pub(crate) &'a Interrupter);

impl Watch for Watcher<'_> {
    fn started(&mut self, group: u32) {
        self.0.compiling(group.cast_signed());
    }

    fn ended(&mut self, group: u32) {
        self.0.compiled(group.cast_signed());
    }
}

impl Engine {
    /// Evaluates a cell in which magics have been replaced. What it prints, and what is to be said
    /// about it besides an error, is published.
    ///
    /// # Errors
    ///
    /// What the user is shown: a mistake, or how the cell ended.
    pub(crate) fn evaluate(&mut self, code: &str) -> Result<(), Failure> {
        self.ahead.stop();
        self.note_death_between_cells();
        let (commands, code) = commands::split(code)?;
        self.obey(&commands)?;
        let cell = Cell::parse(&code);
        if cell.statements.is_empty() && cell.items.is_empty() && cell.attributes.is_empty() {
            return Ok(());
        }
        self.fetch_crates_for(&cell)?;
        let ready = self.compile(&cell)?;
        self.run(ready, &code)
    }

    /// Compiles what the learner may run next, now that nobody waits.
    pub(crate) fn look_ahead(&self, cell: &str) {
        let forecast = || Forecast {
            book: self.book.clone(),
            crates: self.crates.clone(),
            toolchain: self.toolchain.clone(),
            opt_level: self.options.opt_level.clone(),
            environment: self.options.environment.clone(),
            style: self.style(),
            folder: std::env::current_dir().unwrap_or_else(|_| ".".into()),
        };
        self.ahead.look(forecast, cell);
    }

    /// How the user wants values and errors to be shown.
    pub(crate) fn style(&self) -> Style {
        use crate::generate::Show;
        let format = self.options.format.clone();
        Style {
            show: match (self.options.types, format) {
                (true, format) => Show::Typed(format.unwrap_or_else(|| "{:?}".to_owned())),
                (false, Some(format)) => Show::Format(format),
                (false, None) => Show::Method,
            },
            debug_errors: self.options.error_format != "{}",
        }
    }

    /// How cells are compiled now.
    pub(crate) fn settings(&self) -> Settings {
        self.settings_with(&self.crates)
    }

    /// How they are compiled with these crates in place of the session's.
    pub(crate) fn settings_with(&self, crates: &Crates) -> Settings {
        crates.settings(
            &self.toolchain,
            &self.options.opt_level,
            &self.options.environment,
        )
    }

    fn compile(&mut self, cell: &Cell) -> Result<Ready, Failure> {
        let prepared = match self.prepare(cell) {
            Err(Refusal::Errors(errors)) if errors.diagnostics.iter().any(is_linker_error) => {
                // The C compiler knows more places for libraries.
                self.crates = self.crates.without_own_linker();
                self.prepare(cell)
            }
            other => other,
        };
        prepared.map_err(|refusal| self.failure_of(refusal))
    }

    fn prepare(&mut self, cell: &Cell) -> Result<Ready, Refusal> {
        let settings = self.settings();
        let style = self.style();
        let mut workshop = Workshop {
            compiler: &mut self.compiler,
            settings: &settings,
            watch: &mut Watcher(&self.interrupter),
            crates: &self.crates.names(),
        };
        attempt::prepare(&mut workshop, &self.book, cell, &style)
    }

    fn failure_of(&mut self, refusal: Refusal) -> Failure {
        match refusal {
            Refusal::Errors(errors) => {
                let name = self.live.cell_name();
                let mut failure = Failure::compilation(&errors.diagnostics, &errors.source, &name);
                for (name, cause) in &errors.changes.dropped {
                    if failure.value.contains(&format!("`{name}`")) {
                        failure = failure.with_note(&format!(
                            "`{name}` ends when `{cause}`, which its type depends on, is defined anew"
                        ));
                    }
                }
                self.last_errors = errors.diagnostics;
                failure
            }
            Refusal::Value(refused) => {
                let (error, piece) = *refused;
                let name = self.live.cell_name();
                let failure = Failure::of_value(&error, piece.as_ref(), &name);
                self.last_errors = vec![error];
                failure
            }
            Refusal::Persistence(text) => Failure::plain("error", text),
            Refusal::Broken(_) if self.interrupter.is_interrupted() => Failure::interrupted(),
            Refusal::Broken(error) => Failure::plain("error", format!("{error:#}")),
        }
    }

    /// Runs a cell that is ready, and takes over what it changed.
    fn run(&mut self, ready: Ready, cell: &str) -> Result<(), Failure> {
        self.live.set_source_map(Arc::new(ready.source.map.clone()));
        if self.options.debug {
            self.say(&ready.source.text);
        }
        for note in &ready.notes {
            self.say(&format!("note: {note}\n"));
        }
        for (name, cause) in &ready.changes.dropped {
            self.say(&format!("note: {}\n", persist::dropped(name, cause)));
        }
        self.show_warnings(&ready);
        let forgotten: Vec<String> = ready.changes.dropped.keys().cloned().collect();
        let Some(library) = &ready.library else {
            self.host.forget(&forgotten);
            self.commit(ready.book);
            return Ok(());
        };
        let ending = self.host.run(library, &forgotten);
        self.host.barrier();
        // It is mapped now, or of no use any more.
        let _ = std::fs::remove_file(library);
        match ending {
            Ending::Done(spent) => {
                self.live.set_spent(spent);
                self.conclude(ready)
            }
            Ending::WentOn(_) => Err(self.after_lasting_panic(ready, cell)),
            Ending::NotLoaded(reason) => Err(Failure::plain(
                "error",
                format!("the cell cannot be loaded: {reason}"),
            )),
            Ending::Died(death) => {
                let report = self.live.take_report();
                let name = self.live.cell_name();
                let panic = report.last_panic.as_ref();
                let failure = death::failure(&death, panic, &ready.source.map, cell, &name);
                self.after_death(&death, ready);
                Err(failure)
            }
        }
    }

    /// The cell came to its end, or `?` ended it.
    fn conclude(&mut self, ready: Ready) -> Result<(), Failure> {
        let report = self.live.take_report();
        let failure = report
            .user_error
            .as_ref()
            .map(|error| Failure::plain("error", error.clone()));
        let mut book = ready.book;
        if failure.is_some() || ready.returns && self.ended_early() {
            book.variables = ready.unfinished;
        }
        self.commit(book);
        self.live.restore_report(report);
        failure.map_or(Ok(()), Err)
    }

    fn ended_early(&mut self) -> bool {
        let ended = self.host.names().iter().any(|name| name == UNFINISHED);
        if ended {
            self.host.forget(&[UNFINISHED.to_owned()]);
        }
        ended
    }

    /// A panic without snapshots: what the cell had taken is gone.
    fn after_lasting_panic(&mut self, ready: Ready, cell: &str) -> Failure {
        let report = self.live.take_report();
        let name = self.live.cell_name();
        let mut failure =
            Failure::panic(report.last_panic.as_ref(), &ready.source.map, cell, &name);
        let left = self.host.names();
        let mut book = Book {
            variables: std::mem::take(&mut self.book.variables),
            ..ready.book
        };
        let lost: Vec<String> = book
            .variables
            .keys()
            .filter(|name| !left.contains(name))
            .map(|name| format!("`{name}`"))
            .collect();
        book.variables.retain(|name, _| left.contains(name));
        if !lost.is_empty() {
            failure = failure.with_note(&format!(
                "snapshots are off, so what the cell had taken is gone: {}",
                lost.join(", ")
            ));
        }
        self.commit(book);
        failure
    }

    fn after_death(&mut self, death: &crate::host::Death, ready: Ready) {
        self.give_up_lost_variables(death);
        if ready.changes.dropped.is_empty() {
            // The items are good, whatever happened to the statements.
            let book = Book {
                variables: std::mem::take(&mut self.book.variables),
                ..ready.book
            };
            self.commit(book);
        } else {
            self.publish_outline();
        }
    }

    /// Without a snapshot that is all of them; otherwise those of threads that are gone.
    fn give_up_lost_variables(&mut self, death: &crate::host::Death) {
        let Some(restored) = &death.restored else {
            return self.book.variables.clear();
        };
        if restored.undone {
            self.book.variables.clone_from(&self.before_last);
        }
        if restored.threads == 0 && !restored.runtimes {
            return;
        }
        let is_handle =
            |type_name: &str| crate::cell::words(type_name).any(|word| word == "JoinHandle");
        let handles: Vec<String> = self
            .book
            .variables
            .iter()
            .filter(|(_, variable)| is_handle(&variable.type_name))
            .map(|(name, _)| name.clone())
            .collect();
        // Now, before a new thread gets the number of the old one.
        self.host.forget(&handles);
        for name in handles {
            self.book.variables.remove(&name);
            self.say(&format!("note: `{name}` was dropped: its thread is gone\n"));
        }
    }

    /// A thread of an earlier cell may have ended the process meanwhile.
    fn note_death_between_cells(&mut self) {
        if let Some(death) = self.host.idle_death() {
            self.give_up_lost_variables(&death);
            self.publish_outline();
            self.say(&death::between_cells(&death));
        }
    }

    /// The session is now as this book says.
    pub(crate) fn commit(&mut self, book: Book) {
        let before = std::mem::replace(&mut self.book, book);
        self.before_last = before.variables;
        self.publish_outline();
    }

    /// Tells the analysis what the session knows.
    pub(crate) fn publish_outline(&self) {
        let variables =
            self.book.variables.iter().map(|(name, variable)| {
                (name.clone(), variable.type_name.clone(), variable.mutable)
            });
        self.outline.publish(Outline {
            dep_lines: self.crates.dep_lines(),
            lock: self.crates.lock(&self.cargo_settings()),
            items: self.book.items(),
            variables: variables.collect(),
        });
    }

    fn show_warnings(&mut self, ready: &Ready) {
        if !ready.has_warnings {
            return;
        }
        // Once more without the flag that makes paths long; known from the second time on.
        let settings = self.settings();
        let explained = self.compiler.explain(
            &ready.source.text,
            &settings,
            &mut Watcher(&self.interrupter),
        );
        if let Ok(diagnostics) = explained {
            let text = warnings::text(&diagnostics, &ready.source.map, &self.live.cell_name());
            self.say(&text);
        }
    }

    /// Prints for the user, beside what the cell prints.
    pub(crate) fn say(&self, text: &str) {
        self.live.print(StreamContent::stderr(text));
    }
}

fn is_linker_error(diagnostic: &Diagnostic) -> bool {
    Linker::has_failed(&diagnostic.message)
}
