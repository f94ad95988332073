//! Lists, hints, reset, and what a learner may type wrong.

use crate::course::Course;

#[test]
fn hints_come_one_at_a_time() {
    let course = Course::new();
    let hint = ["hint", "01_first/double"];
    let first = course
        .ferrolab(&hint)
        .ends_with(0)
        .says("hint 1 of 3: Think of `*`.");
    assert!(!first.out.contains("Multiply"));
    course
        .ferrolab(&hint)
        .ends_with(0)
        .says("hint 2 of 3: Multiply by two.");
    course
        .ferrolab(&hint)
        .ends_with(0)
        .says("hint 3 of 3: `x * 2`")
        .says("cargo lab check 01_first/double");
    course
        .ferrolab(&["hint", "01_first"])
        .ends_with(2)
        .warns("name it: `cargo lab hint 01_first/double`");
}

#[test]
fn reset_brings_the_stub_back_and_keeps_the_text() {
    let course = Course::new();
    let file = course.exercise("double");
    let stub = course.read(&file);
    course.ferrolab(&["notebooks"]).ends_with(0);
    course.solve("double");
    let mine = course.read(&file);
    course
        .ferrolab(&["reset", "01_first/double"])
        .ends_with(0)
        .says("kept your text in");
    assert_eq!(course.read(&file), stub);
    assert_eq!(course.read(&format!("{file}.bak")), mine);
    course
        .ferrolab(&["reset", "01_first/double"])
        .ends_with(0)
        .says("is the stub already");
}

#[test]
fn the_list_tells_passed_from_tried_from_changed() {
    let course = Course::new();
    course.solve("double");
    course.ferrolab(&["check"]).ends_with(1);
    course
        .ferrolab(&["list"])
        .says("✓ double")
        .says("✗ count_up")
        .says("1 of 2 exercises passed")
        .says("next: cargo lab check 01_first/count_up");
    course.edit(&course.exercise("double"), "x * 2", "x + x");
    course.ferrolab(&["list"]).says("changed since it passed");
}

#[test]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let course = Course::new();
    course
        .ferrolab(&["check", "02_none"])
        .ends_with(2)
        .warns("no lesson `02_none`")
        .warns("`01_first`");
    course
        .ferrolab(&["check", "01_first/tripel"])
        .ends_with(2)
        .warns("`double`, `count_up`");
}

#[test]
fn a_broken_course_file_is_named_with_its_line() {
    let course = Course::new();
    course.edit("lessons/lessons.toml", "points = 6", "points = six");
    course
        .ferrolab(&["list"])
        .ends_with(2)
        .warns("lessons/lessons.toml:16:")
        .warns("hint:");
}

#[test]
fn outside_a_course_it_says_where_to_go() {
    let course = Course::new();
    let empty = tempfile::tempdir().unwrap();
    let output = course
        .command(&["list"])
        .current_dir(empty.path())
        .output()
        .unwrap();
    crate::course::said(output)
        .ends_with(2)
        .warns("no course here")
        .warns("cd ferrolab");
}

#[test]
fn it_works_from_a_folder_inside_the_course() {
    let course = Course::new();
    let output = course
        .command(&["list"])
        .current_dir(course.path("lessons/01_first/src"))
        .output()
        .unwrap();
    crate::course::said(output).ends_with(0).says("01_first");
}
