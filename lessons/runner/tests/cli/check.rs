//! Grading: what passes, what fails, and that one bad answer costs only itself.

use serde_json::Value;

use crate::course::Course;

fn verdicts(course: &Course, arguments: &[&str]) -> (i32, Vec<(String, String)>) {
    let said = course.ferrolab(&[&["check", "--json"], arguments].concat());
    let json: Value = serde_json::from_str(&said.out)
        .unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = json["exercises"].as_array().unwrap();
    let pairs = all
        .iter()
        .map(|graded| (text(&graded["exercise"]), text(&graded["verdict"])));
    (said.code, pairs.collect())
}

fn pair(exercise: &str, verdict: &str) -> (String, String) {
    (exercise.to_owned(), verdict.to_owned())
}

#[test]
fn stubs_fail_and_solutions_pass() {
    let course = Course::new();
    let before = course.tree();
    course
        .ferrolab(&["check", "01_first"])
        .ends_with(1)
        .says("still says `todo!()`")
        .says("next: cargo lab hint 01_first/double")
        .says("0 of 2 exercises passed, 0 of 10 points");
    assert_eq!(
        course.tree(),
        before,
        "checking writes nothing into the learner's tree"
    );
    course.solve("double");
    course
        .ferrolab(&["check", "01_first/double"])
        .ends_with(0)
        .says("passed, 4 points");
    course.solve("count_up");
    course
        .ferrolab(&["check"])
        .ends_with(0)
        .says("2 of 2 exercises passed, 10 of 10 points");
    course
        .ferrolab(&["list"])
        .ends_with(0)
        .says("2 of 2 exercises passed");
}

#[test]
fn a_failed_test_teaches() {
    let course = Course::new();
    let wrong = course.read("lessons/01_first/tests/wrong/double/square.rs");
    course.write(&course.exercise("double"), &wrong);
    course
        .ferrolab(&["check", "01_first/double"])
        .ends_with(1)
        .says("0 of 2 tests pass")
        .says("Multiplying makes a number larger.")
        .says("left: 16")
        .says("at lessons/01_first/tests/double.rs:8:5");
}

#[test]
fn an_answer_that_does_not_compile_costs_only_itself() {
    let course = Course::new();
    course.solve("count_up");
    course.write(
        &course.exercise("double"),
        "pub fn double(x: i32) -> i32 {\n    x * \"2\"\n}\n",
    );
    let expected = vec![
        pair("double", "does_not_compile"),
        pair("count_up", "passed"),
    ];
    assert_eq!(verdicts(&course, &[]), (1, expected));
    course
        .ferrolab(&["check"])
        .ends_with(1)
        .says("error[E0277]")
        .says("lessons/01_first/src/exercises/double.rs:2:7");
}

#[test]
fn a_file_that_is_no_answer_costs_only_itself() {
    let course = Course::new();
    course.solve("count_up");
    let file = course.path(&course.exercise("double"));
    let expected = (
        1,
        vec![pair("double", "unreadable"), pair("count_up", "passed")],
    );

    std::fs::remove_file(&file).unwrap();
    assert_eq!(verdicts(&course, &[]), expected, "missing");
    std::fs::write(&file, b"\xff\xfe").unwrap();
    assert_eq!(verdicts(&course, &[]), expected, "not UTF-8");
    std::fs::write(&file, vec![b'\n'; 3_000_000]).unwrap();
    assert_eq!(verdicts(&course, &[]), expected, "huge");
    std::fs::remove_file(&file).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(course.path(&course.exercise("count_up")), &file).unwrap();
    assert_eq!(verdicts(&course, &[]), expected, "a link");
    course
        .ferrolab(&["check"])
        .ends_with(1)
        .says("next: cargo lab reset 01_first/double");
}

#[test]
fn an_answer_that_never_ends_is_ended() {
    let course = Course::new();
    course.solve("count_up");
    course.write(
        &course.exercise("double"),
        "pub fn double(x: i32) -> i32 {\n    while x < 0 {\n        std::thread::yield_now();\n    }\n    x * 2\n}\n",
    );
    course
        .ferrolab(&["check", "--timeout", "2"])
        .ends_with(1)
        .says("1 of 2 tests pass")
        .says("t2_negative (out of time)")
        .says("✓ 01_first/count_up");
}

#[test]
fn an_answer_that_ends_the_program_has_not_passed() {
    let course = Course::new();
    course.write(
        &course.exercise("double"),
        "pub fn double(_: i32) -> i32 {\n    std::process::exit(0)\n}\n",
    );
    let said = course.ferrolab(&["check", "01_first/double"]);
    said.ends_with(1).says("t1_doubles (crashed)");

    course.write(
        &course.exercise("double"),
        "#[allow(unconditional_recursion)]\npub fn double(x: i32) -> i32 {\n    1 + double(x)\n}\n",
    );
    course
        .ferrolab(&["check", "01_first/double"])
        .ends_with(1)
        .says("the stack overflowed");
}

#[test]
fn json_has_points_places_and_lessons() {
    let course = Course::new();
    course.solve("count_up");
    let wrong = course.read("lessons/01_first/tests/wrong/double/unsigned.rs");
    course.write(&course.exercise("double"), &wrong);
    let said = course.ferrolab(&["check", "--json"]).ends_with(1);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["schema"], 1);
    assert_eq!(
        (&json["points"], &json["max_points"]),
        (&6.into(), &10.into())
    );
    let test = &json["exercises"][0]["tests"][1];
    assert_eq!(test["name"], "t2_negative");
    assert_eq!(test["outcome"], "failed");
    assert_eq!(test["teaches"], "Negative numbers have a double too.");
    assert_eq!(test["place"], "lessons/01_first/tests/double.rs:14:5");
}

#[test]
fn a_cell_is_kept_in_the_file_and_graded() {
    let course = Course::new();
    let file = course.exercise("double");
    let stub = course.read(&file);
    let good = "pub fn double(x: i32) -> i32 {\n    x + x\n}\n";
    let other = "pub fn double(x: i32) -> i32 {\n    x - x\n}\n";
    let check = ["check", "01_first/double", "--code", "-"];
    assert_eq!(course.ferrolab(&["notebooks"]).code, 0);

    course
        .ferrolab_with_input(&check, &stub)
        .ends_with(1)
        .says("todo!()");
    assert_eq!(course.read(&file), stub);
    course
        .ferrolab_with_input(&check, good)
        .ends_with(0)
        .says("passed");
    assert_eq!(course.read(&file), good);
    // The stub's text in the cell grades the file as it is.
    course.ferrolab_with_input(&check, &stub).ends_with(0);
    assert_eq!(course.read(&file), good);

    course
        .ferrolab_with_input(&check, other)
        .ends_with(1)
        .says("kept your earlier text in");
    assert_eq!(course.read(&format!("{file}.bak")), good);
    course
        .ferrolab_with_input(&check, "broken(")
        .ends_with(1)
        .says("does not compile");
    assert_eq!(
        course.read(&format!("{file}.bak")),
        good,
        "an older backup stays"
    );
    assert_eq!(course.read(&format!("{file}.1.bak")), other);

    let said = course.ferrolab_with_input(&["check", "01_first", "--code", "-"], good);
    said.ends_with(2).warns("hint: name it");
}

#[test]
fn a_missing_test_file_is_the_courses_fault() {
    let course = Course::new();
    course.solve("count_up");
    std::fs::remove_file(course.path("lessons/01_first/tests/double.rs")).unwrap();
    let expected = vec![pair("double", "cannot_grade"), pair("count_up", "passed")];
    assert_eq!(verdicts(&course, &[]), (2, expected));
}

#[cfg(unix)]
#[test]
fn watch_checks_again_when_a_file_is_saved() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let course = Course::new();
    let mut command = course.command(&["check", "01_first/double", "--watch"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(lines.any(|line| line.contains("0 of 1 exercises passed")));
    // The watch began before the first check, so this change is seen.
    course.solve("double");
    assert!(lines.any(|line| line.contains("1 of 1 exercises passed")));
    child.kill().unwrap();
    child.wait().unwrap();
}
