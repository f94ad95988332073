//! Gets the crates that a session asks for, and shows how far that is.

use crate::build_progress::Progress;
use crate::cargo::BuildError;
use crate::cell::Cell;
use crate::crates::Listener;
use crate::dependencies::{self, Spec};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::live::{Live, media};
use crate::persist;
use jupyter_protocol::{DisplayData, Transient, UpdateDisplayData};
use serde_json::Map;
use std::time::{Duration, Instant};

/// A bar is shown only for what takes longer than this, and moves no more often.
const NOTICEABLE: Duration = Duration::from_millis(400);

/// What a cell that awaits needs, as evcxr gives it.
const RUNTIME: (&str, &str) = (
    "tokio",
    "{ version = \"1.34\", features = [\"rt\", \"rt-multi-thread\", \"time\", \"macros\", \"sync\"] }",
);

impl Engine {
    /// Adds the crates of `:dep` lines.
    ///
    /// # Errors
    ///
    /// When a line is not valid or a crate cannot be built; the session is as before then.
    pub(crate) fn add_crates(&mut self, arguments: &[&str]) -> Result<(), Failure> {
        let folder = std::env::current_dir().unwrap_or_else(|_| ".".into());
        let specs: Vec<Spec> = arguments
            .iter()
            .map(|argument| {
                dependencies::parse(argument, &folder)
                    .map_err(|error| Failure::plain("dependency", error))
            })
            .collect::<Result<_, _>>()?;
        self.add_specs("dependencies", specs)
    }

    /// Adds crates, and drops the variables whose types were compiled anew by that.
    fn add_specs(&mut self, what: &str, specs: Vec<Spec>) -> Result<(), Failure> {
        self.fetch(what, |engine, listener| {
            let settings = engine.cargo_settings();
            let changed = engine.crates.add(specs, &settings, listener)?;
            for (name, variable) in engine.book.variables.clone() {
                let cause = changed.iter().find(|found| {
                    crate::cell::words(&variable.type_name).any(|word| word == **found)
                });
                if let Some(cause) = cause {
                    engine.book.variables.remove(&name);
                    engine.host.forget(std::slice::from_ref(&name));
                    engine.say(&format!("note: {}\n", persist::dropped(&name, cause)));
                }
            }
            Ok(())
        })?;
        self.publish_outline();
        Ok(())
    }

    /// Gets what a cell needs without saying so: the support crate, the async runtime.
    pub(crate) fn fetch_crates_for(&mut self, cell: &Cell) -> Result<(), Failure> {
        if !self.crates.has_support() && mentions_support(cell) {
            self.fetch("support crate", |engine, listener| {
                let settings = engine.cargo_settings();
                engine.crates.prepare_support(&settings, listener)
            })?;
        }
        if cell.awaits && !self.crates.has(RUNTIME.0) {
            self.add_specs("async runtime", vec![runtime_spec()])?;
        }
        for item in &cell.items {
            if let crate::cell::ItemKind::ExternCrate(name) = &item.kind
                && !self.crates.has(name)
                && !matches!(
                    name.as_str(),
                    "std" | "core" | "alloc" | "ferrolab" | "proc_macro" | "test"
                )
            {
                self.add_crates(&[name])?;
            }
        }
        Ok(())
    }

    pub(crate) fn cargo_settings(&self) -> crate::cargo::Settings {
        self.toolchain
            .settings(self.options.offline, &self.options.environment)
    }

    /// Does a build, with a bar in the cell's output.
    fn fetch(
        &mut self,
        what: &str,
        build: impl FnOnce(&mut Self, &mut Listener<'_>) -> Result<(), BuildError>,
    ) -> Result<(), Failure> {
        let mut bar = Bar::new(self.live.clone(), what);
        let interrupter = self.interrupter.clone();
        let mut progress = |progress: Progress| bar.show(progress, false);
        let mut running = None;
        let mut group = |group: Option<u32>| {
            if let Some(ended) = running.take() {
                interrupter.compiled(ended);
            }
            running = group.map(u32::cast_signed);
            if let Some(started) = running {
                interrupter.compiling(started);
            }
        };
        let built = build(
            self,
            &mut Listener {
                progress: &mut progress,
                group: &mut group,
            },
        );
        bar.finish(built.is_ok());
        built.map_err(|error| match error {
            BuildError::Interrupted => Failure::plain(
                "interrupted",
                "interrupted; all variables and crates are as before",
            ),
            BuildError::Failed(text) => Failure::plain("dependency", text),
        })
    }
}

/// The crate of the async runtime.
pub(crate) fn runtime_spec() -> Spec {
    Spec {
        name: RUNTIME.0.to_owned(),
        config: RUNTIME.1.to_owned(),
    }
}

/// Whether a cell speaks of the support crate.
pub(crate) fn mentions_support(cell: &Cell) -> bool {
    let in_items = cell
        .items
        .iter()
        .any(|item| crate::cell::words(&item.piece.text).any(|word| word == "ferrolab"));
    in_items || cell.words.contains("ferrolab")
}

/// A bar that appears when a build takes long.
struct Bar {
    live: Live,
    label: String,
    id: String,
    started: Instant,
    shown: Option<Instant>,
    last: Progress,
}

impl Bar {
    fn new(live: Live, label: &str) -> Self {
        Self {
            live,
            label: label.to_owned(),
            id: uuid::Uuid::new_v4().to_string(),
            started: Instant::now(),
            shown: None,
            last: Progress::default(),
        }
    }

    fn show(&mut self, progress: Progress, at_once: bool) {
        self.last = progress;
        let since = self.shown.unwrap_or(self.started);
        let pause = if self.shown.is_some() {
            NOTICEABLE / 2
        } else {
            NOTICEABLE
        };
        if !at_once && since.elapsed() < pause {
            return;
        }
        let bundle = self.last.bundle(&self.label);
        let data = media(&Map::from_iter(
            bundle
                .parts()
                .map(|(mime, text)| (mime.to_owned(), text.into())),
        ));
        if self.shown.is_some() {
            self.live.publish(UpdateDisplayData::new(data, &self.id));
        } else {
            let transient = Some(Transient {
                display_id: Some(self.id.clone()),
            });
            self.live.publish(DisplayData {
                transient,
                ..DisplayData::new(data)
            });
        }
        self.shown = Some(Instant::now());
    }

    fn finish(&mut self, good: bool) {
        if self.shown.is_some() {
            let mut last = self.last.clone();
            last.crates.clear();
            if good {
                last.done = last.total;
                last.phase = format!("ready after {:.0} s", self.started.elapsed().as_secs_f64());
            } else {
                last.phase = "stopped".to_owned();
            }
            self.show(last, true);
        }
    }
}
