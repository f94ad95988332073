//! Cells that are compiled with crates, and loaded into this process.

use super::*;
use crate::attempt::{Style, Workshop, prepare};
use crate::book::Book;
use crate::build_progress::Progress;
use crate::cache::Cache;
use crate::cell::Cell;
use crate::compile::{Compiled, Compiler, Make, Watch};
use crate::crate_set::tests::{Place, settings};
use crate::crates::{Crates, Listener};
use crate::dependencies::{Spec, parse};
use crate::runtime;
use crate::toolchain::Toolchain;

struct Unwatched;

impl Watch for Unwatched {
    fn started(&mut self, _group: u32) {}
    fn ended(&mut self, _group: u32) {}
}

/// A session without a worker.
struct Lab {
    place: Place,
    toolchain: Toolchain,
    crates: Crates,
    compiler: Compiler,
}

impl Lab {
    fn new() -> Self {
        let place = Place::new();
        let home = place.home();
        let toolchain = Toolchain::find("").expect("a toolchain");
        let runtime =
            runtime::compile_for(&home, &toolchain.rustc, &toolchain.version).expect("a runtime");
        Self {
            crates: Crates::new(&home, runtime, settings()),
            compiler: Compiler::new(home.join("session"), Cache::new(home.join("cells"), 0)),
            toolchain,
            place,
        }
    }

    /// Adds crates; the names of those that are not what they were come back.
    fn add(&mut self, specs: &[Spec]) -> Vec<String> {
        let mut listener = Listener {
            progress: &mut |_: Progress| {},
            group: &mut |_| {},
        };
        let changed = self.crates.add(specs.to_vec(), settings(), &mut listener);
        changed.expect("built").into_iter().collect()
    }

    /// The libraries with the crates.
    fn libraries(&self) -> Vec<String> {
        let names = self.crates.names().into_iter();
        names.filter(|name| is_shared(name)).collect()
    }

    fn compile(&mut self, code: &str) -> Compiled {
        let mut source = String::new();
        for name in self.libraries() {
            let _ = writeln!(source, "extern crate {name} as _;");
        }
        source += code;
        let settings = self.settings();
        let compiled = self
            .compiler
            .compile(&source, Make::Library, &settings, &mut Unwatched);
        compiled.expect("rustc")
    }

    fn settings(&self) -> compile::Settings {
        self.crates.settings(&self.toolchain, "0", &[])
    }

    /// Compiles a cell with this value, and where it was put.
    fn cell(&mut self, value: &str) -> PathBuf {
        let code =
            format!("#[unsafe(no_mangle)] extern \"C\" fn value() -> u64 {{ ({value}) as u64 }}");
        let compiled = self.compile(&code);
        let messages = compiled.diagnostics.iter().map(|found| &found.message);
        assert!(compiled.success, "{:#?}", messages.collect::<Vec<_>>());
        compiled.product.expect("a library")
    }

    /// The value of a cell.
    fn value(&mut self, value: &str) -> u64 {
        let cell = self.cell(value);
        // SAFETY: the library was made above; it is never unloaded.
        unsafe {
            let library = libloading::Library::new(&cell).expect("loaded");
            let value = *library
                .get::<extern "C" fn() -> u64>(b"value")
                .expect("found");
            std::mem::forget(library);
            value()
        }
    }
}

const COUNTER: &str = "use std::sync::atomic::{AtomicUsize, Ordering};\nstatic COUNT: AtomicUsize = AtomicUsize::new(0);\nthread_local! { static HERE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) } }\n#[inline] pub fn count() -> usize { COUNT.fetch_add(1, Ordering::SeqCst) + 1 }\npub fn here() -> usize { HERE.set(HERE.get() + 1); HERE.get() }\npub fn once<T>(_: T) -> usize { count() }\npub struct Thing<T>(pub T);\n";

#[test]
fn all_cells_share_the_statics_of_a_crate() {
    let mut lab = Lab::new();
    let counter = lab.place.member("the-counter", COUNTER);
    lab.add(&[counter]);
    assert_eq!(lab.libraries().len(), 1);
    assert_eq!(lab.value("the_counter::count()"), 1);
    assert_eq!(lab.value("the_counter::count()"), 2);
    // A generic function is compiled for each cell, its static is not.
    assert_eq!(lab.value("the_counter::once(1u8)"), 3);
    assert_eq!(lab.value("the_counter::here()"), 1);
    assert_eq!(lab.value("the_counter::here()"), 2);
    // The C compiler's way leads to the same.
    lab.crates = lab.crates.without_own_linker();
    assert_eq!(lab.value("the_counter::count()"), 4);
}

#[test]
fn crates_that_are_added_leave_the_statics_of_earlier_ones_alone() {
    let mut lab = Lab::new();
    let counter = lab.place.member("counter", COUNTER);
    let user = lab
        .place
        .member("user", "pub fn user() -> usize { counter::count() }");
    let manifest = "[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\ncounter = { path = \"../counter\" }\n";
    let folder = user.path().expect("a folder");
    fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    assert!(lab.add(&[counter]).is_empty());
    let id = "std::any::TypeId::of::<counter::Thing<u8>>()";
    let hash = format!(
        "{{ use std::hash::{{DefaultHasher, Hash, Hasher}}; let mut h = DefaultHasher::new(); {id}.hash(&mut h); h.finish() }}"
    );
    let before = lab.value(&hash);
    assert_eq!(lab.value("counter::count()"), 1);
    assert_eq!(lab.add(&[user]), [""; 0], "nothing was compiled anew");
    assert_eq!(lab.libraries().len(), 2);
    assert_eq!(lab.value("user::user()"), 2);
    assert_eq!(lab.value("counter::count()"), 3);
    assert_eq!(lab.value(&hash), before);
}

#[test]
fn a_crate_that_was_changed_is_used_as_it_is_now() {
    let mut lab = Lab::new();
    let fixed = lab.place.member("fixed", COUNTER);
    let mine = lab.place.member("mine", "pub fn mine() -> u8 { 1 }");
    lab.add(&[fixed]);
    assert_eq!(lab.value("fixed::count()"), 1);
    lab.add(std::slice::from_ref(&mine));
    assert_eq!(lab.value("mine::mine()"), 1);
    let before = lab.libraries();
    assert_eq!(lab.add(std::slice::from_ref(&mine)), [""; 0]);
    assert_eq!(lab.libraries(), before);
    lab.place.member("mine", "pub fn mine() -> u8 { 22 }");
    assert_eq!(lab.add(&[mine]), ["mine"]);
    assert_eq!(lab.value("mine::mine()"), 22);
    // The other crate is still the one of the first library.
    assert_eq!(lab.value("fixed::count()"), 2);
}

#[test]
fn macro_crates_and_renamed_ones_are_no_obstacle() {
    let mut lab = Lab::new();
    let makes = lab.place.member(
        "makes",
        "use proc_macro::TokenStream;\n#[proc_macro] pub fn seven(_: TokenStream) -> TokenStream { \"7u8\".parse().unwrap() }",
    );
    let folder = makes.path().expect("a folder");
    let manifest = "[package]\nname = \"makes\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\nproc-macro = true\n";
    fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    lab.add(&[makes]);
    assert_eq!(lab.value("makes::seven!()"), 7);
    let counter = lab.place.member("counter", COUNTER);
    let renamed = format!(
        "other-name = {{ package = \"counter\", path = {:?} }}",
        counter.path().expect("a folder")
    );
    lab.add(&[parse(&renamed, Path::new("/")).expect("valid")]);
    assert_eq!(
        lab.value("other_name::count() + usize::from(makes::seven!())"),
        8
    );
}

#[test]
fn crates_that_cannot_be_shared_are_linked_by_each_cell() {
    let mut lab = Lab::new();
    // Only cells that call the function would miss the other one.
    let code = "unsafe extern \"C\" { fn defined_nowhere(); }\npub fn fails() { unsafe { defined_nowhere() } }\npub fn one() -> u8 { 1 }";
    let open = lab.place.member("open", code);
    let counter = lab.place.member("counter", COUNTER);
    lab.add(&[counter]);
    assert_eq!(lab.libraries().len(), 1);
    lab.add(&[open]);
    assert_eq!(lab.libraries(), [""; 0]);
    assert_eq!(lab.value("usize::from(open::one()) + counter::count()"), 2);
}

#[test]
fn every_cell_names_the_libraries() {
    let mut lab = Lab::new();
    let counter = lab.place.member("counter", COUNTER);
    lab.add(&[counter]);
    let settings = lab.settings();
    let mut workshop = Workshop {
        compiler: &mut lab.compiler,
        settings: &settings,
        watch: &mut Unwatched,
        crates: &lab.crates.names(),
    };
    let cell = Cell::parse("#![allow(dead_code)]\nlet thing = counter::Thing(1u8);");
    let ready = prepare(&mut workshop, &Book::default(), &cell, &Style::default());
    let ready = ready.expect("it compiles");
    let [library] = &lab.libraries()[..] else {
        panic!("one library");
    };
    let line = format!("\nextern crate {library} as _;\n");
    assert!(ready.source.text.contains(&line), "{}", ready.source.text);
    assert_eq!(
        ready.book.variables["thing"].type_name,
        "counter::Thing<u8>"
    );
}
