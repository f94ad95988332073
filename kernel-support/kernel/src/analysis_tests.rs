//! The analysis, with a real process and with ones that fail.

use crate::analysis::{Analysis, FAILURES, LOADING, OFF};
use crate::analysis_process::Places;
use crate::outline::{Outline, SharedOutline};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a loaded machine may need to read the standard library and the support crate.
const LOADED: Duration = Duration::from_secs(90);

fn outline() -> Outline {
    let support = concat!(env!("CARGO_MANIFEST_DIR"), "/../ferrolab");
    Outline {
        dep_lines: vec![format!(":dep ferrolab = {{ path = {support:?} }}")],
        lock: None,
        items: "use ferrolab::prelude::*;\nstruct Point { east: f64 }\n\
                trait Area { fn area(&self) -> f64; }\n\
                impl Area for Point { fn area(&self) -> f64 { self.east } }\n"
            .into(),
        variables: vec![
            ("words".into(), "std::vec::Vec<i32>".into(), true),
            ("place".into(), "Point".into(), false),
        ],
    }
}

fn analysis(program: PathBuf, arguments: &[&str]) -> (Analysis, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let shared = SharedOutline::default();
    shared.publish(outline());
    let places = Places {
        folder: folder.path().join("analysis"),
        lock: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock").into()),
        program,
        arguments: arguments.iter().map(ToString::to_string).collect(),
    };
    (Analysis::new(shared, places), folder)
}

/// The real one: this program runs `process` below in the kernel's place.
fn real() -> (Analysis, tempfile::TempDir) {
    let program = std::env::current_exe().expect("a test knows its own program");
    analysis(program, &["analysis_tests::process", "--exact", PROCESS])
}

/// What this program's arguments end with in front of the folder and the lock file.
const PROCESS: &str = "--nocapture";

/// No test, but the process that the others start.
#[test]
fn process() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [.., before, folder, lock] = &arguments[..]
        && before == PROCESS
    {
        crate::analyzer::run(folder.as_ref(), Some(lock.as_ref())).expect("served");
    }
}

async fn texts(analysis: &Analysis, cell: &str) -> Vec<String> {
    let names = analysis.names("client", cell, cell.len()).await;
    names.names.into_iter().map(|name| name.text).collect()
}

/// Asks until the answer is the analysis's own: on a loaded machine it may come too late at first.
async fn eventually(analysis: &Analysis, cell: &str, right: impl Fn(&[String]) -> bool) {
    let start = Instant::now();
    loop {
        let asked = Instant::now();
        let found = texts(analysis, cell).await;
        assert!(asked.elapsed() < Duration::from_millis(1500));
        if right(&found) {
            return;
        }
        assert!(
            start.elapsed() < LOADED,
            "`{cell}` is completed by {found:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_loads_in_the_background_and_then_knows_types() {
    let (analysis, _folder) = real();
    let has = |found: &[String], name: &str| found.iter().any(|text| text == name);
    // Without types, all fields and methods are offered.
    let at_once = texts(&analysis, "place.").await;
    assert!(has(&at_once, "east") && has(&at_once, "push"));
    eventually(&analysis, "%%time\nlet ü = \"ü\";\nplace.", |found| {
        has(found, "east") && has(found, "area") && !has(found, "push")
    })
    .await;
    eventually(&analysis, "{ let a = Point { ea", |found| found == ["east"]).await;
    eventually(&analysis, "ferrolab::timi", |found| found == ["timing"]).await;
    if !analysis.lacks_library() {
        eventually(&analysis, "words.pu", |found| has(found, "push")).await;
        let inside = "println!(\"{}\", words.iter().is_sorted_by_";
        eventually(&analysis, inside, |found| found == ["is_sorted_by_key"]).await;
    }
    let page = analysis.inspect("client", "place.area()", 10, true).await;
    assert!(page.expect("found").contains("fn area"));
}

#[test]
fn a_page_is_waited_for_unless_interrupted() {
    let (analysis, _folder) = real();
    let start = Instant::now();
    let page = analysis.documentation("ferrolab::timeit!", &|| true);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(page.as_deref(), Some(LOADING));
    let variable = analysis.documentation("words", &|| true).expect("known");
    assert!(variable.contains("let mut words: std::vec::Vec<i32>"));
    let page = loop {
        let page = analysis.documentation("ferrolab::timeit!", &|| false);
        if page.as_deref() != Some(LOADING) {
            break page.expect("found");
        }
        assert!(start.elapsed() < LOADED, "the analysis does not load");
    };
    assert!(page.contains("macro_rules! timeit"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_question_takes_the_place_of_an_older_one() {
    // It never answers.
    let (analysis, _folder) = analysis("/bin/sh".into(), &["-c", "exec cat 3>&1 >/dev/null"]);
    let ask = |cell: &'static str| {
        let analysis = analysis.clone();
        tokio::spawn(async move {
            let start = Instant::now();
            let names = analysis.names("client", cell, cell.len()).await;
            (names.names.len(), start.elapsed())
        })
    };
    let mut waits = Vec::new();
    for cell in ["w", "wo", "wor"] {
        waits.push(ask(cell));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut spent = Vec::new();
    for wait in waits {
        let (names, time) = wait.await.expect("answered");
        assert!(names > 0);
        assert!(time < Duration::from_millis(1500));
        spent.push(time);
    }
    // The first was being worked on, the last is the newest.
    assert!(spent[1] < spent[0] && spent[1] < spent[2], "{spent:?}");
}

#[test]
fn what_fails_again_and_again_is_left_alone() {
    let (analysis, _folder) = analysis("/bin/false".into(), &[]);
    for _ in 0..FAILURES {
        analysis.documentation("Vec", &|| false);
    }
    assert_eq!(analysis.documentation("Vec", &|| false), Some(OFF.into()));
}
