//! `%%test`: compiles the session's items and the cell as a test program, and runs it.

use crate::cell::Cell;
use crate::commands;
use crate::compile::Make;
use crate::engine::{Engine, Watcher};
use crate::failure::Failure;
use crate::generate::generate_tests;
use std::path::PathBuf;

impl Engine {
    /// The program that runs a cell's tests.
    ///
    /// # Errors
    ///
    /// When rustc finds mistakes in it.
    pub(crate) fn test_program(&mut self, code: &str) -> Result<PathBuf, Failure> {
        let (commands, code) = commands::split(code)?;
        self.obey(&commands)?;
        let cell = Cell::parse(&code);
        self.fetch_crates_for(&cell)?;
        let (book, _) = self.book.apply(&cell);
        let source = generate_tests(&book, &cell);
        // A program is linked by the C compiler, and has a standard library of its own.
        let settings = self.settings_with(&self.crates.without_own_linker());
        let compiled = self
            .compiler
            .compile(
                &source.text,
                Make::Tests,
                &settings,
                &mut Watcher(&self.interrupter),
            )
            .map_err(|error| Failure::plain("test", format!("{error:#}")))?;
        match compiled.product {
            Some(program) => Ok(program),
            None => {
                let failure =
                    Failure::compilation(&compiled.diagnostics, &source, &self.live.cell_name());
                self.last_errors = compiled.diagnostics;
                Err(failure)
            }
        }
    }
}
