//! Notebooks and `verify`.

use serde_json::Value;

use crate::course::Course;

const LESSON: &str = "lessons/01_first/lesson.md";

/// A course whose notebooks are fresh.
fn written() -> Course {
    let course = Course::new();
    course.ferrolab(&["notebooks"]).ends_with(0);
    course
}

#[test]
fn notebooks_are_written_and_found_stale() {
    let course = Course::new();
    course
        .ferrolab(&["notebooks", "--check"])
        .ends_with(1)
        .says("stale: notebooks/01_first.ipynb");
    course
        .ferrolab(&["notebooks"])
        .ends_with(0)
        .says("wrote notebooks/01_first.ipynb");
    course.ferrolab(&["notebooks", "--check"]).ends_with(0);
    let before = course.tree();
    course
        .ferrolab(&["notebooks"])
        .ends_with(0)
        .says("is fresh");
    assert_eq!(course.tree(), before, "writing again changes nothing");

    course.edit(LESSON, "Some text.", "Some other text.");
    course
        .ferrolab(&["notebooks", "--check"])
        .ends_with(1)
        .says("stale: notebooks/01_first.ipynb");
}

#[test]
fn a_notebook_that_was_worked_in_is_kept() {
    let course = written();
    let mut worked: Value = serde_json::from_str(&course.read("notebooks/01_first.ipynb")).unwrap();
    let cell = worked["cells"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|cell| cell["cell_type"] == "code")
        .unwrap();
    cell["execution_count"] = 3.into();
    let worked = worked.to_string();
    std::fs::write(course.root().join("notebooks/01_first.ipynb"), &worked).unwrap();
    course
        .ferrolab(&["notebooks"])
        .ends_with(0)
        .says("kept your notebook as notebooks/01_first.ipynb.bak");
    assert_eq!(course.read("notebooks/01_first.ipynb.bak"), worked);
}

#[test]
fn the_notebook_has_cells_tags_and_folded_answers() {
    let course = written();
    let json: Value = serde_json::from_str(&course.read("notebooks/01_first.ipynb")).unwrap();
    let cells = json["cells"].as_array().unwrap();
    let source = |cell: &Value| -> String {
        let lines = cell["source"].as_array().unwrap();
        lines.iter().map(|line| line.as_str().unwrap()).collect()
    };
    let all: Vec<String> = cells.iter().map(source).collect();
    assert!(
        !all.concat().contains("For authors only"),
        "comments at the top stay out"
    );
    assert!(
        all.iter()
            .any(|text| text.contains("**Predict.** What prints?") && text.contains("<details>"))
    );
    let check = cells
        .iter()
        .find(|cell| cell["id"] == "check-double")
        .unwrap();
    assert!(source(check).starts_with("%%check 01_first/double\n/// Gives twice `x`."));
    assert_eq!(check["metadata"]["nbgrader"]["schema_version"], 3);
    assert_eq!(check["metadata"]["nbgrader"]["points"], 4);
    assert!(
        cells
            .iter()
            .any(|cell| cell["metadata"]["tags"][0] == "raises-exception")
    );
    assert_eq!(json["metadata"]["kernelspec"]["name"], "ferrolab");
    assert_eq!(
        (&json["nbformat"], &json["nbformat_minor"]),
        (&4.into(), &5.into())
    );
}

#[test]
fn the_notebook_has_the_stub_even_when_the_learner_has_solved_it() {
    let course = written();
    let before = course.read("notebooks/01_first.ipynb");
    course.solve("double");
    course.ferrolab(&["notebooks"]).ends_with(0);
    assert_eq!(course.read("notebooks/01_first.ipynb"), before);
    course
        .ferrolab(&["notebooks", "--adopt-stubs"])
        .ends_with(0);
    assert_ne!(course.read("notebooks/01_first.ipynb"), before);
}

#[test]
fn a_broken_lesson_is_named_with_its_line() {
    let course = Course::new();
    course.edit(
        LESSON,
        "tags=[\"raises-exception\"]",
        "tags=[raises-exception]",
    );
    let said = course.ferrolab(&["notebooks"]).ends_with(2);
    let line = course
        .read(LESSON)
        .lines()
        .position(|line| line.contains("tags="))
        .unwrap()
        + 1;
    said.warns(&format!(
        "{LESSON}:{line}: the value of `tags` cannot be read"
    ))
    .warns("hint: write attributes as");

    course.edit(
        LESSON,
        "tags=[raises-exception]",
        "tags=[\"raises-exception\"]",
    );
    course.edit(LESSON, "check=\"double\"", "check=\"dubble\"");
    course
        .ferrolab(&["notebooks"])
        .ends_with(2)
        .warns("no exercise `dubble`")
        .warns("double, count_up");
}

#[test]
fn a_right_course_is_called_right() {
    written()
        .ferrolab(&["verify", "--strict"])
        .ends_with(0)
        .says("the course is right");
}

#[test]
fn verify_finds_what_grading_shows() {
    let course = written();
    // A test that a wrong solution slips through, a solution that fails, a stub that passes.
    course.write(
        "lessons/01_first/tests/wrong/double/right.rs",
        "//! Wrong: not at all.\n/// Twice.\npub fn double(x: i32) -> i32 {\n    x + x\n}\n",
    );
    course.edit(
        "lessons/01_first/src/solutions/count_up.rs",
        "1..=n",
        "1..n",
    );
    course.write(
        "lessons/01_first/tests/double.rs",
        &(course.read("lessons/01_first/tests/double.rs")
            + "\n// Always true.\n#[test]\nfn t3_true() {}\n"),
    );
    course
        .ferrolab(&["verify"])
        .ends_with(1)
        .says("tests/wrong/double/right.rs:1: error: the tests do not catch this wrong solution")
        .says("the solution does not pass `t1_counts`")
        .says("src/solutions/count_up.rs:3: error: the example fails")
        .says("the stub passes the test `t3_true`");
}

#[test]
fn verify_finds_false_predictions() {
    let course = written();
    course.edit(LESSON, "x + 1", "x");
    course.edit(
        LESSON,
        "let x: i32 = \"text\";\n\"\"\"",
        "let x: i32 = 5;\n\"\"\"",
    );
    course.edit(LESSON, "answer = \"b\"", "answer = \"a\"");
    course.ferrolab(&["notebooks"]).ends_with(0);
    course
        .ferrolab(&["verify"])
        .ends_with(1)
        .says("the program prints `20`, the answer says `21`")
        .says("the program compiles, the answer says E0308")
        .says("the answer says `a`; a and b take");
}

#[test]
fn verify_finds_what_reading_shows() {
    let course = written();
    course.edit("lessons/lessons.toml", "\"Think of `*`.\", ", "");
    course.edit("lessons/lessons.toml", "minutes = 5", "minutes = 6");
    course.edit(
        "lessons/01_first/tests/count_up.rs",
        "t2_nothing",
        "t3_nothing",
    );
    course.edit(
        "lessons/01_first/tests/count_up.rs",
        "// The end belongs to it.\n",
        "",
    );
    course.edit(
        "lessons/01_first/tests/wrong/double/square.rs",
        "//! Wrong: squares",
        "//! Squares",
    );
    course.edit(
        LESSON,
        "/// ```\n/// assert_eq!(lesson_01_first::double",
        "/// assert_eq!(lesson_01_first::double",
    );
    course.edit(LESSON, "double(4), 8);\n/// ```", "double(4), 8);");
    course
        .ferrolab(&["verify"])
        .ends_with(1)
        .says("lessons/lessons.toml:8: error: `double` has 2 hints")
        .says("`minutes` is `5` here and `6` in lessons.toml")
        .says("test `t3_nothing` is number 2")
        .says("test `t1_counts` teaches nothing")
        .says("square.rs:1: error: the file does not say what is wrong")
        .says("the stub has no example")
        .says("the notebook is stale")
        .says("warning: the file is not the stub that lesson.md has");
}
