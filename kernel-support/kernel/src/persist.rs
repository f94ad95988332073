//! Why a variable cannot outlive its cell, with the line to write instead.

use crate::cell::{Cell, Statement, StatementKind};
use crate::types;

/// It borrows from something that ends with the cell.
pub(crate) fn borrowed(cell: &Cell, name: &str) -> String {
    let value = value_of(cell, name).unwrap_or_default();
    let (what, line) = remedy(cell, name, &value);
    format!(
        "`{name}` cannot outlive the cell: {what}\nhint: {line}\nhint: or keep it inside this cell: put what needs it into braces, `{{ let {name} = …; … }}`"
    )
}

fn remedy(cell: &Cell, name: &str, value: &str) -> (&'static str, String) {
    const BORROWS: &str = "it borrows from something that ends with the cell";
    let mutable = if is_mutable(cell, name) { "mut " } else { "" };
    let is_guard = [
        ".lock()",
        ".read()",
        ".write()",
        ".borrow()",
        ".borrow_mut()",
    ]
    .iter()
    .any(|call| value.contains(call));
    if closure_of(cell, name) == Some(false) {
        let at = value.find('|').unwrap_or(0);
        let (before, after) = value.split_at(at);
        return (
            "the closure borrows what it captures",
            format!(
                "let it own that: `let {mutable}{name} = {before}move {};`",
                first_line(after)
            ),
        );
    }
    if is_guard {
        return (
            "it is a guard, and as long as it lives the lock is taken",
            format!("`{{ let {mutable}{name} = {value}; … }}` gives the lock back at the brace"),
        );
    }
    let line = match value.strip_prefix('&') {
        Some(target) => owned(target.trim_start_matches("mut ").trim()),
        None => collected(value).unwrap_or_else(|| owned(value)),
    };
    let kind = if line.ends_with(".collect()") {
        ": Vec<_>"
    } else {
        ""
    };
    (
        BORROWS,
        format!("own it: `let {mutable}{name}{kind} = {line};`"),
    )
}

/// A value that is a reference, as one that owns itself.
fn owned(value: &str) -> String {
    const OPTIONAL: [&str; 10] = [
        ".first()",
        ".last()",
        ".get(",
        ".iter().max()",
        ".iter().min()",
        ".peek()",
        ".find(",
        ".next()",
        ".front()",
        ".back()",
    ];
    if value.is_empty() {
        "….to_owned()".to_owned()
    } else if is_path(value) {
        format!("{value}.clone()")
    } else if value.ends_with(']') {
        format!("{value}.to_vec()")
    } else if OPTIONAL.iter().any(|call| value.contains(call)) && value.ends_with(')') {
        format!("{value}.cloned()")
    } else if value.ends_with(')') {
        format!("{}.to_owned()", first_line(value))
    } else {
        format!("({}).to_owned()", first_line(value))
    }
}

/// A value that walks over something borrowed, collected into what owns itself.
fn collected(value: &str) -> Option<String> {
    const TEXTS: [&str; 4] = [".lines()", ".split", ".char_indices()", ".bytes()"];
    let value = value.trim_end_matches(".collect()");
    let value = value.split(".collect::<").next().unwrap_or(value);
    if value.ends_with(".iter()") {
        Some(format!("{value}.cloned().collect()"))
    } else if TEXTS[..2].iter().any(|call| value.contains(call)) {
        Some(format!("{value}.map(str::to_owned).collect()"))
    } else if value.contains(".iter()")
        || value.contains(".chars()")
        || TEXTS[2..].iter().any(|call| value.contains(call))
    {
        Some(format!("{value}.collect()"))
    } else {
        None
    }
}

/// Its type has no name that a later cell could write.
pub(crate) fn unnameable(cell: &Cell, name: &str, type_name: &str) -> String {
    let short = types::short(type_name);
    let line = if type_name.starts_with("{closure") {
        format!(
            "say how it is called: `let {name}: Box<dyn Fn(i32) -> i32> = Box::new({});`, with the types that it has",
            value_of(cell, name).map_or_else(|| "…".to_owned(), |value| first_line(&value))
        )
    } else if type_name.contains("{closure") {
        "box the closures in it: `Box<dyn Fn(i32) -> i32>`, with the types that they have"
            .to_owned()
    } else if type_name.starts_with("{async") {
        format!("pin it: `let {name}: std::pin::Pin<Box<dyn Future<Output = _>>> = Box::pin(…);`")
    } else {
        format!("give `{name}` a type that can be written, for instance a `Box<dyn Trait>`")
    };
    format!(
        "`{name}` cannot outlive the cell: its type `{short}` has no name\nhint: {line}\nhint: or keep it inside this cell, in braces"
    )
}

/// Its type comes from a crate that the session does not name.
pub(crate) fn of_unknown_crate(name: &str, type_name: &str, unknown: &str) -> String {
    if unknown == "ferrolab_cell_body" {
        let short = types::short(type_name);
        return format!(
            "`{name}` cannot outlive the cell: its type `{short}` is defined inside a block\nhint: define `{short}` at the top of a cell"
        );
    }
    format!(
        "`{name}` cannot outlive the cell: its type `{type_name}` comes from the crate `{unknown}`, which this session does not name\nhint: `:dep {unknown}` makes it known"
    )
}

/// A variable of a type that was redefined is gone.
pub(crate) fn dropped(name: &str, cause: &str) -> String {
    format!("`{name}` was dropped: `{cause}`, which its type depends on, is defined anew")
}

fn statement_of<'a>(cell: &'a Cell, name: &str) -> Option<&'a Statement> {
    cell.statements.iter().rev().find(|statement| {
        matches!(&statement.kind, StatementKind::Let(found)
            if found.bindings.iter().any(|binding| binding.name == name))
    })
}

fn is_mutable(cell: &Cell, name: &str) -> bool {
    cell.bindings()
        .iter()
        .any(|binding| binding.name == name && binding.mutable)
}

/// Whether the closure of a `let` moves what it captures; none when it is no closure.
fn closure_of(cell: &Cell, name: &str) -> Option<bool> {
    match &statement_of(cell, name)?.kind {
        StatementKind::Let(found) => Some(found.simple.as_ref()?.closure.as_ref()?.moves),
        _ => None,
    }
}

/// The text of the value that a `let` gives.
fn value_of(cell: &Cell, name: &str) -> Option<String> {
    let statement = statement_of(cell, name)?;
    let StatementKind::Let(found) = &statement.kind else {
        return None;
    };
    match &found.simple {
        Some(simple) => {
            let (start, end) = simple.value;
            let start = start.checked_sub(statement.piece.start)?;
            let end = end.checked_sub(statement.piece.start)?;
            Some(statement.piece.text.get(start..end)?.trim().to_owned())
        }
        None => {
            let (_, value) = statement.piece.text.split_once('=')?;
            Some(value.trim().trim_end_matches(';').trim().to_owned())
        }
    }
}

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':'))
}

fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    if lines.next().is_some() {
        first + " …"
    } else {
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(code: &str, name: &str) -> String {
        borrowed(&Cell::parse(code), name)
    }

    #[test]
    fn the_line_to_write_is_shown() {
        for (code, name, line) in [
            ("let r = &v;", "r", "`let r = v.clone();`"),
            (
                "let mut r = &mut v[1..];",
                "r",
                "`let mut r = v[1..].to_vec();`",
            ),
            (
                "let g = m.lock().unwrap();",
                "g",
                "`{ let g = m.lock().unwrap(); … }`",
            ),
            (
                "let it = v.iter().map(|x| x * 2);",
                "it",
                "`let it: Vec<_> = v.iter().map(|x| x * 2).collect();`",
            ),
            (
                "let first = v.first();",
                "first",
                "`let first = v.first().cloned();`",
            ),
            (
                "let mut it = v.iter();",
                "it",
                "`let mut it: Vec<_> = v.iter().cloned().collect();`",
            ),
            (
                "let w: Vec<&str> = text.split(' ').collect();",
                "w",
                "`let w: Vec<_> = text.split(' ').map(str::to_owned).collect();`",
            ),
            (
                "let f = |x: i32| x + y;",
                "f",
                "`let f = move |x: i32| x + y;`",
            ),
            (
                "let s = text.trim();",
                "s",
                "`let s = text.trim().to_owned();`",
            ),
        ] {
            let text = hint(code, name);
            assert!(text.contains(line), "{code}: {text}");
        }
    }
}
