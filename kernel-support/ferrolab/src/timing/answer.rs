//! Whether two programs gave the same answer, judged by the text of `{:?}`.
//!
//! The arms of a comparison may have different types (`Vec<i32>` and `Box<[i64]>`, or a Python
//! list), so their values cannot be compared by `==`. Their debug texts are cut into tokens:
//! numbers are compared by value, floats with a relative tolerance, brackets of all kinds are one.

use std::fmt::{self, Debug, Write};

/// No more of an answer than this is compared, in bytes of its text.
const LONGEST: usize = 1 << 20;

/// The relative tolerance for floats, and that for `f32`.
const TOLERANCE: (f64, f64) = (1e-9, 1e-4);

/// What came of comparing the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// They are the same (floats within a relative tolerance).
    Same,
    /// They differ; both texts, shortened.
    Differ {
        /// The first program's answer.
        expected: String,
        /// The other program's answer.
        found: String,
    },
    /// There is nothing to compare: no text form, or the answer is `()`.
    NotCompared,
}

/// A value's text in tokens. Made by [`Probe`].
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    tokens: Vec<Token>,
    text: String,
    complete: bool,
    unordered: bool,
    single: bool,
}

#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Token {
    Open,
    Close,
    Number(f64, bool, String),
    Word(String),
}

/// Asks a value for its answer; method resolution picks [`ViaDebug`] if it can.
#[derive(Debug)]
pub struct Probe<'a, T>(pub &'a T);

/// The way for types with a `Debug` text.
pub trait ViaDebug {
    /// The value's answer.
    fn answer(&self) -> Option<Answer>;
}

/// The way for all other types.
pub trait ViaNothing {
    /// Nothing can be said.
    fn answer(&self) -> Option<Answer>;
}

impl<T: Debug> ViaDebug for &Probe<'_, T> {
    fn answer(&self) -> Option<Answer> {
        Some(Answer::of(self.0))
    }
}

impl<T> ViaNothing for Probe<'_, T> {
    fn answer(&self) -> Option<Answer> {
        None
    }
}

impl Answer {
    /// The answer of a value by its debug text.
    pub(crate) fn of<T: Debug>(value: &T) -> Self {
        let mut text = Bounded(String::new());
        let complete = write!(text, "{value:?}").is_ok();
        let name = std::any::type_name::<T>();
        let unordered = name.contains("HashMap") || name.contains("HashSet");
        Self::from_text(text.0, complete, unordered, name.contains("f32"))
    }

    /// The answer written as a text that looks like a debug text, such as JSON.
    pub(crate) fn from_text(text: String, complete: bool, unordered: bool, single: bool) -> Self {
        Self {
            tokens: tokens(&text),
            text,
            complete,
            unordered,
            single,
        }
    }

    /// Compares with another answer, `self` being the expected one.
    pub(crate) fn agreement(&self, other: &Self) -> Agreement {
        let unordered = self.unordered || other.unordered;
        let nothing = self.text == "()" || other.text == "()";
        if nothing || (unordered && !(self.complete && other.complete)) {
            return Agreement::NotCompared;
        }
        let shared = self.usable().min(other.usable());
        let (left, right) = (
            self.first(shared, unordered),
            other.first(shared, unordered),
        );
        let single = self.single || other.single;
        let tolerance = if single { TOLERANCE.1 } else { TOLERANCE.0 };
        let same = left.len() == right.len()
            && left
                .iter()
                .zip(&right)
                .all(|(a, b)| a.matches(b, tolerance));
        if same {
            Agreement::Same
        } else {
            self.differ(other)
        }
    }

    /// How many tokens can be relied on: the last one of a text that was cut may be cut too.
    fn usable(&self) -> usize {
        if self.complete {
            usize::MAX
        } else {
            self.tokens.len().saturating_sub(1)
        }
    }

    /// The first tokens; of maps and sets, whose order means nothing, the atoms alone, sorted.
    fn first(&self, count: usize, unordered: bool) -> Vec<Token> {
        let mut tokens = self.tokens.clone();
        tokens.truncate(count);
        if unordered && tokens.iter().any(|token| !is_bracket(token)) {
            tokens.retain(|token| !is_bracket(token));
            tokens.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        }
        tokens
    }

    fn differ(&self, other: &Self) -> Agreement {
        Agreement::Differ {
            expected: shorten(&self.text),
            found: shorten(&other.text),
        }
    }
}

impl Token {
    fn matches(&self, other: &Self, tolerance: f64) -> bool {
        match (self, other) {
            (Self::Number(a, false, x), Self::Number(b, false, y)) => {
                x == y || (x.len() < 15 && a == b)
            }
            (Self::Number(a, ..), Self::Number(b, ..)) => close(*a, *b, tolerance),
            _ => self == other,
        }
    }
}

/// Whether two floats are the same up to a relative tolerance.
fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs())
}

fn is_bracket(token: &Token) -> bool {
    matches!(token, Token::Open | Token::Close)
}

/// Cuts a debug text or JSON into tokens; `Some(x)` and `Ok(x)` count as `x`.
fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut hidden = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | '[' | '{' => {
                let wrapper = first == '(' && found.last().is_some_and(is_wrapper);
                if wrapper {
                    found.pop();
                } else {
                    found.push(Token::Open);
                }
                hidden.push(wrapper);
                1
            }
            ')' | ']' | '}' => {
                if hidden.pop() != Some(true) {
                    found.push(Token::Close);
                }
                1
            }
            '"' => push(&mut found, rest, quoted(rest)),
            c if c.is_whitespace() || c == ',' || c == ':' => c.len_utf8(),
            _ => push(&mut found, rest, atom(rest)),
        };
        rest = &rest[length..];
    }
    found
}

fn is_wrapper(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word == "Some" || word == "Ok")
}

/// Adds the first `length` bytes as one atom and gives the length back.
fn push(found: &mut Vec<Token>, rest: &str, length: usize) -> usize {
    let word = &rest[..length];
    found.push(match (word, word.parse::<f64>()) {
        ("NaN" | "nan" | "inf" | "-inf", Ok(value)) => Token::Number(value, true, word.into()),
        (_, Ok(value)) if word.ends_with(|c: char| c.is_ascii_digit()) => {
            Token::Number(value, word.contains(['.', 'e', 'E']), word.into())
        }
        ("null", _) => Token::Word("None".into()),
        _ => Token::Word(word.into()),
    });
    length
}

/// Bytes up to and with the closing quote.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Bytes up to the next white space or punctuation.
fn atom(text: &str) -> usize {
    let end = |c: char| c.is_whitespace() || "()[]{},:\"".contains(c);
    text.find(end).unwrap_or(text.len())
}

/// The beginning of a long text.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A text that refuses to grow too long, which ends the formatting.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.0.len() + part.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn same<A: Debug, B: Debug>(a: A, b: B) -> bool {
        Answer::of(&a).agreement(&Answer::of(&b)) == Agreement::Same
    }

    #[test]
    fn types_may_differ_values_may_not() {
        assert!(same(vec![1_i32, 2], [1_u64, 2]));
        assert!(same(Some(3), 3));
        assert!(!same(Some(3), None::<i32>));
        assert!(!same(vec![1, 2], vec![1, 2, 3]));
        assert!(!same("a", "b"));
        assert!(!same(vec![vec![1], vec![2]], vec![vec![1, 2]]));
        assert!(!same(9_007_199_254_740_993_u64, 9_007_199_254_740_992_u64));
    }

    #[test]
    fn floats_have_a_tolerance_and_integers_none() {
        assert!(same(0.1 + 0.2, 0.3));
        assert!(same(1e300, 1e300 * (1.0 + 1e-12)));
        assert!(same(f64::NAN, f64::NAN));
        assert!(!same(1.0, 1.0001));
        assert!(same(1.0_f32, 1.00001_f32));
        assert!(!same(1_000_000_000_001_u64, 1_000_000_000_002_u64));
    }

    #[test]
    fn hash_maps_are_compared_without_order() {
        let a: HashMap<i32, i32> = (0..50).map(|n| (n, n * n)).collect();
        let b: HashMap<i32, i32> = (0..50).rev().map(|n| (n, n * n)).collect();
        assert!(same(&a, &b));
        let c: HashMap<i32, i32> = (0..50).map(|n| (n, n)).collect();
        assert!(!same(&a, &c));
    }

    #[test]
    fn nothing_is_said_of_units_and_empty_lists_are_lists() {
        assert_eq!(
            Answer::of(&()).agreement(&Answer::of(&())),
            Agreement::NotCompared
        );
        assert!(same(Vec::<i32>::new(), [0_i32; 0]));
        assert!(!same(Vec::<i32>::new(), vec![1]));
    }

    #[test]
    fn very_long_answers_are_compared_at_their_beginning() {
        let long: Vec<u64> = (0..400_000).collect();
        assert!(same(&long, &long));
        let mut other = long.clone();
        other[10] = 0;
        assert!(!same(&long, &other));
    }

    #[test]
    fn the_probe_takes_what_the_type_offers() {
        struct Silent;
        assert!((&&Probe(&1)).answer().is_some());
        let probe = Probe(&Silent);
        assert!(ViaNothing::answer(&probe).is_none());
    }
}
