//! The real interpreter: answers, times, and everything that can go wrong.

use ferrolab::Error;
use ferrolab::python::{self, Snippet};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn the_last_expression_or_result_is_the_answer() {
    assert_eq!(python::run("1 + 1").unwrap().value(), &json!(2));
    assert_eq!(
        python::run("result = {'a': (1, 2)}\n'other'")
            .unwrap()
            .value(),
        &json!({"a": [1, 2]})
    );
    assert_eq!(python::run("x = 1").unwrap().value(), &json!(null));
    assert_eq!(python::run("").unwrap().value(), &json!(null));
}

#[test]
fn printing_does_not_disturb_the_protocol() {
    let code = "import os, sys\nprint('{\"seconds\": 0}')\nos.write(1, b'raw\\xff')\nprint('e', file=sys.stderr)\nresult = 5";
    let run = python::run(code).unwrap();
    assert_eq!(run.value(), &json!(5));
    assert!(run.printed().contains("{\"seconds\": 0}") && run.printed().contains("raw"));
    assert_eq!(
        run.printed().matches("seconds").count(),
        1,
        "only the first run's output is kept"
    );
}

#[test]
fn a_flood_of_output_does_not_block() {
    let run = python::run("for i in range(100_000): print(i)\nresult = 1").unwrap();
    assert_eq!(run.value(), &json!(1));
}

#[test]
fn an_exception_shows_the_line_of_the_snippet() {
    let code = "# timed from here\ndef f(x):\n    return 1 / x\nresult = f(0)\n";
    let error = python::run(code).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::PythonRaised { .. }));
    assert!(
        text.contains("File \"<snippet>\", line 3") && text.contains("return 1 / x"),
        "{text}"
    );
    assert!(text.contains("ZeroDivisionError") && text.contains("hint: "));
    assert!(!text.contains("<string>"), "{text}");
}

#[test]
fn a_syntax_error_and_an_exit_are_errors_too() {
    let error = python::run("x = (\n").unwrap_err().to_string();
    assert!(
        error.contains("SyntaxError") && error.contains("line 1"),
        "{error}"
    );
    assert!(
        python::run("import sys; sys.exit(3)")
            .unwrap_err()
            .to_string()
            .contains("SystemExit")
    );
    let error = python::run("import os; os._exit(3)").unwrap_err();
    assert!(matches!(error, Error::PythonDied { .. }), "{error}");
}

#[test]
fn a_result_without_json_names_its_type() {
    let error = python::run("result = object()").unwrap_err();
    assert!(error.to_string().contains("`object`"), "{error}");
    let error = python::run("result = {'deep': [lambda: 1]}").unwrap_err();
    assert!(error.to_string().contains("`function`"), "{error}");
}

#[test]
fn a_timeout_ends_the_interpreter() {
    let start = Instant::now();
    let snippet = Snippet::new("while True: pass").timeout(Duration::from_millis(400));
    let error = snippet.run().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert!(error.to_string().contains("400 ms") && error.to_string().contains("hint: "));
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn setup_runs_once_and_is_not_measured() {
    let code =
        "import time\ntime.sleep(0.3)\ncalls = []\n# timed from here\ncalls.append(1)\nresult = 7";
    let run = python::run(code).unwrap();
    assert_eq!(run.value(), &json!(7));
    assert!(run.timing().median() < 0.1, "{}", run.timing());
}

#[test]
fn code_that_changes_names_of_the_setup_works() {
    let code = "total = 0\n# timed from here\nfor i in range(3):\n    total += i\nresult = i";
    assert_eq!(python::run(code).unwrap().value(), &json!(2));
    assert_eq!(
        python::run("from math import *\nfloor(2.5)")
            .unwrap()
            .value(),
        &json!(2)
    );
}

#[test]
fn beside_compares_answers_and_times() {
    let code = "
        squares = []
        for n in range(2_000):
            squares.append(n * n)
        result = squares
    ";
    let squares = || {
        (0..2_000_u64)
            .map(|n| std::hint::black_box(n) * n)
            .collect::<Vec<_>>()
    };
    let both = python::beside("append loop", code, squares);
    let comparison = both.comparison().unwrap();
    assert_eq!(comparison.arms()[0].name, "Python: append loop");
    assert!(comparison.all_agree(), "{comparison}");
    assert_eq!(comparison.is_faster("Rust"), Some(true), "{comparison}");
}

#[test]
fn beside_says_when_answers_differ() {
    let both = python::beside("off by one", "result = [0.1 + 0.2, 5]", || (0.3, 6));
    let text = both.to_string();
    assert!(
        text.contains("answers differ") && text.contains("`(0.3, 6)`"),
        "{text}"
    );
    let same = python::beside("floats", "result = [0.1 + 0.2, 5]", || (0.3, 5));
    assert!(same.comparison().unwrap().all_agree());
}

#[test]
fn beside_shows_an_error_in_place() {
    let both = python::beside("broken", "nonsense", || 0);
    assert!(both.comparison().is_err());
    assert!(both.to_string().contains("NameError"), "{both}");
}

#[test]
fn a_missing_interpreter_is_named_with_a_remedy() {
    // A process of its own, since the environment belongs to all tests of this one.
    let this = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new(this);
    command.args(["--exact", "version_for_the_test_before", "--nocapture"]);
    let output = command
        .env("FERROLAB_PYTHON", "/no/such/python")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("`/no/such/python`") && text.contains("hint: install Python 3"),
        "{text}"
    );
}

/// Prints what the test above reads.
#[test]
fn version_for_the_test_before() {
    match (python::version(), python::run("1")) {
        (Ok(version), Ok(_)) => assert!(version.starts_with("3.")),
        (Err(version), Err(run)) => println!("{version}\n{run}"),
        (version, run) => panic!("they disagree: {version:?} {run:?}"),
    }
}
