//! What a session knows: its items, imports and variables, and what a cell changes about them.
//!
//! A book is cheap to clone. A cell is applied to a copy; the copy takes the book's place when the
//! cell has succeeded, and is thrown away otherwise.

use crate::cell::{self, Cell, Import, Item, ItemKind};
use crate::sourcemap::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Traits whose objects can be asked whether they are of a type. rustc tells types by their names
/// alone, so a redefined one is taken for its namesake.
const ASK_FOR_TYPES: [&str; 2] = ["Any", "Error"];

/// A variable that later cells can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// Its type, as a path that cells can name.
    pub(crate) type_name: String,
    pub(crate) mutable: bool,
}

/// An item of this cell or of an earlier one.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) kind: ItemKind,
    pub(crate) text: Arc<str>,
    /// The named item in front of it, whose redefinition ends this one too.
    owner: Option<String>,
    /// Where it stands in the cell that is being compiled.
    pub(crate) place: Option<Place>,
}

/// The state of a session, as far as rustc is concerned.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    pub(crate) attributes: Vec<Arc<str>>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) variables: BTreeMap<String, Variable>,
}

/// What applying a cell did besides adding to the book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Variables that were dropped, each with the redefined name that its type depends on.
    pub(crate) dropped: BTreeMap<String, String>,
}

impl Book {
    /// The book after this cell, but for the variables that it makes.
    pub(crate) fn apply(&self, cell: &Cell) -> (Self, Changes) {
        let mut book = self.clone();
        for attribute in &cell.attributes {
            let text: Arc<str> = attribute.text.as_str().into();
            if !book.attributes.contains(&text) {
                book.attributes.push(text);
            }
        }
        let mut changed = BTreeSet::new();
        let mut owner = None;
        for item in &cell.items {
            book.add(item, &owner, &mut changed);
            if let ItemKind::Named(name) = &item.kind {
                owner = Some(name.clone());
            }
        }
        let dropped = book.drop_variables_of(&changed);
        (book, Changes { dropped })
    }

    /// Ends the cell: its items are now those of an earlier one.
    pub(crate) fn commit(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        for entry in entries {
            match &entry.kind {
                ItemKind::Use(imports) if entry.place.is_some() => {
                    self.entries.extend(imports.iter().map(entry_of_import));
                }
                _ => self.entries.push(Entry {
                    place: None,
                    ..entry
                }),
            }
        }
    }

    /// The source of all items, for the analysis.
    pub(crate) fn items(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            text.push_str(&entry.text);
            text.push('\n');
        }
        text
    }

    /// The names that items define.
    pub(crate) fn item_names(&self) -> BTreeSet<String> {
        self.entries
            .iter()
            .flat_map(|entry| names(&entry.kind))
            .collect()
    }

    fn add(&mut self, item: &Item, owner: &Option<String>, changed: &mut BTreeSet<String>) {
        let entry = Entry {
            kind: item.kind.clone(),
            text: item.piece.text.as_str().into(),
            owner: owner.clone(),
            place: Some(Place {
                line: item.piece.line,
                shift: 0,
                column: item.piece.column,
            }),
        };
        let new_names: BTreeSet<String> = names(&entry.kind).collect();
        let new_texts = texts(&entry);
        self.entries.retain(|old| {
            // Twice in one cell is the user's own mistake, which rustc explains.
            if old.place.is_some() {
                return true;
            }
            let replaced = replaces(&entry, old);
            if replaced && !new_texts.contains(&*old.text) {
                changed.extend(names(&old.kind).filter(|name| new_names.contains(name)));
            }
            !replaced
        });
        self.entries.push(entry);
    }

    /// A variable whose type was redefined cannot be read any more: its bytes mean something else.
    fn drop_variables_of(&mut self, changed: &BTreeSet<String>) -> BTreeMap<String, String> {
        if changed.is_empty() {
            return BTreeMap::new();
        }
        let dropped: BTreeMap<String, String> = self
            .variables
            .iter()
            .filter_map(|(name, variable)| {
                let cause = self.depends_on(&variable.type_name, changed)?;
                Some((name.clone(), cause))
            })
            .collect();
        self.variables.retain(|name, _| !dropped.contains_key(name));
        dropped
    }

    /// The changed name that a type depends on, directly or by the items that it names.
    fn depends_on(&self, type_name: &str, changed: &BTreeSet<String>) -> Option<String> {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<String> = cell::words(type_name).collect();
        while let Some(word) = waiting.pop() {
            if changed.contains(&word) {
                return Some(word);
            }
            if ASK_FOR_TYPES.contains(&word.as_str()) {
                // It may hold a value of any type, and would take the old one for the new.
                return changed.first().cloned();
            }
            if !seen.insert(word.clone()) {
                continue;
            }
            for entry in &self.entries {
                if names(&entry.kind).any(|name| name == word) {
                    waiting.extend(cell::words(&entry.text));
                }
            }
        }
        None
    }
}

fn entry_of_import(import: &Import) -> Entry {
    Entry {
        kind: ItemKind::Use(vec![import.clone()]),
        text: import.code.as_str().into(),
        owner: None,
        place: None,
    }
}

/// The names that an item defines.
fn names(kind: &ItemKind) -> Box<dyn Iterator<Item = String> + '_> {
    match kind {
        ItemKind::Named(name) | ItemKind::Macro(name) | ItemKind::ExternCrate(name) => {
            Box::new(std::iter::once(name.clone()))
        }
        ItemKind::Use(imports) => Box::new(imports.iter().filter_map(|import| import.name.clone())),
        ItemKind::Impl { .. } | ItemKind::Other => Box::new(std::iter::empty()),
    }
}

/// The texts that the book keeps of an item.
fn texts(entry: &Entry) -> BTreeSet<String> {
    match &entry.kind {
        ItemKind::Use(imports) => imports.iter().map(|import| import.code.clone()).collect(),
        _ => BTreeSet::from([entry.text.to_string()]),
    }
}

/// Whether a new item takes the place of an old one.
fn replaces(new: &Entry, old: &Entry) -> bool {
    if let ItemKind::Impl { head, functions } = &new.kind {
        return match &old.kind {
            ItemKind::Impl {
                head: old_head,
                functions: old_functions,
            } => {
                head == old_head
                    && (head.contains(" for ")
                        || functions.is_empty()
                        || old_functions.iter().any(|name| functions.contains(name)))
            }
            _ => false,
        };
    }
    let new_names: BTreeSet<String> = names(&new.kind).collect();
    let owned = old.owner.as_ref().is_some_and(|owner| {
        matches!(old.kind, ItemKind::Impl { .. } | ItemKind::Other) && new_names.contains(owner)
    });
    // A glob, or a macro call that makes items, is replaced by itself only.
    let same = matches!((&new.kind, &old.kind), (ItemKind::Other, ItemKind::Other))
        && new.text == old.text
        || matches!(&old.kind, ItemKind::Use(imports) if imports[0].name.is_none())
            && texts(new).contains(&*old.text);
    owned || same || names(&old.kind).any(|name| new_names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(book: &Book, code: &str) -> (Book, Changes) {
        let (mut book, changes) = book.apply(&Cell::parse(code));
        book.commit();
        (book, changes)
    }

    fn with_variable(mut book: Book, name: &str, type_name: &str) -> Book {
        let variable = Variable {
            type_name: type_name.to_owned(),
            mutable: false,
        };
        book.variables.insert(name.to_owned(), variable);
        book
    }

    fn texts_of(book: &Book) -> Vec<&str> {
        book.entries.iter().map(|entry| &*entry.text).collect()
    }

    #[test]
    fn a_later_item_takes_the_place_of_an_earlier_one() {
        let (book, _) = after(&Book::default(), "use std::{fmt, io};\nfn f() {}");
        let (book, _) = after(&book, "fn f() -> i32 { 1 }\nuse std::io::Result as io;");
        assert_eq!(
            texts_of(&book),
            [
                "use std::fmt;",
                "fn f() -> i32 { 1 }",
                "use std::io::Result as io;"
            ]
        );
    }

    #[test]
    fn a_cell_with_a_type_and_its_impls_can_be_run_again() {
        let code =
            "struct P;\nimpl P { fn a() {} }\nimpl Clone for P { fn clone(&self) -> P { P } }";
        let (book, _) = after(&Book::default(), code);
        let (book, changes) = after(&book, code);
        assert_eq!(book.entries.len(), 3);
        assert_eq!(changes, Changes::default());
        let (book, _) = after(&book, "impl P { fn b() {} }");
        assert_eq!(book.entries.len(), 4);
        let (book, _) = after(&book, "impl P { fn b() { 1; } }");
        assert_eq!(book.entries.len(), 4);
        let (book, _) = after(&book, "struct P { x: i32 }");
        assert_eq!(texts_of(&book).len(), 2, "{book:?}");
    }

    #[test]
    fn variables_of_a_redefined_type_are_dropped_through_other_types_too() {
        let (book, _) = after(
            &Book::default(),
            "const N: usize = 2;\nstruct A([u8; N]);\nstruct B { a: A }\nstruct C;",
        );
        let book = with_variable(book, "b", "std::vec::Vec<B>");
        let book = with_variable(book, "c", "C");
        let (same, changes) = after(&book, "struct A([u8; N]);");
        assert_eq!((same.variables.len(), changes), (2, Changes::default()));
        let (book, changes) = after(&book, "const N: usize = 3;");
        assert_eq!(
            changes.dropped,
            BTreeMap::from([("b".to_owned(), "N".to_owned())])
        );
        assert!(book.variables.contains_key("c"));
    }

    #[test]
    fn what_may_hold_any_type_is_dropped_when_one_changes() {
        let (book, _) = after(&Book::default(), "struct P;\ntrait Shape: std::any::Any {}");
        let book = with_variable(book, "a", "std::boxed::Box<dyn std::any::Any>");
        let book = with_variable(book, "s", "std::boxed::Box<dyn Shape>");
        let book = with_variable(book, "v", "std::vec::Vec<i32>");
        let (book, _) = after(&book, "struct P(u8);");
        assert_eq!(book.variables.keys().collect::<Vec<_>>(), ["v"]);
    }

    #[test]
    fn globs_are_kept_once() {
        let (book, _) = after(&Book::default(), "use std::fmt::*;");
        let (book, _) = after(&book, "use std::fmt::*;\nuse std::io::*;");
        assert_eq!(texts_of(&book), ["use std::fmt::*;", "use std::io::*;"]);
    }
}
