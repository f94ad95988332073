//! Brings a cell to the form in which rustc accepts it.
//!
//! An ordinary cell is compiled once. Where only rustc can tell (a variable is moved away, a closure
//! is called by `&mut`, a type has no name), its answer is taken to heart and the cell compiled
//! again. Every answer is in the cache, so a known cell runs through its attempts without rustc.

use crate::book::{Book, Changes, Variable};
use crate::cell::{Cell, Let, Piece, Simple, StatementKind};
use crate::closures::Kind;
use crate::compile::{Compiled, Compiler, Make, Settings, Watch};
use crate::diagnostic::Diagnostic;
use crate::generate::{Findings, Rewrite, Show, Source, generate};
use crate::{persist, shared, types};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

/// rustc is asked no more often than this for one cell.
const MOST: usize = 16;

/// How the user wants values and errors to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) show: Show,
    pub(crate) debug_errors: bool,
}

/// A cell that is ready to run.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) source: Source,
    /// What to run; nothing for a cell that only defines items.
    pub(crate) library: Option<PathBuf>,
    /// The session after the cell has run.
    pub(crate) book: Book,
    /// `return` may end it early.
    pub(crate) returns: bool,
    /// The variables after it has ended early: those of before that it did not move.
    pub(crate) unfinished: BTreeMap<String, Variable>,
    pub(crate) changes: Changes,
    /// What the user should know, a line each.
    pub(crate) notes: Vec<String>,
    pub(crate) has_warnings: bool,
    /// rustc was run for it.
    pub(crate) compiled: bool,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// What rustc says of the user's code, and the source it says it of.
    Errors(Box<Errors>),
    /// The value of the cell cannot be shown, for this reason.
    Value(Box<(Diagnostic, Option<Piece>)>),
    /// A variable cannot outlive the cell: the error in words.
    Persistence(String),
    /// rustc gave no answer.
    Broken(anyhow::Error),
}

/// Errors of rustc's.
#[derive(Debug)]
pub(crate) struct Errors {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What they are about.
    pub(crate) source: Source,
    pub(crate) changes: Changes,
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

/// What a cell is compiled with.
pub(crate) struct Workshop<'a> {
    pub(crate) compiler: &'a mut Compiler,
    pub(crate) settings: &'a Settings,
    pub(crate) watch: &'a mut dyn Watch,
    /// The crates that cells can name, and the libraries with them.
    pub(crate) crates: &'a BTreeSet<String>,
}

/// Brings a cell to the form in which it can be run.
///
/// # Errors
///
/// When rustc finds errors in it, a variable cannot persist, or rustc does not answer.
pub(crate) fn prepare(
    workshop: &mut Workshop<'_>,
    book: &Book,
    cell: &Cell,
    style: &Style,
) -> Result<Ready, Refusal> {
    let (book, changes) = book.apply(cell);
    let cell = &cell.clone().without_constants(&book.item_names());
    let mut attempt = Attempt::new(book, cell, changes, style);
    let names = workshop.crates.iter();
    attempt.findings.shared = names
        .filter(|name| shared::is_shared(name))
        .cloned()
        .collect();
    for _ in 0..MOST {
        let source = generate(&attempt.book, cell, &attempt.findings);
        let make = if cell.only_defines() {
            Make::Check
        } else {
            Make::Library
        };
        let compiled =
            workshop
                .compiler
                .compile(&source.text, make, workshop.settings, workshop.watch)?;
        attempt.compiled |= !compiled.cached;
        if compiled.success {
            if attempt.name_types(&compiled, &source)? {
                continue;
            }
            attempt.check_crates(workshop.crates)?;
            return Ok(attempt.ready(compiled, source));
        }
        if !attempt.learn(&compiled.diagnostics, &source) {
            return Err(attempt.refuse(workshop, compiled.diagnostics, &source)?);
        }
    }
    Err(Refusal::Broken(anyhow::anyhow!(
        "the cell was compiled {MOST} times, and rustc was never content\nhint: split it into smaller cells"
    )))
}

struct Attempt<'a> {
    book: Book,
    cell: &'a Cell,
    changes: Changes,
    findings: Findings,
    /// The closures that are boxed, with the kinds still to be tried.
    closures: BTreeMap<String, Vec<Vec<Kind>>>,
    types: BTreeMap<String, String>,
    notes: BTreeMap<String, String>,
    compiled: bool,
}

impl<'a> Attempt<'a> {
    fn new(book: Book, cell: &'a Cell, changes: Changes, style: &Style) -> Self {
        let mut attempt = Self {
            book,
            cell,
            changes,
            findings: Findings {
                show: style.show.clone(),
                debug_errors: style.debug_errors,
                ..Findings::default()
            },
            closures: BTreeMap::new(),
            types: BTreeMap::new(),
            notes: BTreeMap::new(),
            compiled: false,
        };
        for (name, simple) in simple_lets(cell) {
            if let Some(closure) = &simple.closure {
                let mut kinds = closure.candidates();
                kinds.reverse();
                attempt.closures.insert(name.to_owned(), kinds);
                attempt.box_closure(name, simple);
            }
        }
        attempt
    }

    /// Boxes a closure as its next candidate says; leaves it as it is when there is none left.
    fn box_closure(&mut self, name: &str, simple: &Simple) {
        let next = self.closures.get_mut(name).and_then(Vec::pop);
        let rewrite = next.zip(simple.closure.as_ref()).map(|(kinds, closure)| {
            let boxes = closure.boxes().into_iter();
            Rewrite {
                type_name: closure.boxed_type(&kinds),
                insertions: boxes.map(|(at, text)| (at, text.to_owned())).collect(),
            }
        });
        match rewrite {
            Some(rewrite) => self.findings.rewrites.insert(name.to_owned(), rewrite),
            None => self.findings.rewrites.remove(name),
        };
    }

    /// Takes the types of the new variables. True when the cell must be compiled again, because one
    /// of them has no name but can be given one.
    fn name_types(&mut self, compiled: &Compiled, source: &Source) -> Result<bool, Refusal> {
        self.types = types::read(&compiled.diagnostics, &source.packs);
        let mut again = false;
        for (name, type_name) in &self.types {
            if types::is_nameable(type_name) {
                continue;
            }
            let found = simple_lets(self.cell).find(|(other, _)| other == name);
            let rewrite = found
                .filter(|_| !self.findings.rewrites.contains_key(name))
                .and_then(|(_, simple)| types::persistent(type_name, simple));
            let Some(rewrite) = rewrite.filter(|_| !self.notes.contains_key(name)) else {
                return Err(Refusal::Persistence(persist::unnameable(
                    self.cell, name, type_name,
                )));
            };
            self.findings.rewrites.insert(name.clone(), rewrite);
            // What it became is known after the next attempt.
            self.notes.insert(name.clone(), type_name.clone());
            again = true;
        }
        Ok(again)
    }

    fn check_crates(&self, crates: &BTreeSet<String>) -> Result<(), Refusal> {
        let items = self.book.item_names();
        let is_known = |root: &str| {
            matches!(root, "std" | "core" | "alloc")
                || crates.contains(root)
                || items.contains(root)
        };
        for (name, type_name) in &self.types {
            if let Some(unknown) = types::unknown_crate(type_name, is_known) {
                return Err(Refusal::Persistence(persist::of_unknown_crate(
                    name, type_name, unknown,
                )));
            }
        }
        Ok(())
    }

    fn ready(self, compiled: Compiled, source: Source) -> Ready {
        let mut book = self.book;
        for name in &self.findings.moved {
            book.variables.remove(name);
        }
        let before_made = book.variables.clone();
        for binding in self.cell.bindings() {
            book.variables.remove(&binding.name);
            if let Some(type_name) = self.types.get(&binding.name) {
                let variable = Variable {
                    type_name: type_name.clone(),
                    mutable: binding.mutable,
                };
                book.variables.insert(binding.name, variable);
            }
        }
        book.commit();
        let notes = self.notes.keys().filter_map(|name| {
            let type_name = self.types.get(name)?;
            type_name
                .contains("Iterator")
                .then(|| format!("`{name}` persists as `{}`", types::short(type_name)))
        });
        let has_warnings = compiled
            .diagnostics
            .iter()
            .any(|diagnostic| crate::warnings::is_users(diagnostic, &source.map));
        Ready {
            notes: notes.collect(),
            library: compiled.product,
            changes: self.changes,
            has_warnings,
            compiled: self.compiled,
            unfinished: before_made,
            returns: self.cell.returns,
            book,
            source,
        }
    }

    /// Takes errors to heart. False when there is nothing to be learned from them.
    fn learn(&mut self, diagnostics: &[Diagnostic], source: &Source) -> bool {
        let before = (self.findings.clone(), self.closures.len());
        let errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error());
        for error in errors {
            self.learn_of(error, source);
        }
        before != (self.findings.clone(), self.closures.len())
    }

    fn learn_of(&mut self, error: &Diagnostic, source: &Source) {
        let code = error.name().unwrap_or_default();
        match code {
            "E0382" | "E0381" | "E0425" => {
                for line in error.lines() {
                    self.findings.spent.extend(source.packs.get(&line).cloned());
                    self.findings
                        .moved
                        .extend(source.returns.get(&line).cloned());
                }
            }
            "E0728" => self.findings.awaits = true,
            "E0277" if error.message.contains("the `?` operator") => self.findings.asks = true,
            _ => {}
        }
        let about_value = error.all_lines().any(|line| source.shows.contains(&line))
            || error.message.contains("evcxr_display");
        if about_value && self.findings.show == Show::Method {
            // A format asks less of the value than a method call does.
            self.findings.show = Show::Format("{:?}".to_owned());
            return;
        }
        self.learn_of_rewrites(error, code, source);
    }

    /// An error in a statement that was rewritten: the next kind of closure, or as the user wrote it.
    fn learn_of_rewrites(&mut self, error: &Diagnostic, code: &str, source: &Source) {
        const KIND_ERRORS: [&str; 4] = ["E0594", "E0596", "E0507", "E0525"];
        for (statement, lines) in self.cell.statements.iter().zip(&source.statements) {
            let StatementKind::Let(found) = &statement.kind else {
                continue;
            };
            let Some((name, simple)) = simple_let(found) else {
                continue;
            };
            if !self.findings.rewrites.contains_key(name) || !concerns(error, name, lines, source) {
                continue;
            }
            if self.closures.contains_key(name) && KIND_ERRORS.contains(&code) {
                self.box_closure(name, simple);
            } else {
                self.closures.remove(name);
                self.findings.rewrites.remove(name);
            }
        }
    }

    /// The refusal to show: the user's own errors as rustc words them, or why a variable that is no
    /// error in itself cannot persist.
    fn refuse(
        &self,
        workshop: &mut Workshop<'_>,
        errors: Vec<Diagnostic>,
        source: &Source,
    ) -> anyhow::Result<Refusal> {
        let bare = Findings {
            bare: true,
            show: Show::Nothing,
            rewrites: BTreeMap::new(),
            ..self.findings.clone()
        };
        let plain = generate(&self.book, self.cell, &bare);
        let explained =
            workshop
                .compiler
                .explain(&plain.text, workshop.settings, workshop.watch)?;
        let refusal = |diagnostics, source| {
            Refusal::Errors(Box::new(Errors {
                diagnostics,
                source,
                changes: self.changes.clone(),
            }))
        };
        if explained.iter().any(Diagnostic::is_error) {
            return Ok(refusal(explained, plain));
        }
        let own = || errors.iter().filter(|error| error.is_error());
        let of_value =
            |error: &&Diagnostic| error.all_lines().any(|line| source.shows.contains(&line));
        if let Some(error) = own().find(of_value) {
            let value = self.cell.statements.last().map(|last| &last.piece);
            let error = Diagnostic {
                message: types::short(&error.message),
                ..error.clone()
            };
            return Ok(Refusal::Value(Box::new((error, value.cloned()))));
        }
        let made = |line: usize| self.made_at(line, source);
        let culprit = own()
            .flat_map(Diagnostic::lines)
            .find_map(made)
            .or_else(|| {
                own()
                    .flat_map(Diagnostic::all_lines)
                    .find_map(|line| source.packs.get(&line).cloned())
            })
            .or_else(|| own().flat_map(Diagnostic::all_lines).find_map(made));
        Ok(match culprit {
            Some(name) => Refusal::Persistence(persist::borrowed(self.cell, &name)),
            None => refusal(errors, source.clone()),
        })
    }
}

impl Attempt<'_> {
    /// The variable that the statement on a line of the source makes.
    fn made_at(&self, line: usize, source: &Source) -> Option<String> {
        let number = source
            .statements
            .iter()
            .position(|lines| lines.contains(&line))?;
        match &self.cell.statements.get(number)?.kind {
            StatementKind::Let(found) => Some(found.bindings.first()?.name.clone()),
            _ => None,
        }
    }
}

/// Whether an error is about a rewritten statement, or about storing its variable.
fn concerns(error: &Diagnostic, name: &str, lines: &Range<usize>, source: &Source) -> bool {
    let stores = |line: usize| source.packs.get(&line).is_some_and(|packed| packed == name);
    // That a value was moved is no fault of the closure that it was moved into.
    error.name() != Some("E0382")
        && (error.all_lines().any(stores) || error.lines().any(|line| lines.contains(&line)))
}

/// The `let name = value` statements of a cell.
fn simple_lets(cell: &Cell) -> impl Iterator<Item = (&str, &Simple)> {
    cell.statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Let(found) => simple_let(found),
            _ => None,
        })
}

fn simple_let(found: &Let) -> Option<(&str, &Simple)> {
    Some((&found.bindings.first()?.name, found.simple.as_ref()?))
}
