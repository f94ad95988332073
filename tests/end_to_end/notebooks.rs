//! Every notebook, through nbclient and through `ferrolab run`, with what each cell must show.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ferrolab_tests::course::Scratch;
use ferrolab_tests::executed::{self, Cell};
use ferrolab_tests::expected;
use ferrolab_tests::places;
use ferrolab_tests::prepared::prepare;
use ferrolab_tests::processes::expect_none;
use ferrolab_tests::program::{ferrolab, run};
use ferrolab_tests::python::{Jupyter, answer, script};

/// For one notebook, compilation of its cells included.
const LIMIT: Duration = Duration::from_secs(600);

fn notebooks() -> Vec<String> {
    let entries = fs::read_dir(places::root().join("notebooks")).expect("the course has notebooks");
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            Some(
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(".ipynb")?
                    .to_owned(),
            )
        })
        .collect();
    names.sort();
    assert!(!names.is_empty(), "the course has no notebooks");
    names
}

/// Asserts that a notebook's cells all ran, in order, and show what they must.
fn judge(name: &str, cells: &[Cell]) {
    let mut complaints = expected::read(name).complaints(cells);
    let counts: Vec<i64> = cells.iter().filter_map(|cell| cell.count).collect();
    let wanted: Vec<i64> = (1..).take(cells.len()).collect();
    if counts != wanted {
        complaints.push(format!("the execution counts are {counts:?}"));
    }
    for cell in cells {
        if cell.error.is_some() != cell.may_fail {
            let tag = if cell.may_fail { "has" } else { "has not" };
            complaints.push(format!(
                "cell `{}` {tag} the tag `raises-exception`, its error is {:?}",
                cell.id, cell.error
            ));
        }
    }
    let pictures = cells
        .iter()
        .filter(|cell| cell.mimes.iter().any(|mime| mime == "image/svg+xml"))
        .count();
    if pictures == 0 {
        complaints.push("no cell shows a picture".to_owned());
    }
    assert!(
        complaints.is_empty(),
        "{name}:\n{}",
        complaints.join("\n\n")
    );
}

fn kept(name: &str, way: &str) -> PathBuf {
    let folder = places::artefacts().join(way);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder.join(format!("{name}.ipynb"))
}

#[test]
fn every_notebook_is_as_its_lesson_says() {
    prepare();
    run(ferrolab(&["notebooks", "--check"]), LIMIT)
        .expect_code(0)
        .expect_text("is fresh");
}

#[test]
fn a_stale_notebook_is_noticed_and_written_anew() {
    prepare();
    let scratch = Scratch::with_empty_home();
    let file = "lessons/01_closures/lesson.md";
    scratch.write(file, &(scratch.read(file) + "\nOne more sentence.\n"));
    let stale = run(scratch.ferrolab(&["notebooks", "--check"]), LIMIT);
    stale
        .expect_code(1)
        .expect_text("stale: notebooks/01_closures.ipynb");
    run(scratch.ferrolab(&["notebooks"]), LIMIT).expect_code(0);
    run(scratch.ferrolab(&["notebooks", "--check"]), LIMIT).expect_code(0);
    assert!(
        scratch
            .read("notebooks/01_closures.ipynb")
            .contains("One more sentence.")
    );
}

#[test]
fn nbclient_executes_every_notebook() {
    prepare();
    let scratch = Scratch::with_set_up();
    for name in notebooks() {
        let source = scratch.path(&format!("notebooks/{name}.ipynb"));
        let output = kept(&name, "nbclient");
        let arguments =
            [source.to_str(), output.to_str()].map(|path| path.expect("paths are UTF-8"));
        let jupyter = Jupyter::new();
        let mut command = script(
            "run_notebook.py",
            &[arguments[0], arguments[1], "ferrolab"],
            &jupyter,
        );
        let mark = format!("ferrolab-mark-nbclient-{}", std::process::id());
        command.env("FERROLAB_TEST_MARK", &mark);
        let (told, outcome) = answer(command, LIMIT);
        println!(
            "{name} through nbclient: {:.1} s",
            outcome.took.as_secs_f64()
        );
        assert!(
            told["failure"].is_null(),
            "{name}: {}",
            told["failure"].as_str().unwrap_or_default()
        );
        judge(&name, &executed::read(&output));
        expect_none(&mark);
    }
}

#[test]
fn ferrolab_run_executes_every_notebook() {
    prepare();
    let scratch = Scratch::with_set_up();
    for name in notebooks() {
        let output = kept(&name, "ferrolab-run");
        let folder = output
            .parent()
            .and_then(|folder| folder.to_str())
            .expect("paths are UTF-8");
        let source = format!("notebooks/{name}.ipynb");
        let before = scratch.read(&source);
        let mut command = scratch.ferrolab(&["run", &source, "--output", folder, "--html"]);
        let mark = format!("ferrolab-mark-run-{}", std::process::id());
        command.env("FERROLAB_TEST_MARK", &mark);
        let jupyter = Jupyter::new();
        jupyter.set(&mut command);
        let outcome = run(command, LIMIT);
        println!(
            "{name} through `ferrolab run`: {:.1} s",
            outcome.took.as_secs_f64()
        );
        outcome.expect_code(0);
        judge(&name, &executed::read(&output));
        let page = fs::read_to_string(output.with_extension("html")).expect("the page was written");
        for part in ["<html", "data:image/svg+xml", "</html>"] {
            assert!(page.contains(part), "{name}: the page has no `{part}`");
        }
        assert_eq!(
            scratch.read(&source),
            before,
            "the notebook itself was changed"
        );
        expect_none(&mark);
    }
}
