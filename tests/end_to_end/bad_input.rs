//! What a person may do wrong or lack: each gets a message that names it, a remedy, a non-zero
//! exit code, and finds nothing half-written.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use ferrolab_tests::course::Scratch;
use ferrolab_tests::prepared::prepare;
use ferrolab_tests::processes::expect_none;
use ferrolab_tests::program::{Group, Outcome, run};

const LIMIT: Duration = Duration::from_secs(120);

/// Asserts the form of every message: not zero, no panic, a remedy.
fn refused(outcome: &Outcome) -> &Outcome {
    assert!(
        outcome.code.is_some_and(|code| code != 0),
        "it should fail: {outcome:?}"
    );
    outcome.expect_no_panic().expect_text("hint:")
}

#[test]
fn notebooks_that_are_none() {
    prepare();
    let scratch = Scratch::with_set_up();
    for text in [
        "",
        "not JSON",
        "{}",
        "[1, 2]",
        "{\"cells\": 3, \"nbformat\": 4, \"nbformat_minor\": 5, \"metadata\": {}}",
    ] {
        scratch.write("notebooks/broken.ipynb", text);
        let outcome = run(scratch.ferrolab(&["run", "notebooks/broken.ipynb"]), LIMIT);
        refused(&outcome).expect_text("notebooks/broken.ipynb");
    }
    let outcome = run(scratch.ferrolab(&["run", "notebooks/no_such.ipynb"]), LIMIT);
    refused(&outcome).expect_text("notebooks/no_such.ipynb");
    let outcome = run(
        scratch.ferrolab(&["run", "notebooks/01_closures.ipynb", "--kernel", "no_such"]),
        LIMIT,
    );
    refused(&outcome)
        .expect_text("no_such")
        .expect_text("ferrolab");
}

#[test]
fn a_broken_lessons_toml_is_named_with_its_line() {
    prepare();
    let file = "lessons/lessons.toml";
    let line_of = |text: &str, part: &str| {
        text.lines()
            .position(|line| line.contains(part))
            .map_or(0, |at| at + 1)
    };
    for (old, new) in [
        ("minutes = 40", "minutes = "),
        ("minutes = 40", "minutes = \"long\""),
        ("points = 10", "poins = 10"),
        ("needs = []", "needs = [\"00_nothing\"]"),
    ] {
        let scratch = Scratch::with_empty_home();
        scratch.replace(file, old, new);
        let line = line_of(&scratch.read(file), new);
        let outcome = run(scratch.ferrolab(&["list"]), LIMIT);
        refused(&outcome).expect_text(&format!("{file}:{line}"));
    }
}

#[test]
fn a_broken_lesson_md_is_named_with_its_line() {
    prepare();
    let file = "lessons/01_closures/lesson.md";
    for (old, new, mark) in [
        (
            "```rust check=\"compose\"",
            "```rust check=\"decompose\"",
            "check=\"decompose\"",
        ),
        ("kind = \"error\"", "kind = \"wonder\"", "kind = \"wonder\""),
        (
            "```rust tags=[\"raises-exception\"]",
            "```rust tags=[\"raises-exception\"",
            "tags=[\"raises-exception\"",
        ),
        ("answer = \"2\"", "answer = 2", "answer = 2"),
    ] {
        let scratch = Scratch::with_empty_home();
        scratch.replace(file, old, new);
        let text = scratch.read(file);
        let line = text
            .lines()
            .position(|line| line.contains(mark))
            .map_or(0, |at| at + 1);
        let outcome = run(scratch.ferrolab(&["notebooks", "--check"]), LIMIT);
        refused(&outcome).expect_text(&format!("{file}:{line}"));
    }
}

#[test]
fn names_that_do_not_exist_say_what_does() {
    prepare();
    let scratch = Scratch::with_empty_home();
    for arguments in [
        ["hint", "01_closures/nope"],
        ["check", "01_closures/nope"],
        ["reset", "01_closures/nope"],
    ] {
        let outcome = run(scratch.ferrolab(&arguments), LIMIT);
        refused(&outcome).expect_text("nope").expect_text("compose");
    }
    let outcome = run(scratch.ferrolab(&["check", "99_nope"]), LIMIT);
    refused(&outcome)
        .expect_text("99_nope")
        .expect_text("01_closures");
}

#[test]
fn outside_a_course_the_remedy_is_told() {
    prepare();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let mut command = ferrolab_tests::program::ferrolab(&["list"]);
    command.current_dir(elsewhere.path());
    refused(&run(command, LIMIT)).expect_text("lessons.toml");
}

#[test]
fn a_port_in_use_is_said_before_anything_is_done() {
    prepare();
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = holder.local_addr().expect("bound").port().to_string();
    let scratch = Scratch::with_empty_home();
    let outcome = run(
        scratch.ferrolab(&["start", "--no-browser", "--port", &port]),
        LIMIT,
    );
    refused(&outcome).expect_text(&port).expect_text("in use");
    assert!(!scratch.path("empty-home").exists(), "the set-up was begun");
}

/// A folder for `PATH` with some of the machine's programs.
fn path_with(folder: &Path, programs: &[&str]) -> PathBuf {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).expect("made");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for program in programs {
        let found = std::env::split_paths(&path)
            .map(|folder| folder.join(program))
            .find(|file| file.is_file());
        if let Some(found) = found {
            symlink(found, bin.join(program)).expect("linked");
        }
    }
    bin
}

#[test]
fn missing_tools_are_named_with_their_remedy() {
    prepare();
    let all = [
        "cargo", "rustc", "rustup", "cc", "gcc", "clang", "ld", "python3", "sh", "env", "bash",
        "dirname", "basename", "cat",
    ];
    for (name, absent) in [
        ("python3", &["python3"][..]),
        ("cc", &["cc", "gcc", "clang"]),
        ("cargo", &["cargo"]),
    ] {
        let scratch = Scratch::with_empty_home();
        let present: Vec<&str> = all
            .into_iter()
            .filter(|program| !absent.contains(program))
            .collect();
        let bin = path_with(&scratch.path("path"), &present);
        for arguments in [&["setup"][..], &["start", "--no-browser"]] {
            let mut command = scratch.ferrolab(arguments);
            command.env("PATH", &bin).env_remove("FERROLAB_PYTHON");
            refused(&run(command, LIMIT)).expect_text(&format!("`{name}`"));
        }
        let mut doctor = scratch.ferrolab(&["doctor"]);
        doctor.env("PATH", &bin).env_remove("FERROLAB_PYTHON");
        run(doctor, LIMIT)
            .expect_code(1)
            .expect_no_panic()
            .expect_text(name)
            .expect_text("mend it:");
        assert!(
            !scratch.path("empty-home/venv").exists(),
            "the set-up was begun"
        );
    }
}

#[test]
fn a_killed_set_up_is_not_taken_for_done() {
    prepare();
    let scratch = Scratch::with_empty_home();
    let mark = format!("ferrolab-mark-setup-{}", std::process::id());
    let mut command = scratch.ferrolab(&["setup"]);
    command
        .env("FERROLAB_TEST_MARK", &mark)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let mut group = Group::start(&mut command).expect("started");
    let stderr = group.0.stderr.take().expect("piped");
    let begun = BufReader::new(stderr)
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("Python environment"));
    assert!(begun, "the set-up did not come to its first step");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !scratch.path("empty-home/venv").exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    group.signal(libc::SIGKILL);
    group.wait(Duration::from_secs(10)).expect("ended");
    expect_none(&mark);
    assert!(!scratch.path("empty-home/state/python.json").exists());
    run(scratch.ferrolab(&["doctor"]), LIMIT)
        .expect_code(1)
        .expect_text("cargo lab setup");
}

#[test]
fn a_broken_python_environment_is_noticed() {
    prepare();
    let scratch = Scratch::with_empty_home();
    std::fs::create_dir_all(scratch.path("empty-home/venv/bin")).expect("made");
    std::fs::write(scratch.path("empty-home/venv/bin/python"), "no program").expect("written");
    run(scratch.ferrolab(&["doctor"]), LIMIT)
        .expect_code(1)
        .expect_text("missing");
}
