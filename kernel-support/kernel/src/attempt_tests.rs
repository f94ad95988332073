//! Cells through rustc, without running them: what becomes of their variables, and what is refused.

use crate::attempt::{Ready, Refusal, Style, Workshop, prepare};
use crate::book::Book;
use crate::cache::{Cache, DEFAULT_BYTES};
use crate::cell::Cell;
use crate::compile::{Compiler, Settings, Watch};
use crate::runtime;
use crate::toolchain::Toolchain;
use crate::types::short;
use std::collections::BTreeSet;

struct Unwatched;

impl Watch for Unwatched {
    fn started(&mut self, _group: u32) {}
    fn ended(&mut self, _group: u32) {}
}

struct Lab {
    _folder: tempfile::TempDir,
    compiler: Compiler,
    settings: Settings,
    book: Book,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let toolchain = Toolchain::find("").expect("a toolchain");
        let library = runtime::compile_for(folder.path(), &toolchain.rustc, &toolchain.version)
            .expect("a runtime");
        let cache = Cache::new(folder.path().join("cells"), DEFAULT_BYTES);
        Self {
            compiler: Compiler::new(folder.path().join("session"), cache),
            settings: Settings {
                toolchain,
                opt_level: "0".into(),
                flags: vec![
                    "--extern".into(),
                    format!("{}={}", runtime::CRATE, library.display()).into(),
                ],
                inputs: vec![library],
                environment: Vec::new(),
            },
            book: Book::default(),
            _folder: folder,
        }
    }

    fn prepare(&mut self, code: &str) -> Result<Ready, Refusal> {
        let crates = BTreeSet::new();
        let mut workshop = Workshop {
            compiler: &mut self.compiler,
            settings: &self.settings,
            watch: &mut Unwatched,
            crates: &crates,
        };
        prepare(
            &mut workshop,
            &self.book,
            &Cell::parse(code),
            &Style::default(),
        )
    }

    /// A cell that is accepted; the session goes on as if it had run.
    fn accept(&mut self, code: &str) -> Ready {
        let ready = match self.prepare(code) {
            Ok(ready) => ready,
            Err(refusal) => panic!("`{code}` was refused: {refusal:#?}"),
        };
        self.book = ready.book.clone();
        ready
    }

    fn kind(&self, name: &str) -> String {
        self.book
            .variables
            .get(name)
            .map_or_else(|| "none".to_owned(), |variable| short(&variable.type_name))
    }

    fn refused(&mut self, code: &str) -> String {
        match self.prepare(code) {
            Ok(_) => panic!("`{code}` was accepted"),
            Err(Refusal::Persistence(text)) => text,
            Err(Refusal::Value(refused)) => refused.0.message,
            Err(Refusal::Errors(errors)) => errors
                .diagnostics
                .iter()
                .map(|error| format!("{:?} {}\n", error.name(), error.message))
                .collect(),
            Err(Refusal::Broken(error)) => panic!("rustc gave no answer: {error:#}"),
        }
    }
}

#[test]
fn every_type_that_has_a_name_is_told() {
    let mut lab = Lab::new();
    lab.accept("use std::collections::HashMap;\nstruct P<T> { x: T }\nmod m { pub struct Q; }");
    lab.accept(
        "let v = vec![1, 2];\nlet mut m = HashMap::from([(\"a\", 1u8)]);\nlet p = P { x: 1.5 };\nlet q = m::Q;\nlet (a, mut b) = ('c', Some(\"text\".to_string()));\nlet P { x } = P { x: [0u8; 3] };\nlet unit = ();\nlet c = \"abc\".chars();\nlet r#type = 1;",
    );
    for (name, kind) in [
        ("v", "Vec<i32>"),
        ("m", "HashMap<&str, u8>"),
        ("p", "P<f64>"),
        ("q", "Q"),
        ("a", "char"),
        ("b", "Option<String>"),
        ("x", "[u8; 3]"),
        ("unit", "()"),
        ("c", "Chars<'_>"),
        ("r#type", "i32"),
    ] {
        assert_eq!(lab.kind(name), kind, "{name}");
    }
    assert!(lab.book.variables["m"].mutable && !lab.book.variables["v"].mutable);
    // All of them can be loaded again.
    lab.accept("let all = (v.len(), m.len(), p.x, q, a, b, x, unit, c, r#type);");
    assert_eq!(lab.kind("q"), "none", "moved into the tuple");
    assert_eq!(lab.kind("v"), "Vec<i32>");
}

#[test]
fn an_ordinary_cell_is_compiled_once_and_a_known_one_not_at_all() {
    let mut lab = Lab::new();
    assert!(lab.accept("let v = vec![1];").compiled);
    assert!(lab.accept("v.len()").compiled);
    assert!(lab.accept("let w = v;").compiled);
    lab.book = Book::default();
    for code in ["let v = vec![1];", "v.len()", "let w = v;"] {
        assert!(!lab.accept(code).compiled, "{code}");
    }
    assert_eq!(
        (lab.kind("v"), lab.kind("w")),
        ("none".into(), "Vec<i32>".into())
    );
}

#[test]
fn closures_persist() {
    let mut lab = Lab::new();
    lab.accept("let f = |x: i32| x + 1;");
    assert_eq!(lab.kind("f"), "Box<dyn Fn(i32) -> i32>");
    lab.accept("let y = 2;\nlet add = move |x: i32| x + y;\nadd(f(1))");
    lab.accept("let mut count = { let mut n = 0; move || { n += 1; n } };\ncount()");
    assert_eq!(lab.kind("count"), "Box<dyn FnMut() -> i32>");
    lab.accept("let text = String::from(\"a\");\nlet once = move || text;");
    assert_eq!(lab.kind("once"), "Box<dyn FnOnce() -> String>");
    lab.accept("let adder = |n: i32| move |x: i32| x + n;\nlet five = adder(5);\nfive(1)");
    assert_eq!(lab.kind("five"), "Box<dyn Fn(i32) -> i32>");
    lab.accept("let length = |s: &str| s.len();\nlet short = |a, b| a + b;\nshort(1, 2)");
    assert_eq!(lab.kind("length"), "Box<dyn for<'a> Fn(&'a str) -> usize>");
    lab.accept("fn make(n: i32) -> impl Fn(i32) -> i32 { move |x| x * n }\nfn twice(x: i32) -> i32 { 2 * x }");
    lab.accept("let made = make(3);\nlet pointer = twice;\nmade(1) + pointer(2)");
    assert_eq!(lab.kind("made"), "Box<dyn Fn(i32) -> i32>");
    assert_eq!(lab.kind("pointer"), "fn(i32) -> i32");
    lab.accept("let all = (f(1), count(), five(2), length(\"abc\"), made(4));\nonce()");
    assert_eq!(lab.kind("once"), "none", "it can be called once only");
}

#[test]
fn iterators_persist_and_the_message_says_so() {
    let mut lab = Lab::new();
    let ready = lab.accept("let mut it = (1..10).map(|x| x * 2);");
    assert_eq!(lab.kind("it"), "Box<dyn Iterator<Item = i32>>");
    assert_eq!(
        ready.notes,
        ["`it` persists as `Box<dyn Iterator<Item = i32>>`"]
    );
    lab.accept("it.next()");
    lab.accept(
        "fn odd() -> impl Iterator<Item = u8> { (0..9).filter(|n| n % 2 == 1) }\nlet o = odd();",
    );
    assert_eq!(lab.kind("o"), "Box<dyn Iterator<Item = u8>>");
}

#[test]
fn what_cannot_persist_shows_the_line_to_write() {
    let mut lab = Lab::new();
    lab.accept("use std::sync::Mutex;\nlet v = vec![1];\nlet m = Mutex::new(1);");
    for (code, hint) in [
        ("let r = &v;", "`let r = v.clone();`"),
        (
            "let g = m.lock().unwrap();",
            "`{ let g = m.lock().unwrap(); … }`",
        ),
        ("let y = 1; let f = |x: i32| x + y;", "move |x: i32| x + y"),
        ("let it = v.iter().map(|x| x + 1);", ".collect();`"),
        ("let w = vec![|x: i32| x];", "Box<dyn Fn"),
    ] {
        let text = lab.refused(code);
        assert!(text.contains(hint), "{code}: {text}");
    }
    assert_eq!(lab.kind("v"), "Vec<i32>", "a refused cell changes nothing");
}

#[test]
fn mistakes_are_told_in_rustcs_short_words() {
    let mut lab = Lab::new();
    for (code, message) in [
        ("let x: String = 1;", "mismatched types"),
        ("let f = |x: i32| x + \"a\";", "cannot add `&str` to `i32`"),
        ("undefined", "cannot find value `undefined`"),
        (
            "let v = vec![1]; let w = v; v.len()",
            "borrow of moved value: `v`",
        ),
        ("struct S; S", "`S` doesn't implement `Debug`"),
        ("let x = (1;", "mismatched closing delimiter"),
        (
            "#![feature(never_type)]\n1",
            "may not be used on the stable release channel",
        ),
    ] {
        let text = lab.refused(code);
        assert!(text.contains(message), "{code}: {text}");
        assert!(!text.contains("std::string::String"), "{code}: {text}");
    }
}

#[test]
fn control_that_leaves_a_cell_is_allowed() {
    let mut lab = Lab::new();
    lab.accept("let n: i32 = \"7\".parse()?;\nlet m = n + 1;");
    assert_eq!((lab.kind("n"), lab.kind("m")), ("i32".into(), "i32".into()));
    lab.accept("if n > 3 { return; }\nprintln!(\"{m}\");");
    lab.accept("let m = m + \"1\".parse::<i32>()?;");
    lab.accept("for i in 0..3 { if i == 1 { continue; } }");
    lab.accept("panic!(\"now\")");
    lab.accept("std::process::exit(3)");
    lab.accept("loop { break 5 }");
    lab.accept("n");
    lab.accept("println!(\"{n} {:?}\", m)");
    assert_eq!(lab.kind("n"), "i32");
}

#[test]
fn items_of_all_kinds_live_on() {
    let mut lab = Lab::new();
    lab.accept("macro_rules! twice { ($e:expr) => { $e * 2 } }\nconst N: usize = 3;\nstatic S: &str = \"s\";");
    lab.accept("trait Area { fn area(&self) -> f64; }\n#[derive(Debug, Clone)]\nstruct Sq(f64);\nimpl Area for Sq { fn area(&self) -> f64 { self.0 * self.0 } }\nlet s = Sq(2.0);\ns.area()");
    lab.accept("use std::fmt::{self, Display};\nimpl Display for Sq { fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, \"sq\") } }\ntwice!(N)");
    lab.accept(
        "let b: Box<dyn Area> = Box::new(s.clone());\nlet d = b.area();\nformat!(\"{s} {S}\")",
    );
    lab.accept("thread_local! { static T: std::cell::Cell<i32> = const { std::cell::Cell::new(1) }; }\nT.with(|t| t.get())");
    let ready = lab.accept("struct Sq(u8);");
    assert_eq!(
        ready.changes.dropped.keys().collect::<Vec<_>>(),
        ["s"],
        "and not the boxed one, whose code knows its own type"
    );
}
