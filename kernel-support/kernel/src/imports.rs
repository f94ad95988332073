//! Takes a `use` apart, so that a later one can replace a single name.

use crate::cell::Import;
use ra_ap_syntax::AstNode;
use ra_ap_syntax::ast::{self, HasName, HasVisibility};

/// The names that a `use` brings in, each with a `use` of its own.
pub(crate) fn flatten(item: &ast::Use, tree: &ast::UseTree) -> Vec<Import> {
    let visibility = item
        .visibility()
        .map(|visibility| format!("{} ", visibility.syntax().text()))
        .unwrap_or_default();
    let mut imports = Vec::new();
    walk(tree, "", &mut |name, path| {
        imports.push(Import {
            name,
            code: format!("{visibility}use {path};"),
        });
    });
    imports
}

fn walk(tree: &ast::UseTree, prefix: &str, found: &mut impl FnMut(Option<String>, String)) {
    let own = tree
        .path()
        .map(|path| path.syntax().text().to_string())
        .unwrap_or_default();
    let path = match (prefix, own.as_str()) {
        ("", own) => own.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, own) => format!("{prefix}::{own}"),
    };
    if let Some(list) = tree.use_tree_list() {
        // `use ::{a, b}` and `use {a, b}` have no path of their own.
        let path = if own.is_empty() && tree.coloncolon_token().is_some() && prefix.is_empty() {
            "::".to_owned()
        } else {
            path
        };
        for inner in list.use_trees() {
            walk(&inner, path.trim_end_matches(':'), found);
        }
    } else if tree.star_token().is_some() {
        found(None, format!("{path}::*"));
    } else {
        leaf(tree, &path, found);
    }
}

fn leaf(tree: &ast::UseTree, path: &str, found: &mut impl FnMut(Option<String>, String)) {
    // `a::{self}` names `a`; alone it brings in the module only, which is what is wanted.
    let (whole, path) = match path.strip_suffix("::self") {
        Some(parent) => (parent, format!("{parent}::{{self}}")),
        None => (path, path.to_owned()),
    };
    match tree.rename() {
        Some(rename) => {
            let path = match path.strip_suffix("::{self}") {
                Some(parent) => {
                    format!("{parent}::{{self as {}}}", renamed(&rename))
                }
                None => format!("{path} as {}", renamed(&rename)),
            };
            // `as _` brings in a trait's methods and no name.
            let name = rename.name().map(|name| name.text().to_string());
            found(name, path);
        }
        None => {
            let name = whole.rsplit("::").next().unwrap_or(whole).trim();
            found(Some(name.to_owned()), path);
        }
    }
}

fn renamed(rename: &ast::Rename) -> String {
    rename
        .name()
        .map_or_else(|| "_".to_owned(), |name| name.text().to_string())
}

#[cfg(test)]
mod tests {
    use crate::cell::{Cell, ItemKind};

    fn flat(code: &str) -> Vec<(Option<String>, String)> {
        let cell = Cell::parse(code);
        let ItemKind::Use(imports) = &cell.items[0].kind else {
            panic!("`{code}` is a use");
        };
        imports
            .iter()
            .map(|import| (import.name.clone(), import.code.clone()))
            .collect()
    }

    #[test]
    fn every_name_gets_a_use_of_its_own() {
        let some = |name: &str, code: &str| (Some(name.to_owned()), code.to_owned());
        assert_eq!(
            flat("use std::{collections::{HashMap, BTreeMap as Tree}, fmt::{self, Debug}, io::*};"),
            [
                some("HashMap", "use std::collections::HashMap;"),
                some("Tree", "use std::collections::BTreeMap as Tree;"),
                some("fmt", "use std::fmt::{self};"),
                some("Debug", "use std::fmt::Debug;"),
                (None, "use std::io::*;".to_owned()),
            ]
        );
        assert_eq!(
            flat("use std::io::Write as _;"),
            [(None, "use std::io::Write as _;".to_owned())]
        );
        assert_eq!(flat("use rand;"), [some("rand", "use rand;")]);
        assert_eq!(
            flat("use std::fmt::{self as f};"),
            [some("f", "use std::fmt::{self as f};")]
        );
    }
}
