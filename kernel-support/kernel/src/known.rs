//! What can be said of a cell without the analysis: while that loads, and where it cannot.
//!
//! A parser is enough for the session's own names; the library's are a list of what cells use most.

use crate::library_names::{INSIDE, METHODS, PLAIN};
use crate::outline::Outline;
use crate::question::{Name, Names};
use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode, TextSize};

/// The names that could stand at the cursor.
pub(crate) fn names(outline: &Outline, cell: &str, at: usize) -> Names {
    let start = start_of_word(cell, at);
    let mut found = Vec::new();
    if !is_text(cell, at) {
        collect(outline, cell, start, &mut found);
    }
    let word = &cell[start..at];
    let mut names: Vec<Name> = Vec::new();
    for name in found {
        if name.text.starts_with(word) && !names.iter().any(|known| known.text == name.text) {
            names.push(name);
        }
    }
    Names {
        start,
        end: at,
        names,
    }
}

fn collect(outline: &Outline, cell: &str, start: usize, found: &mut Vec<Name>) {
    let before = cell[..start].trim_end();
    let items = Definitions::of_items(&outline.items);
    let own = Definitions::of_cell(cell);
    if let Some(path) = before.strip_suffix("::") {
        let within = &path[start_of_word(path, path.len())..];
        for definitions in [&own, &items] {
            found.extend(definitions.within(within).cloned());
        }
        let listed = INSIDE.iter().filter(|(name, _)| *name == within);
        listed.for_each(|(_, words)| found.extend(list(words, "instance")));
    } else if before.ends_with('.') && !before.ends_with("..") {
        for definitions in [&own, &items] {
            found.extend(definitions.members.iter().map(|(_, name)| name.clone()));
        }
        found.extend(list(METHODS, "function"));
    } else {
        found.extend(own.locals);
        let variables = outline.variables.iter();
        found.extend(variables.map(|(name, kind, _)| named(name, "instance", Some(kind.clone()))));
        found.extend(own.items.into_iter().chain(items.items));
        PLAIN
            .iter()
            .for_each(|(kind, words)| found.extend(list(words, kind)));
    }
}

/// What is known of a name, as Markdown: a variable's type, or an item's own source.
pub(crate) fn documentation(outline: &Outline, name: &str) -> Option<String> {
    let text = variable(outline, name).or_else(|| item(&outline.items, name))?;
    Some(format!("```rust\n{text}\n```\n"))
}

fn variable(outline: &Outline, name: &str) -> Option<String> {
    let mut variables = outline.variables.iter();
    let (_, kind, mutable) = variables.rfind(|(known, ..)| known == name)?;
    let mutable = if *mutable { "mut " } else { "" };
    Some(format!("let {mutable}{name}: {kind}"))
}

fn item(items: &str, name: &str) -> Option<String> {
    let file = parse(items);
    let item = file.children().find(|node| {
        named_node(node).is_some_and(|known| known == name) && ast::Item::can_cast(node.kind())
    })?;
    Some(item.text().to_string())
}

/// Where the name ends at `at` begins.
pub(crate) fn start_of_word(code: &str, at: usize) -> usize {
    let before = &code[..at];
    let word = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || *c == '_')
        .last();
    word.map_or(at, |(start, _)| start)
}

/// Whether the cursor stands in a comment or in text.
fn is_text(cell: &str, at: usize) -> bool {
    let file = parse(cell);
    let at = TextSize::try_from(at).unwrap_or_default();
    let token = (at <= file.text_range().end())
        .then(|| file.token_at_offset(at).left_biased())
        .flatten();
    token.is_some_and(|token| {
        matches!(token.kind(), SyntaxKind::COMMENT | SyntaxKind::STRING)
            && token.text_range().start() < at
    })
}

/// The names that some source defines.
#[derive(Default)]
struct Definitions {
    locals: Vec<Name>,
    items: Vec<Name>,
    /// Fields and methods, and what stands behind `Type::`, with the type's name.
    members: Vec<(String, Name)>,
    associated: Vec<(String, Name)>,
}

impl Definitions {
    fn of_items(items: &str) -> Self {
        let mut definitions = Self::default();
        definitions.read(&parse(items));
        definitions
    }

    fn of_cell(cell: &str) -> Self {
        Self::of_items(&format!("fn cell() {{\n{cell}\n}}"))
    }

    fn within<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Name> {
        let associated = self.associated.iter();
        associated
            .filter(move |(of, _)| of == name)
            .map(|(_, found)| found)
    }

    fn read(&mut self, file: &SyntaxNode) {
        for node in file.descendants() {
            let Some(name) = named_node(&node) else {
                continue;
            };
            let owner = owner(&node);
            match node.kind() {
                SyntaxKind::IDENT_PAT => self.locals.push(named(&name, "instance", None)),
                SyntaxKind::RECORD_FIELD => self.add_member(owner, named(&name, "property", None)),
                SyntaxKind::VARIANT => self.add_associated(owner, named(&name, "instance", None)),
                SyntaxKind::FN if owner.is_some() => {
                    let found = named(&name, "function", None);
                    if has_self(&node) {
                        self.add_member(owner, found);
                    } else {
                        self.add_associated(owner, found);
                    }
                }
                kind => self
                    .items
                    .extend(item_kind(kind).map(|kind| named(&name, kind, None))),
            }
        }
    }

    fn add_member(&mut self, owner: Option<String>, name: Name) {
        self.members.push((owner.unwrap_or_default(), name));
    }

    fn add_associated(&mut self, owner: Option<String>, name: Name) {
        self.associated.push((owner.unwrap_or_default(), name));
    }
}

/// The type or trait that a field, variant or method belongs to.
fn owner(node: &SyntaxNode) -> Option<String> {
    node.ancestors().skip(1).find_map(|ancestor| {
        if let Some(block) = ast::Impl::cast(ancestor.clone()) {
            let of = block.self_ty()?.syntax().text().to_string();
            return Some(of.split('<').next().unwrap_or_default().trim().to_owned());
        }
        let is_owner = matches!(
            ancestor.kind(),
            SyntaxKind::STRUCT | SyntaxKind::ENUM | SyntaxKind::TRAIT
        );
        is_owner.then(|| named_node(&ancestor)).flatten()
    })
}

fn has_self(function: &SyntaxNode) -> bool {
    let function = ast::Fn::cast(function.clone());
    let parameters = function.and_then(|function| function.param_list());
    parameters.is_some_and(|list| list.self_param().is_some())
}

/// The name that a node gives to something; for a `use`, the last one of each path.
fn named_node(node: &SyntaxNode) -> Option<String> {
    if let Some(tree) = ast::UseTree::cast(node.clone()) {
        if let Some(renamed) = tree.rename() {
            return Some(renamed.name()?.text().to_string());
        }
        let is_leaf = tree.use_tree_list().is_none() && tree.star_token().is_none();
        let last = tree.path().filter(|_| is_leaf)?.segment()?;
        return Some(last.name_ref()?.text().to_string());
    }
    let name = ast::AnyHasName::cast(node.clone())?.name()?;
    Some(name.text().to_string())
}

fn item_kind(kind: SyntaxKind) -> Option<&'static str> {
    use SyntaxKind as K;
    match kind {
        K::FN | K::MACRO_RULES => Some("function"),
        K::STRUCT | K::ENUM | K::UNION | K::TYPE_ALIAS | K::USE_TREE => Some("class"),
        K::TRAIT => Some("interface"),
        K::MODULE => Some("module"),
        K::CONST | K::STATIC => Some("instance"),
        _ => None,
    }
}

fn parse(code: &str) -> SyntaxNode {
    SourceFile::parse(code, Edition::Edition2024).syntax_node()
}

fn list(words: &'static str, kind: &'static str) -> impl Iterator<Item = Name> {
    words
        .split_whitespace()
        .map(move |word| named(word, kind, None))
}

fn named(text: &str, kind: &str, detail: Option<String>) -> Name {
    Name {
        text: text.to_owned(),
        kind: kind.to_owned(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline() -> Outline {
        Outline {
            dep_lines: Vec::new(),
            lock: None,
            items: "/// A place.\nstruct Point { east: f64 }\n\
                    impl Point { fn origin() -> Self { todo!() } fn length(&self) {} }\n\
                    enum Colour { Red, Green }\nuse std::fmt::{self, Write as W};\n"
                .into(),
            variables: vec![("loaded".into(), "bool".into(), false)],
        }
    }

    fn complete(cell: &str) -> Vec<String> {
        let found = names(&outline(), cell, cell.len());
        found.names.into_iter().map(|name| name.text).collect()
    }

    #[test]
    fn the_sessions_own_names() {
        assert_eq!(complete("loa"), ["loaded"]);
        assert_eq!(complete("let local = 1; lo"), ["local", "loaded", "loop"]);
        assert_eq!(complete("let p: Poi"), ["Point"]);
        assert_eq!(complete("p.ea"), ["east"]);
        assert_eq!(complete("p.length().le"), ["length", "len"]);
        assert_eq!(complete("Point::"), ["origin"]);
        assert_eq!(complete("Colour::R"), ["Red"]);
        assert!(complete("W").contains(&"W".to_owned()));
    }

    #[test]
    fn the_librarys_names() {
        assert_eq!(complete("std::collections::BTreeM"), ["BTreeMap"]);
        assert_eq!(complete("use std::collec"), ["collections"]);
        assert_eq!(complete("let w = String::new(); w.is_empt"), ["is_empty"]);
        assert_eq!(complete("printl"), ["println!"]);
    }

    #[test]
    fn nothing_inside_text() {
        assert!(complete("// loa").is_empty());
        assert!(complete("\"loa").is_empty());
        assert_eq!(complete("\"ü\".is_em"), ["is_empty"]);
    }

    #[test]
    fn documentation_of_what_the_session_defined() {
        let found = |name| documentation(&outline(), name);
        assert_eq!(
            found("loaded").as_deref(),
            Some("```rust\nlet loaded: bool\n```\n")
        );
        assert_eq!(
            found("Point").as_deref(),
            Some("```rust\n/// A place.\nstruct Point { east: f64 }\n```\n")
        );
        assert_eq!(found("Vec"), None);
    }
}
