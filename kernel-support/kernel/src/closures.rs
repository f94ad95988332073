//! Closures that a `let` names: how to write their type, so that they outlive the cell.
//!
//! A closure has no name for its type. Boxed as `Box<dyn Fn(i32) -> _>` it has one: the parameters
//! are in the source, rustc infers the rest. Which of `Fn`, `FnMut` and `FnOnce` it is only rustc
//! knows, so the candidates are tried in that order.

use crate::cell::range_of;
use ra_ap_syntax::AstNode;
use ra_ap_syntax::ast;

/// How a closure may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Fn,
    FnMut,
    FnOnce,
}

/// A closure that a value comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closure {
    /// The bytes of the cell that it takes up.
    range: (usize, usize),
    /// The types of its parameters, `_` where none is written.
    parameters: Vec<String>,
    result: Option<String>,
    /// It owns what it captures.
    pub(crate) moves: bool,
    /// The closure that it returns.
    inner: Option<Box<Closure>>,
}

/// Finds the closure at the end of a value: the value itself, or the last expression of its block.
pub(crate) fn find(value: &ast::Expr) -> Option<Closure> {
    match value {
        ast::Expr::ClosureExpr(closure) => Some(read(closure)).filter(|_| is_plain(closure)),
        ast::Expr::ParenExpr(inner) => find(&inner.expr()?),
        ast::Expr::BlockExpr(block) if is_plain_block(block) => {
            find(&block.stmt_list()?.tail_expr()?)
        }
        _ => None,
    }
}

fn is_plain(closure: &ast::ClosureExpr) -> bool {
    closure.async_token().is_none() && closure.gen_token().is_none()
}

fn is_plain_block(block: &ast::BlockExpr) -> bool {
    block.async_token().is_none()
        && block.try_block_modifier().is_none()
        && block.const_token().is_none()
}

fn read(closure: &ast::ClosureExpr) -> Closure {
    let parameters = closure
        .param_list()
        .into_iter()
        .flat_map(|list| list.params())
        .map(|parameter| {
            parameter
                .ty()
                .map_or_else(|| "_".to_owned(), |ty| ty.syntax().text().to_string())
        });
    let result = closure
        .ret_type()
        .and_then(|result| Some(result.ty()?.syntax().text().to_string()));
    let body = closure.body();
    Closure {
        range: range_of(closure.syntax()),
        parameters: parameters.collect(),
        inner: match result {
            Some(_) => None,
            None => body.as_ref().and_then(find).map(Box::new),
        },
        result,
        moves: closure.move_token().is_some(),
    }
}

impl Closure {
    /// The kinds to try, one for this closure and one for each that it returns in turn.
    pub(crate) fn candidates(&self) -> Vec<Vec<Kind>> {
        const KINDS: [Kind; 3] = [Kind::Fn, Kind::FnMut, Kind::FnOnce];
        match &self.inner {
            None => KINDS.iter().map(|kind| vec![*kind]).collect(),
            Some(inner) => {
                let inner = inner.candidates();
                let chains = KINDS.iter().flat_map(|kind| {
                    inner
                        .iter()
                        .map(|rest| [&[*kind], rest.as_slice()].concat())
                });
                let mut chains: Vec<Vec<Kind>> = chains.collect();
                chains.sort_by_key(|chain| chain.iter().map(|kind| *kind as usize).sum::<usize>());
                chains
            }
        }
    }

    /// The boxed type, for one candidate.
    pub(crate) fn boxed_type(&self, kinds: &[Kind]) -> String {
        let (kind, rest) = kinds.split_first().unwrap_or((&Kind::Fn, &[]));
        let result = match (&self.inner, &self.result) {
            (Some(inner), _) => inner.boxed_type(rest),
            (None, Some(result)) => result.clone(),
            (None, None) => "_".to_owned(),
        };
        format!(
            "::std::boxed::Box<dyn ::std::ops::{kind:?}({}) -> {result}>",
            self.parameters.join(", ")
        )
    }

    /// What to insert into the cell so that each closure is boxed, by byte.
    pub(crate) fn boxes(&self) -> Vec<(usize, &'static str)> {
        let mut all = vec![
            (self.range.0, "::std::boxed::Box::new("),
            (self.range.1, ")"),
        ];
        if let Some(inner) = &self.inner {
            // The inner closure's end comes first where both end together.
            all.splice(1..1, inner.boxes());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{Cell, StatementKind};

    fn closure(code: &str) -> Option<Closure> {
        match &Cell::parse(code).statements[0].kind {
            StatementKind::Let(found) => found.simple.as_ref()?.closure.clone(),
            _ => None,
        }
    }

    #[test]
    fn types_are_written_from_the_source() {
        let found = closure("let f = |x: i32, y| x + y;").expect("a closure");
        assert_eq!(
            found.boxed_type(&[Kind::Fn]),
            "::std::boxed::Box<dyn ::std::ops::Fn(i32, _) -> _>"
        );
        let found = closure("let mut next = { let mut n = 0; move || -> u8 { n += 1; n } };")
            .expect("a closure");
        assert!(found.moves);
        assert_eq!(
            found.boxed_type(&[Kind::FnMut]),
            "::std::boxed::Box<dyn ::std::ops::FnMut() -> u8>"
        );
    }

    #[test]
    fn a_closure_that_returns_one_is_boxed_twice() {
        let code = "let add = |n: i32| move |x: i32| x + n;";
        let found = closure(code).expect("a closure");
        assert_eq!(
            found.boxed_type(&[Kind::Fn, Kind::Fn]),
            "::std::boxed::Box<dyn ::std::ops::Fn(i32) -> ::std::boxed::Box<dyn ::std::ops::Fn(i32) -> _>>"
        );
        let mut text = code.to_owned();
        for (at, insertion) in found.boxes().into_iter().rev() {
            text.insert_str(at, insertion);
        }
        assert_eq!(
            text,
            "let add = ::std::boxed::Box::new(|n: i32| ::std::boxed::Box::new(move |x: i32| x + n));"
        );
        assert_eq!(found.candidates()[0], [Kind::Fn, Kind::Fn]);
        assert_eq!(found.candidates().len(), 9);
    }

    #[test]
    fn other_values_are_no_closures() {
        assert_eq!(closure("let x = f(|y| y);"), None);
        assert_eq!(closure("let x = async move || 1;"), None);
    }
}
