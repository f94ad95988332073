//! Sets of small crates in folders: no network is needed.

use super::*;
use crate::dependencies::parse;
use std::process::Command;
use std::slice::from_ref;
use std::sync::OnceLock;
use std::time::Instant;

/// The toolchain, and the recorder compiled for the tests.
pub(crate) fn settings() -> &'static Settings {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    SETTINGS.get_or_init(|| {
        let mut settings = crate::toolchain::Toolchain::find("")
            .expect("a toolchain")
            .settings(false, &[]);
        settings.offline = true;
        // In the target folder; another run of the tests may write it too.
        settings.recorder = std::env::current_exe()
            .expect("a program")
            .with_file_name("ferrolab-rustc-for-tests");
        let new = settings
            .recorder
            .with_extension(std::process::id().to_string());
        let source = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/bin/ferrolab-rustc/main.rs"
        );
        let status = Command::new(&settings.rustc)
            .args(["--edition=2024", source, "-o"])
            .arg(&new)
            .status();
        assert!(status.is_ok_and(|status| status.success()));
        fs::rename(&new, &settings.recorder).expect("renamed");
        settings
    })
}

/// A home for sets, and a folder with crates.
pub(crate) struct Place {
    root: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        Self { root }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Writes a crate, and says how a session names it.
    pub(crate) fn member(&self, name: &str, code: &str) -> Spec {
        let folder = self.root.path().join(name);
        fs::create_dir_all(folder.join("src")).expect("made");
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        fs::write(folder.join("Cargo.toml"), manifest).expect("written");
        fs::write(folder.join("src/lib.rs"), code).expect("written");
        parse(&format!("./{name}"), self.root.path()).expect("a crate")
    }

    fn build(&self, specs: &[Spec]) -> Result<Built, BuildError> {
        self.watched(specs, &mut |_| {}, &mut |_| {})
    }

    fn watched(
        &self,
        specs: &[Spec],
        progress: &mut dyn FnMut(Progress),
        group: &mut dyn FnMut(Option<u32>),
    ) -> Result<Built, BuildError> {
        build(&self.home(), specs, settings(), progress, group)
    }

    /// Runs a program that uses the crates, and returns what it prints.
    pub(crate) fn run(&self, built: &Built, code: &str) -> String {
        let source = self.root.path().join("main.rs");
        fs::write(&source, code).expect("written");
        let program = self.root.path().join("main");
        let output = Command::new(&settings().rustc)
            .args(["--edition=2024", "-Cprefer-dynamic", "-Crpath"])
            .args(built.arguments())
            .arg(source)
            .arg("-o")
            .arg(&program)
            .output()
            .expect("rustc");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        let output = Command::new(program)
            // `cargo test` names the workspace's own libraries there.
            .env_remove("LD_LIBRARY_PATH")
            .output()
            .expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    }
}

fn text(error: BuildError) -> String {
    match error {
        BuildError::Failed(text) => text,
        BuildError::Interrupted => panic!("interrupted"),
    }
}

#[test]
fn crates_are_built_and_found_by_rustc() {
    let place = Place::new();
    let one = place.member("one-a", "pub fn one() -> u8 { 1 }");
    let mut seen: Vec<Progress> = Vec::new();
    let built = place.watched(
        from_ref(&one),
        &mut |progress| seen.push(progress),
        &mut |_| {},
    );
    let built = built.expect("built");
    let code = "fn main() { print!(\"{}\", one_a::one()) }";
    assert_eq!(place.run(&built, code), "1");
    assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done));
    assert!(seen.iter().any(|progress| progress.total == 2), "{seen:?}");
    assert_eq!(seen.last().map(|progress| progress.done), Some(2));

    let before = crate::crates::stamps(&built);
    assert_eq!(
        crate::crates::stamps(&place.build(&[one]).expect("fresh")),
        before
    );
    let one = place.member("one-a", "pub fn one() -> u16 { 111 }");
    let built = place.build(&[one]).expect("built");
    assert_eq!(place.run(&built, code), "111");
    assert_ne!(crate::crates::stamps(&built), before);
}

#[test]
fn a_complete_set_is_found_without_cargo() {
    let place = Place::new();
    // A name without a folder stands for a crate from a registry.
    let spec = Spec {
        name: "registered".into(),
        config: "\"1\"".into(),
    };
    let folder = folder_of(&place.home(), from_ref(&spec), settings());
    fs::create_dir_all(&folder).expect("made");
    fs::write(folder.join("Cargo.toml"), "").expect("written");
    let library = folder.join("libregistered.rlib");
    fs::write(&library, "").expect("written");
    let recorded = format!("--extern\0registered={}", library.display());
    fs::write(folder.join("arguments"), recorded).expect("written");
    let start = Instant::now();
    let built = place.build(from_ref(&spec)).expect("found");
    assert!(start.elapsed().as_millis() < 50);
    assert_eq!(built.externs, [("registered".into(), library.clone())]);
    // A library that has gone is no complete set: cargo is asked, and says that it is not cargo's.
    fs::remove_file(library).expect("removed");
    assert!(place.build(&[spec]).is_err());
}

#[test]
fn a_second_crate_does_not_compile_the_first_again() {
    let place = Place::new();
    let one = place.member("one", "pub fn one() -> u8 { 1 }");
    let two = place.member("two", "pub fn two() -> u8 { 2 }");
    place.build(from_ref(&one)).expect("built");
    let mut compiled: Vec<String> = Vec::new();
    let mut note = |progress: Progress| compiled.extend(progress.crates);
    let built = place.watched(&[one, two], &mut note, &mut |_| {});
    assert!(!compiled.contains(&"one".into()), "{compiled:?}");
    let code = "fn main() { print!(\"{}\", one::one() + two::two()) }";
    assert_eq!(place.run(&built.expect("built"), code), "3");
}

#[test]
fn a_crate_that_does_not_compile_is_explained_and_the_set_can_be_mended() {
    let place = Place::new();
    let good = "pub fn f() -> u8 { 7 }";
    let spec = place.member("broken", "pub fn f() -> u8 { \"text\" }");
    let error = text(place.build(&[spec]).expect_err("broken"));
    assert!(error.starts_with("a crate does not compile\n"), "{error}");
    assert!(error.contains("mismatched types") && error.contains("hint: "));
    let spec = place.member("broken", good);
    place.build(&[spec]).expect("mended");
    let spec = place.member("broken", "pub fn f() -> u8 { nothing }");
    place.build(&[spec]).expect_err("broken again");
}

#[test]
fn configurations_that_cargo_refuses_are_explained() {
    let place = Place::new();
    let refused = |config: &str| {
        let spec = parse(&format!("x = {config}"), place.root.path()).expect("TOML");
        text(place.build(&[spec]).expect_err("refused"))
    };
    let error = refused("{ version = 1 }");
    assert!(error.starts_with("this is not how a crate"), "{error}");
    let error = refused("\"not a version\"");
    assert!(
        error.contains("not a version") && error.contains("hint: "),
        "{error}"
    );
}

#[test]
fn what_is_killed_in_the_middle_works_the_next_time() {
    let place = Place::new();
    let name = place.member("slow", "pub fn f() -> u8 { 7 }");
    let marker = place.root.path().join("started");
    let script = format!(
        "fn main() {{ if !std::path::Path::new({marker:?}).exists() {{ std::fs::write({marker:?}, \"\").unwrap(); std::thread::sleep(std::time::Duration::from_secs(60)); }} }}"
    );
    fs::write(place.root.path().join("slow/build.rs"), script).expect("written");
    let mut groups = Vec::new();
    let result = place.watched(from_ref(&name), &mut |_| {}, &mut |group| {
        groups.push(group);
        let (Some(group), marker) = (group, marker.clone()) else {
            return;
        };
        std::thread::spawn(move || {
            while !marker.exists() {
                std::thread::sleep(Duration::from_millis(10));
            }
            // SAFETY: the group is that of the child above.
            unsafe { libc::kill(-i32::try_from(group).expect("small"), libc::SIGKILL) };
        });
    });
    assert!(matches!(result, Err(BuildError::Interrupted)), "{result:?}");
    assert!(matches!(groups[..], [Some(_), None]));
    let folder = folder_of(&place.home(), from_ref(&name), settings());
    assert!(!is_complete(&folder));
    let built = place.build(&[name]).expect("built");
    let code = "fn main() { print!(\"{}\", slow::f()) }";
    assert_eq!(place.run(&built, code), "7");
}

#[test]
fn two_kernels_build_the_same_set() {
    let place = Place::new();
    let spec = place.member("shared", "pub fn f() -> u8 { 7 }");
    let settings = settings();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let specs = [spec.clone()];
                    build(&place.home(), &specs, settings, &mut |_| {}, &mut |_| {})
                })
            })
            .collect();
        let built: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic").expect("built"))
            .collect();
        assert_eq!(built[0], built[1]);
    });
}

#[test]
fn sets_with_the_same_crate_go_together() {
    let place = Place::new();
    let spec = place.member("shared", "pub const FOLDER: &str = env!(\"OUT_DIR\");");
    fs::write(place.root.path().join("shared/build.rs"), "fn main() {}").expect("written");
    let build = |name: &str, mark| {
        let set = CrateSet {
            folder: place.home().join(name),
            manifest: manifest(from_ref(&spec)),
            lock: workspace_lock(),
            base: None,
            mark,
        };
        let mut watchers = Watchers {
            progress: &mut |_| {},
            group: &mut |_| {},
        };
        set.build(false, settings(), &mut watchers).expect("built")
    };
    let mut both = build("a", "session");
    let mut other = build("b", "prepared");
    other.externs[0].0 = "other".into();
    both.extend(&other);
    let code = "fn main() { print!(\"{}\", shared::FOLDER == other::FOLDER) }";
    assert_eq!(place.run(&both, code), "false");
}
