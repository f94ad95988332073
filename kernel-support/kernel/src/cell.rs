//! Splits the Rust of a cell into attributes, items and statements, by rust-analyzer's parser.
//!
//! Every character of the cell ends up in one piece, so that rustc sees what the user wrote, also
//! where the parser stumbled.

use crate::closures::{self, Closure};
use ra_ap_syntax::ast::{self, HasModuleItem, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode, TextRange};
use std::collections::BTreeSet;

/// Stands in front of a cell so that the parser takes it for the body of a function.
const PRELUDE: &str = "fn cell(){";

/// A piece of a cell, and where in the cell it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// The byte of the cell at which it starts.
    pub(crate) start: usize,
    /// Counted from 1.
    pub(crate) line: usize,
    /// In characters, counted from 0.
    pub(crate) column: usize,
}

/// An item, as the session keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) piece: Piece,
    pub(crate) kind: ItemKind,
}

/// What an item is to later cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// A function, type, trait, constant, module: a later one of the same name takes its place.
    Named(String),
    /// A `macro_rules!`, which must stand before its uses.
    Macro(String),
    /// A `use`, name by name.
    Use(Vec<Import>),
    /// `extern crate name;`
    ExternCrate(String),
    /// An `impl`: its head, and the functions in it.
    Impl {
        head: String,
        functions: Vec<String>,
    },
    /// Anything else.
    Other,
}

/// One name that a `use` brings in, or a glob, which brings in any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) name: Option<String>,
    pub(crate) code: String,
}

/// A statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) piece: Piece,
    pub(crate) kind: StatementKind,
}

/// What a statement does to the session.
#[derive(Debug, Clone)]
pub(crate) enum StatementKind {
    /// A `let` at the top level: its variables last.
    Let(Let),
    /// The last expression, without a semicolon: its value is shown.
    Value,
    Other,
}

/// A `let`.
#[derive(Debug, Clone)]
pub(crate) struct Let {
    pub(crate) bindings: Vec<Binding>,
    /// For a plain `let name = value`: where a type and a wrapper go.
    pub(crate) simple: Option<Simple>,
}

/// The places of a `let name = value`, as bytes of the cell.
#[derive(Debug, Clone)]
pub(crate) struct Simple {
    pub(crate) after_name: usize,
    pub(crate) value: (usize, usize),
    /// The closure that the value comes to.
    pub(crate) closure: Option<Closure>,
}

/// A variable that a pattern binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) name: String,
    pub(crate) mutable: bool,
}

/// The parts of a cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub(crate) attributes: Vec<Piece>,
    pub(crate) items: Vec<Item>,
    pub(crate) statements: Vec<Statement>,
    /// Every word in the statements, those inside strings too: names that the cell may use.
    pub(crate) words: BTreeSet<String>,
    /// `?` stands at the top level.
    pub(crate) asks: bool,
    /// `return` stands at the top level.
    pub(crate) returns: bool,
    /// `.await` stands at the top level.
    pub(crate) awaits: bool,
}

impl Cell {
    /// Splits code in which commands and magics have been blanked out.
    pub(crate) fn parse(code: &str) -> Self {
        let file = SourceFile::parse(&format!("{PRELUDE}{code}\n}}"), Edition::Edition2024);
        let list = file.tree().items().find_map(|item| match item {
            ast::Item::Fn(function) => function.body()?.stmt_list(),
            _ => None,
        });
        let nodes: Vec<SyntaxNode> = list
            .map(|list| list.syntax().children().collect())
            .unwrap_or_default();
        let mut cell = Self::default();
        let mut start = 0;
        for (at, node) in nodes.iter().enumerate() {
            let end = nodes
                .get(at + 1)
                .map_or(code.len(), |next| offset(next.text_range()).0)
                .min(code.len());
            if start < end {
                cell.add(node, piece(code, start, end), at + 1 == nodes.len());
            }
            start = end.max(start);
        }
        if start < code.len() && !code[start..].trim().is_empty() {
            cell.statements.push(Statement {
                piece: piece(code, start, code.len()),
                kind: StatementKind::Other,
            });
        }
        cell
    }

    /// Whether nothing is to be run.
    pub(crate) fn only_defines(&self) -> bool {
        self.statements.is_empty()
    }

    /// The variables that the cell makes, each once, as its last `let` says.
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        let mut all: Vec<Binding> = Vec::new();
        for statement in &self.statements {
            if let StatementKind::Let(found) = &statement.kind {
                for binding in &found.bindings {
                    all.retain(|other| other.name != binding.name);
                    all.push(binding.clone());
                }
            }
        }
        all
    }

    /// Takes names out of the patterns that are constants or unit structs of the session.
    pub(crate) fn without_constants(mut self, items: &BTreeSet<String>) -> Self {
        for statement in &mut self.statements {
            if let StatementKind::Let(found) = &mut statement.kind {
                let is_item =
                    |name: &str| name.starts_with(char::is_uppercase) && items.contains(name);
                found.bindings.retain(|binding| !is_item(&binding.name));
            }
        }
        self
    }

    fn add(&mut self, node: &SyntaxNode, piece: Piece, last: bool) {
        if ast::Attr::can_cast(node.kind()) {
            self.attributes.push(piece);
        } else if let Some(item) = ast::Item::cast(node.clone()) {
            let kind = item_kind(&item);
            self.items.push(Item { piece, kind });
        } else if is_item_macro(node) {
            let kind = ItemKind::Other;
            self.items.push(Item { piece, kind });
        } else {
            self.read_words(node);
            let kind = match ast::LetStmt::cast(node.clone()) {
                Some(found) => StatementKind::Let(read_let(&found)),
                None if last && ast::Expr::can_cast(node.kind()) => StatementKind::Value,
                None => StatementKind::Other,
            };
            self.statements.push(Statement { piece, kind });
        }
    }

    fn read_words(&mut self, node: &SyntaxNode) {
        for token in node
            .descendants_with_tokens()
            .filter_map(|element| element.into_token())
        {
            match token.kind() {
                SyntaxKind::IDENT => {
                    self.words
                        .insert(token.text().trim_start_matches("r#").to_owned());
                }
                SyntaxKind::STRING => self.words.extend(words(token.text())),
                SyntaxKind::QUESTION if at_top_level(node, token.parent()) => self.asks = true,
                SyntaxKind::RETURN_KW if at_top_level(node, token.parent()) => self.returns = true,
                SyntaxKind::AWAIT_KW if at_top_level(node, token.parent()) => self.awaits = true,
                _ => {}
            }
        }
    }
}

/// All words of a text, for names that stand in braces in a format string.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .map(str::to_owned)
}

/// Whether control that leaves this node leaves the cell: no function, closure or block of another
/// kind stands between. What stands in a macro's arguments is taken to.
fn at_top_level(top: &SyntaxNode, node: Option<SyntaxNode>) -> bool {
    let mut current = node;
    while let Some(node) = current {
        if node == *top {
            // A cell may be one block, `async { … }` for instance.
            return !catches(&node);
        }
        if catches(&node) {
            return false;
        }
        current = node.parent();
    }
    true
}

fn catches(node: &SyntaxNode) -> bool {
    match node.kind() {
        SyntaxKind::CLOSURE_EXPR | SyntaxKind::FN => true,
        SyntaxKind::BLOCK_EXPR => ast::BlockExpr::cast(node.clone()).is_some_and(|block| {
            block.async_token().is_some() || block.try_block_modifier().is_some()
        }),
        _ => false,
    }
}

fn offset(range: TextRange) -> (usize, usize) {
    let shift = |at: ra_ap_syntax::TextSize| usize::from(at).saturating_sub(PRELUDE.len());
    (shift(range.start()), shift(range.end()))
}

fn piece(code: &str, start: usize, end: usize) -> Piece {
    // Blank lines in front are no part of it.
    let text = &code[start..end];
    let blank = text.len() - text.trim_start().len();
    let line_start = text[..blank].rfind('\n').map_or(0, |at| at + 1);
    let start = start + line_start;
    let before = &code[..start];
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    Piece {
        text: code[start..end].trim_end().to_owned(),
        start,
        line: before.matches('\n').count() + 1,
        column,
    }
}

fn item_kind(item: &ast::Item) -> ItemKind {
    let named = |name: Option<ast::Name>| {
        name.map_or(ItemKind::Other, |name| {
            ItemKind::Named(name.text().to_string())
        })
    };
    match item {
        ast::Item::MacroRules(rules) => rules.name().map_or(ItemKind::Other, |name| {
            ItemKind::Macro(name.text().to_string())
        }),
        ast::Item::Use(found) => ItemKind::Use(
            found
                .use_tree()
                .map(|tree| crate::imports::flatten(found, &tree))
                .unwrap_or_default(),
        ),
        ast::Item::ExternCrate(found) => found.name_ref().map_or(ItemKind::Other, |name| {
            ItemKind::ExternCrate(name.text().to_string())
        }),
        ast::Item::Impl(found) => impl_kind(found),
        ast::Item::Const(i) => named(i.name()),
        ast::Item::Enum(i) => named(i.name()),
        ast::Item::Fn(i) => named(i.name()),
        ast::Item::MacroDef(i) => named(i.name()),
        ast::Item::Module(i) => named(i.name()),
        ast::Item::Static(i) => named(i.name()),
        ast::Item::Struct(i) => named(i.name()),
        ast::Item::Trait(i) => named(i.name()),
        ast::Item::TypeAlias(i) => named(i.name()),
        ast::Item::Union(i) => named(i.name()),
        _ => ItemKind::Other,
    }
}

fn impl_kind(found: &ast::Impl) -> ItemKind {
    let body = found.assoc_item_list();
    let end = body
        .as_ref()
        .map_or(found.syntax().text_range().end(), |list| {
            list.syntax().text_range().start()
        });
    let head: String = found
        .syntax()
        .children_with_tokens()
        .take_while(|part| part.text_range().end() <= end)
        .filter(|part| !matches!(part.kind(), SyntaxKind::COMMENT | SyntaxKind::ATTR))
        .map(|part| part.to_string())
        .collect();
    let functions = body.into_iter().flat_map(|list| list.assoc_items());
    ItemKind::Impl {
        head: head.split_whitespace().collect::<Vec<_>>().join(" "),
        functions: functions
            .filter_map(|item| match item {
                ast::AssocItem::Fn(function) => Some(function.name()?.text().to_string()),
                _ => None,
            })
            .collect(),
    }
}

/// A macro call that defines items and makes no sense as a statement of one cell.
fn is_item_macro(node: &SyntaxNode) -> bool {
    node.text()
        .to_string()
        .trim_start()
        .starts_with("thread_local!")
}

fn read_let(found: &ast::LetStmt) -> Let {
    let Some(pattern) = found.pat() else {
        return Let {
            bindings: Vec::new(),
            simple: None,
        };
    };
    let bindings = pattern
        .syntax()
        .descendants()
        .filter_map(ast::IdentPat::cast)
        .filter_map(|ident| binding(&ident, found.let_else().is_some()))
        .collect();
    Let {
        bindings,
        simple: read_simple(found, &pattern),
    }
}

fn binding(ident: &ast::IdentPat, can_fail: bool) -> Option<Binding> {
    let name = ident.name()?.text().to_string();
    // `None` in a pattern that may not match is a constant; no variable is named like that.
    let constant = can_fail
        && name.starts_with(char::is_uppercase)
        && ident.mut_token().is_none()
        && ident.ref_token().is_none();
    (!constant).then(|| Binding {
        name,
        mutable: ident.mut_token().is_some(),
    })
}

fn read_simple(found: &ast::LetStmt, pattern: &ast::Pat) -> Option<Simple> {
    let ast::Pat::IdentPat(ident) = pattern else {
        return None;
    };
    if found.ty().is_some() || found.let_else().is_some() || ident.pat().is_some() {
        return None;
    }
    let value = found.initializer()?;
    Some(Simple {
        after_name: offset(ident.syntax().text_range()).1,
        value: offset(value.syntax().text_range()),
        closure: closures::find(&value),
    })
}

/// The bytes of the cell that a node takes up.
pub(crate) fn range_of(node: &SyntaxNode) -> (usize, usize) {
    offset(node.text_range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_sorted() {
        let cell = Cell::parse(
            "#![allow(unused)]\nuse std::fmt;\n\nstruct P { x: i32 }\nlet (a, mut b) = (1, 2);\nif let Some(n) = None::<i32> {}\na + b // sum",
        );
        assert_eq!(cell.attributes.len(), 1);
        assert_eq!(cell.items.len(), 2);
        assert_eq!(cell.items[1].piece.line, 4);
        assert_eq!(cell.statements.len(), 3);
        let names: Vec<(String, bool)> = cell
            .bindings()
            .into_iter()
            .map(|binding| (binding.name, binding.mutable))
            .collect();
        assert_eq!(names, [("a".to_owned(), false), ("b".to_owned(), true)]);
        assert!(matches!(cell.statements[2].kind, StatementKind::Value));
        assert!(cell.words.contains("a") && !cell.words.contains("fmt"));
    }

    #[test]
    fn columns_and_lines_are_those_of_the_cell() {
        let cell = Cell::parse("let ü = 1; let b = 2;\n\n\n  b");
        let places: Vec<(usize, usize)> = cell
            .statements
            .iter()
            .map(|statement| (statement.piece.line, statement.piece.column))
            .collect();
        assert_eq!(places, [(1, 0), (1, 11), (4, 2)]);
    }

    #[test]
    fn control_that_leaves_the_cell_is_seen() {
        assert!(Cell::parse("let x = f()?;").asks);
        assert!(!Cell::parse("let g = || { f()?; Some(1) };").asks);
        assert!(Cell::parse("if true { return; }").returns);
        assert!(!Cell::parse("fn f() { return; }").returns);
        assert!(Cell::parse("task.await").awaits);
        assert!(!Cell::parse("let t = async { task.await };").awaits);
    }

    #[test]
    fn what_does_not_parse_is_kept_whole() {
        for code in ["let x = (1;", "}", "fn f( {", "let", "x y z", "\"open"] {
            let cell = Cell::parse(code);
            let mut text: String = cell
                .items
                .iter()
                .map(|item| item.piece.text.clone())
                .collect();
            text.extend(cell.statements.iter().map(|s| s.piece.text.clone()));
            let dense = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(dense(&text), dense(code), "{code}");
        }
    }

    #[test]
    fn an_impl_is_known_by_its_head() {
        let cell =
            Cell::parse("/// Doc.\nimpl<T: Clone>  Shape for\n Square<T> { fn area(&self) {} }");
        assert_eq!(
            cell.items[0].kind,
            ItemKind::Impl {
                head: "impl<T: Clone> Shape for Square<T>".into(),
                functions: vec!["area".into()],
            }
        );
    }
}
