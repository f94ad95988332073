//! Compiles cells without running them, so that they are known when they are run.
//!
//! Whatever a cell does to the session that rustc has to know of can be told from its source. So
//! the session after a cell can be foreseen, and the next cell compiled for it.

use crate::attempt::{self, Style, Workshop};
use crate::book::Book;
use crate::cell::Cell;
use crate::commands;
use crate::compile::{Compiler, Watch};
use crate::crates::{Crates, Listener};
use crate::dependencies;
use crate::magics::{self, Cell as Sorted};
use crate::notebook::CodeCell;
use crate::toolchain::Toolchain;
use std::path::PathBuf;

/// A session as it will be.
#[derive(Debug, Clone)]
pub(crate) struct Forecast {
    pub(crate) book: Book,
    pub(crate) crates: Crates,
    pub(crate) toolchain: Toolchain,
    pub(crate) opt_level: String,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) style: Style,
    /// At which relative paths start.
    pub(crate) folder: PathBuf,
}

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreseen {
    /// It is compiled, or was known before.
    Compiled,
    Known,
    /// It holds no Rust that a session would compile.
    Nothing,
    /// rustc refuses it, as it will when it is run.
    Refused,
    /// What comes after it cannot be foreseen, or was not to be waited for.
    Unclear,
}

impl Forecast {
    /// Compiles a cell and goes on to the session after it.
    ///
    /// Crates are built only if `listener` is there to hear of it.
    pub(crate) fn step(
        &mut self,
        cell: &CodeCell,
        compiler: &mut Compiler,
        watch: &mut dyn Watch,
        listener: Option<&mut Listener<'_>>,
    ) -> Foreseen {
        let Ok(Sorted::Rust(rust)) = magics::parse(&cell.source) else {
            return Foreseen::Nothing;
        };
        let Ok((commands, code)) = commands::split(&rust.code) else {
            return Foreseen::Unclear;
        };
        if rust.front.contains(&magics::Front::Reset) {
            self.book = Book::default();
        }
        let parsed = Cell::parse(&code);
        if !self.obey(&commands, &parsed, listener) {
            return Foreseen::Unclear;
        }
        if parsed.statements.is_empty() && parsed.items.is_empty() {
            return Foreseen::Nothing;
        }
        let settings = self
            .crates
            .settings(&self.toolchain, &self.opt_level, &self.environment);
        let mut workshop = Workshop {
            compiler,
            settings: &settings,
            watch,
            crates: &self.crates.names(),
        };
        match attempt::prepare(&mut workshop, &self.book, &parsed, &self.style) {
            Ok(ready) => {
                if let Some(library) = &ready.library {
                    let _ = std::fs::remove_file(library);
                }
                if !cell.may_fail {
                    self.book = ready.book;
                }
                if ready.compiled {
                    Foreseen::Compiled
                } else {
                    Foreseen::Known
                }
            }
            Err(attempt::Refusal::Broken(_)) => Foreseen::Unclear,
            Err(_) => Foreseen::Refused,
        }
    }

    /// Obeys the commands that change what rustc makes of later cells. False for one of which that
    /// is not known.
    fn obey(
        &mut self,
        commands: &[commands::Command],
        cell: &Cell,
        listener: Option<&mut Listener<'_>>,
    ) -> bool {
        let mut specs = Vec::new();
        for command in commands {
            match command.name.as_str() {
                ":dep" => match dependencies::parse(&command.argument, &self.folder) {
                    Ok(spec) => specs.push(spec),
                    Err(_) => return false,
                },
                ":opt" if !command.argument.is_empty() => {
                    self.opt_level.clone_from(&command.argument);
                }
                ":vars" | ":help" | ":show_deps" | ":type" | ":t" | ":version" | ":timing" => {}
                _ => return false,
            }
        }
        let mentions = crate::fetch::mentions_support(cell);
        let lies_ready = |spec: &dependencies::Spec| {
            dependencies::is_support_crate(spec) && self.crates.has_support()
        };
        let needs_build = !specs.iter().all(lies_ready)
            || mentions && !self.crates.has_support()
            || cell.awaits && !self.crates.has("tokio");
        if !needs_build {
            return true;
        }
        let Some(listener) = listener else {
            return false;
        };
        let settings = self.toolchain.settings(false, &self.environment);
        if cell.awaits && !self.crates.has("tokio") {
            specs.push(crate::fetch::runtime_spec());
        }
        let prepared = !mentions || self.crates.prepare_support(&settings, listener).is_ok();
        prepared && self.crates.add(specs, &settings, listener).is_ok()
    }
}
