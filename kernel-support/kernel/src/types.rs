//! The types of a cell's new variables, as rustc tells them.
//!
//! The generated source drops a reference to each new variable under the lint
//! `dropping_references`, whose note names the type of the argument. That costs no compilation of
//! its own. With `-Ztrim-diagnostic-paths=no` the paths are whole and can be written into later
//! cells. Some types have no name: those of closures, of functions, and `impl Trait`.

use crate::cell::{Simple, words};
use crate::diagnostic::Diagnostic;
use crate::generate::Rewrite;
use std::collections::BTreeMap;

/// The lint that names types.
pub(crate) const LINT: &str = "dropping_references";

/// What begins the label that names the type of an argument.
const LABEL: &str = "argument has type `&";

/// The types that a compilation told, by variable. `packs` says which line stores which.
pub(crate) fn read(
    diagnostics: &[Diagnostic],
    packs: &BTreeMap<usize, String>,
) -> BTreeMap<String, String> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.name() == Some(LINT))
        .filter_map(|diagnostic| {
            let name = diagnostic.lines().find_map(|line| packs.get(&line))?;
            let label = diagnostic
                .labels()
                .into_iter()
                .find_map(|label| label.strip_prefix(LABEL)?.strip_suffix('`'))?;
            Some((name.clone(), with_lifetimes(label)))
        })
        .collect()
}

/// Whether a type can be written down.
pub(crate) fn is_nameable(type_name: &str) -> bool {
    !type_name.contains(['{', '…'])
        && !type_name.contains("...")
        && !contains_word(type_name, "impl")
}

/// A type with the lifetimes that rustc leaves out. What outlives its cell borrows from nothing that
/// ends, so all of them are `'static`; those that a `for<'a>` binds have names.
fn with_lifetimes(type_name: &str) -> String {
    let mut whole = String::with_capacity(type_name.len());
    let mut rest = type_name;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at + 1);
        whole.push_str(before);
        if !after.starts_with(['\'', '&']) {
            whole.push_str("'static ");
        }
        rest = after;
        if rest.starts_with('&') {
            whole.push_str("'static ");
        }
    }
    (whole + rest).replace("'_", "'static")
}

/// How a `let` must be written so that a value of this type persists, if there is a way.
pub(crate) fn persistent(type_name: &str, simple: &Simple) -> Option<Rewrite> {
    let wrapped = |type_name: String, wrapper: &str| Rewrite {
        type_name,
        insertions: vec![
            (simple.value.0, format!("{wrapper}(")),
            (simple.value.1, ")".to_owned()),
        ],
    };
    const BOX: &str = "::std::boxed::Box::new";
    if let Some(pointer) = function_pointer(type_name) {
        return Some(Rewrite {
            type_name: pointer.to_owned(),
            insertions: Vec::new(),
        });
    }
    if let Some(bounds) = type_name.strip_prefix("impl ") {
        if contains_word(bounds, "impl") || bounds.contains('{') {
            return None;
        }
        let boxed = format!("::std::boxed::Box<dyn {bounds}>");
        return Some(if bounds.starts_with("std::future::Future") {
            wrapped(
                format!("::std::pin::Pin<{boxed}>"),
                "::std::boxed::Box::pin",
            )
        } else {
            wrapped(boxed, BOX)
        });
    }
    let outer = type_name.split('<').next().unwrap_or(type_name);
    (outer.contains("::") && !outer.starts_with("std::boxed") && !outer.starts_with("std::vec"))
        .then(|| {
            wrapped(
                "::std::boxed::Box<dyn ::std::iter::Iterator<Item = _>>".to_owned(),
                BOX,
            )
        })
}

/// `fn(i32) -> i32 {name}`: the type of a function, which has one of a pointer to it.
fn function_pointer(type_name: &str) -> Option<&str> {
    let (pointer, name) = type_name.strip_suffix('}')?.rsplit_once(" {")?;
    let is_function = contains_word(pointer, "fn") && is_nameable(pointer);
    (is_function && !name.starts_with("closure@")).then_some(pointer)
}

fn contains_word(text: &str, word: &str) -> bool {
    words(text).any(|found| found == word)
}

/// The crate that a type comes from and that cells cannot name, if there is one.
pub(crate) fn unknown_crate(type_name: &str, is_known: impl Fn(&str) -> bool) -> Option<&str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '#';
    type_name
        .split(|c: char| !is_part(c))
        .filter_map(|path| path.split_once("::"))
        .map(|(root, _)| root)
        .find(|root| !root.is_empty() && !is_known(root))
}

/// A type as a person would write it: without the paths that everyone knows.
pub(crate) fn short(type_name: &str) -> String {
    let type_name = type_name
        .replace("&'static ", "&")
        .replace("<'static>", "<'_>");
    let type_name = type_name.as_str();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut out = String::with_capacity(type_name.len());
    let mut rest = type_name;
    while let Some(start) = rest.find(is_part) {
        out.push_str(&rest[..start]);
        let path = &rest[start..];
        let end = path.find(|c| !is_part(c)).unwrap_or(path.len());
        let (path, after) = path.split_at(end);
        out.push_str(path.rsplit("::").next().unwrap_or(path));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{Cell, StatementKind};

    fn rewrite(type_name: &str) -> Option<Rewrite> {
        let cell = Cell::parse("let v = make();");
        match &cell.statements[0].kind {
            StatementKind::Let(found) => persistent(type_name, found.simple.as_ref()?),
            _ => None,
        }
    }

    #[test]
    fn names_are_told_from_what_has_none() {
        assert!(is_nameable("std::vec::Vec<std::simple::P>"));
        assert!(!is_nameable("{closure@cell.rs:1:2: 1:4}"));
        assert!(!is_nameable("std::vec::Vec<impl std::fmt::Debug>"));
    }

    #[test]
    fn what_has_no_name_gets_one_where_there_is_a_way() {
        assert_eq!(
            rewrite("fn(i32) -> i32 {add}").map(|found| found.type_name),
            Some("fn(i32) -> i32".into())
        );
        assert_eq!(
            rewrite("impl std::ops::Fn(i32) -> i32").map(|found| found.type_name),
            Some("::std::boxed::Box<dyn std::ops::Fn(i32) -> i32>".into())
        );
        let iterator = rewrite("std::iter::Map<std::ops::Range<i32>, {closure@cell.rs:1:2: 1:4}>")
            .expect("an iterator can be boxed");
        assert_eq!(
            iterator.insertions[0],
            (8, "::std::boxed::Box::new(".into())
        );
        assert_eq!(iterator.insertions[1], (14, ")".into()));
        assert_eq!(rewrite("{closure@cell.rs:1:2: 1:4}"), None);
        assert_eq!(rewrite("std::vec::Vec<{closure@cell.rs:1:2: 1:4}>"), None);
    }

    #[test]
    fn paths_are_shortened_for_people() {
        assert_eq!(
            short("std::collections::HashMap<u8, std::vec::Vec<&str>>"),
            "HashMap<u8, Vec<&str>>"
        );
        assert_eq!(
            short("std::boxed::Box<dyn for<'a> std::ops::Fn(&'a str) -> usize>"),
            "Box<dyn for<'a> Fn(&'a str) -> usize>"
        );
    }

    #[test]
    fn lifetimes_that_are_left_out_are_static() {
        for (told, whole) in [
            ("&str", "&'static str"),
            ("&&mut T<'_>", "&'static &'static mut T<'static>"),
            (
                "std::boxed::Box<dyn for<'a> Fn(&'a str, &str) -> &'a str>",
                "std::boxed::Box<dyn for<'a> Fn(&'a str, &'static str) -> &'a str>",
            ),
            ("i32", "i32"),
        ] {
            assert_eq!(with_lifetimes(told), whole);
        }
    }

    #[test]
    fn a_crate_that_no_cell_can_name_is_found() {
        let known = |root: &str| root == "std" || root == "geo";
        assert_eq!(
            unknown_crate("std::vec::Vec<indexmap::Map<u8>>", known),
            Some("indexmap")
        );
        assert_eq!(unknown_crate("std::vec::Vec<geo::Q<f64>>", known), None);
    }
}
