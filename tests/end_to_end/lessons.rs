//! The exercises: stubs fail, solutions pass, wrong solutions are caught, and nothing a learner writes
//! costs more than its own exercise.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use ferrolab_tests::course::{Scratch, lessons};
use ferrolab_tests::places;
use ferrolab_tests::prepared::prepare;
use ferrolab_tests::processes::expect_none;
use ferrolab_tests::program::{Outcome, clean, run, run_with_input};
use serde_json::Value;

/// For one grading, compilation included.
const LIMIT: Duration = Duration::from_secs(400);

/// A copy of the course for grading, in which some exercises are solved.
fn solved(which: impl Fn(&str) -> bool) -> Scratch {
    prepare();
    let scratch = Scratch::for_grading();
    for (lesson, _) in lessons(&places::root()) {
        for name in exercises(&lesson) {
            if which(&name) {
                let solution = scratch.read(&format!("lessons/{lesson}/src/solutions/{name}.rs"));
                scratch.write(
                    &format!("lessons/{lesson}/src/exercises/{name}.rs"),
                    &solution,
                );
            }
        }
    }
    scratch
}

/// The exercises of a lesson, by the files of their tests.
fn exercises(lesson: &str) -> Vec<String> {
    let folder = places::root().join("lessons").join(lesson).join("tests");
    let entries = fs::read_dir(folder).expect("a lesson has tests").flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    names.sort();
    names
}

fn check(scratch: &Scratch, arguments: &[&str]) -> (Value, Outcome) {
    let mut all = vec!["check", "--json"];
    all.extend(arguments);
    let outcome = run(scratch.ferrolab(&all), LIMIT);
    match serde_json::from_str(&outcome.stdout) {
        Ok(report) => (report, outcome),
        Err(error) => panic!("no JSON ({error}):\n{}", outcome.text()),
    }
}

fn graded<'a>(report: &'a Value, exercise: &str) -> &'a Value {
    let all = report["exercises"]
        .as_array()
        .expect("a report has exercises");
    let found = all.iter().find(|graded| graded["exercise"] == exercise);
    found.unwrap_or_else(|| panic!("`{exercise}` is not in {report}"))
}

#[test]
fn verify_finds_nothing_wrong() {
    prepare();
    let outcome = run(
        Scratch::for_grading().ferrolab(&["verify", "--strict"]),
        LIMIT,
    );
    outcome.expect_code(0).expect_text("the course is right");
}

#[test]
fn verify_notices_what_is_wrong() {
    prepare();
    let scratch = Scratch::for_grading();
    let folder = "lessons/01_closures";
    // A wrong solution that is right, a prediction that is false, a number that differs.
    let right = scratch.read(&format!("{folder}/src/solutions/curry.rs"));
    scratch.write(
        &format!("{folder}/tests/wrong/curry/inner_once.rs"),
        &format!("//! Wrong: not at all.\n{right}"),
    );
    scratch.replace(
        &format!("{folder}/lesson.md"),
        "answer = \"8 24\"",
        "answer = \"8 8\"",
    );
    scratch.replace(&format!("{folder}/lesson.md"), "minutes: 40", "minutes: 41");
    let outcome = run(scratch.ferrolab(&["verify"]), LIMIT);
    outcome
        .expect_code(1)
        .expect_text("inner_once.rs")
        .expect_text("`minutes`")
        .expect_text("8 24");
}

#[test]
fn stubs_fail_every_test() {
    let scratch = solved(|_| false);
    let (report, outcome) = check(&scratch, &[]);
    outcome.expect_code(1);
    assert_eq!(report["points"], 0);
    for graded in report["exercises"].as_array().into_iter().flatten() {
        assert_eq!(graded["verdict"], "failed", "{graded:#}");
        let tests = graded["tests"].as_array().expect("tests");
        assert!(tests.len() >= 3, "{} has too few tests", graded["exercise"]);
        for test in tests {
            assert_eq!(
                test["outcome"], "failed",
                "a stub passes {}: {test:#}",
                graded["exercise"]
            );
            assert!(
                test["teaches"].as_str().is_some_and(|text| text.len() > 10),
                "{test:#}"
            );
        }
    }
}

#[test]
fn solutions_pass_and_a_warm_check_is_quick() {
    let scratch = solved(|_| true);
    let (report, outcome) = check(&scratch, &[]);
    outcome.expect_code(0);
    assert_eq!(report["points"], report["max_points"]);
    let count: usize = lessons(&places::root())
        .iter()
        .map(|(lesson, _)| exercises(lesson).len())
        .sum();
    assert_eq!(report["exercises"].as_array().map(Vec::len), Some(count));
    for graded in report["exercises"].as_array().into_iter().flatten() {
        assert_eq!(graded["verdict"], "passed", "{graded:#}");
    }
    // The issue promises 3 seconds; a busy machine only makes it slower, so the best of several counts.
    let mut times = Vec::new();
    while times.len() < 3 || (times.iter().all(|took| *took > 3.0) && times.len() < 8) {
        times.push(check(&scratch, &["01_closures"]).1.took.as_secs_f64());
    }
    println!("`ferrolab check 01_closures`, warm, in seconds: {times:.2?}");
    assert!(times.iter().any(|took| *took <= 3.0), "{times:?}");
}

#[test]
fn an_exercise_that_does_not_compile_costs_only_itself() {
    let scratch = solved(|_| true);
    let file = "lessons/01_closures/src/exercises/compose.rs";
    scratch.write(
        file,
        "pub fn compose() -> i32 {\n    let oops: i32 = \"text\";\n    oops\n}\n",
    );
    let (report, outcome) = check(&scratch, &["01_closures"]);
    outcome.expect_code(1);
    for name in exercises("01_closures") {
        let expected = if name == "compose" {
            "does_not_compile"
        } else {
            "passed"
        };
        assert_eq!(graded(&report, &name)["verdict"], expected, "{name}");
    }
    let diagnostics = &graded(&report, "compose")["diagnostics"];
    let own = diagnostics
        .as_array()
        .into_iter()
        .flatten()
        .find(|d| d["code"] == "E0308" && d["file"] == file);
    assert_eq!(
        own.unwrap_or_else(|| panic!("not named: {diagnostics:#}"))["line"],
        2
    );
}

#[test]
fn an_endless_loop_gets_its_verdict_in_time() {
    let scratch = solved(|_| true);
    let file = "lessons/01_closures/src/exercises/apply_n.rs";
    let solution = scratch.read(file);
    let body = solution
        .find(") -> ")
        .and_then(|start| Some(start + solution[start..].find('{')? + 1));
    let (head, tail) = solution.split_at(body.expect("the solution has a body"));
    scratch.write(
        file,
        &format!(
            "{head}\n    loop {{ std::hint::spin_loop(); }}\n    #[expect(unreachable_code)]{tail}"
        ),
    );
    scratch.write(
        file,
        &scratch
            .read(file)
            .replace("#[expect(unreachable_code)]", ""),
    );
    let mark = format!("ferrolab-mark-loop-{}", std::process::id());
    let mut command = scratch.ferrolab(&["check", "--json", "01_closures", "--timeout", "3"]);
    command.env("FERROLAB_TEST_MARK", &mark);
    let outcome = run(command, LIMIT);
    outcome.expect_code(1);
    let report: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let tests = graded(&report, "apply_n")["tests"].clone();
    assert_eq!(graded(&report, "apply_n")["verdict"], "failed");
    assert!(
        tests
            .as_array()
            .into_iter()
            .flatten()
            .any(|test| test["outcome"] == "timed_out"),
        "{tests:#}"
    );
    assert_eq!(graded(&report, "curry")["verdict"], "passed");
    expect_none(&mark);
}

#[test]
fn a_wrong_file_costs_only_itself() {
    let scratch = solved(|_| true);
    let folder = "lessons/01_closures/src/exercises";
    fs::remove_file(scratch.path(&format!("{folder}/curry.rs"))).expect("removed");
    fs::write(
        scratch.path(&format!("{folder}/compose.rs")),
        [0xff, 0xfe, 0x00],
    )
    .expect("written");
    let (report, outcome) = check(&scratch, &["01_closures"]);
    outcome.expect_code(1).expect_no_panic();
    assert_eq!(graded(&report, "curry")["verdict"], "unreadable");
    assert_eq!(graded(&report, "compose")["verdict"], "unreadable");
    assert_eq!(graded(&report, "apply_n")["verdict"], "passed");
}

#[test]
fn code_from_a_cell_is_kept_and_graded_and_the_old_text_stays() {
    let scratch = solved(|_| false);
    let file = "lessons/01_closures/src/exercises/compose.rs";
    scratch.write(file, "// my first thoughts\n");
    let solution = scratch.read("lessons/01_closures/src/solutions/compose.rs");
    let input = scratch.path("cell.rs");
    fs::write(&input, &solution).expect("written");
    let mut command = scratch.ferrolab(&["check", "01_closures/compose", "--code", "-"]);
    command.stdin(Stdio::from(fs::File::open(input).expect("there")));
    run_with_input(command, LIMIT).expect_code(0);
    assert_eq!(scratch.read(file).trim(), solution.trim());
    let folder = scratch.path("lessons/01_closures/src/exercises");
    let kept = fs::read_dir(folder).expect("there").flatten().any(|entry| {
        entry.path() != scratch.path(file)
            && fs::read_to_string(entry.path()).is_ok_and(|text| text == "// my first thoughts\n")
    });
    assert!(kept, "the learner's earlier text is gone");
}

#[test]
fn plain_cargo_shows_that_the_tests_can_pass() {
    prepare();
    for (lesson, _) in lessons(&places::root()) {
        let package = format!("lesson-{}", lesson.replace('_', "-"));
        let mut command = Command::new("cargo");
        command.args([
            "test",
            "--quiet",
            "--package",
            &package,
            "--features",
            "solution",
        ]);
        command.current_dir(places::root());
        clean(&mut command);
        run(command, LIMIT)
            .expect_code(0)
            .expect_text("test result: ok");
    }
}

#[test]
fn hints_come_one_at_a_time_and_reset_keeps_the_text() {
    prepare();
    let scratch = Scratch::with_empty_home();
    let hint = || {
        run(scratch.ferrolab(&["hint", "01_closures/compose"]), LIMIT)
            .expect_code(0)
            .stdout
            .clone()
    };
    let shown = [hint(), hint(), hint()];
    assert_ne!(shown[0], shown[1]);
    assert_ne!(shown[1], shown[2]);
    let file = "lessons/01_closures/src/exercises/compose.rs";
    let stub = scratch.read(file);
    scratch.write(file, "// mine\n");
    run(scratch.ferrolab(&["reset", "01_closures/compose"]), LIMIT)
        .expect_code(0)
        .expect_text("compose.rs");
    assert_eq!(scratch.read(file), stub);
    assert_eq!(scratch.read(&format!("{file}.bak")), "// mine\n");
    run(scratch.ferrolab(&["list"]), LIMIT)
        .expect_code(0)
        .expect_text("01_closures")
        .expect_text("compose");
}
