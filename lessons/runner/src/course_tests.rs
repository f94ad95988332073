use super::*;

const GOOD: &str = "[[lesson]]\nname = \"01_a\"\ntitle = \"A\"\nminutes = 5\n\
    [[lesson.exercise]]\nname = \"one\"\ntitle = \"One\"\npoints = 3\nhints = [\"a\", \"b\", \"c\"]\n";

#[test]
fn reads_names_and_places() {
    let course = Course::parse(GOOD, Path::new("/c")).unwrap();
    let lesson = &course.lessons[0];
    assert_eq!(lesson.package(), "lesson-01-a");
    assert_eq!(lesson.test_file("one"), Path::new("/c/01_a/tests/one.rs"));
    assert_eq!(lesson.exercises[0].line, 6);
}

#[test]
fn names_the_line_of_a_mistake() {
    let twice = format!("{GOOD}[[lesson.exercise]]\nname = \"one\"\ntitle = \"\"\npoints = 1\n");
    let error = Course::parse(&twice, Path::new("/c")).unwrap_err();
    assert_eq!(
        (error.line, error.what.as_str()),
        (11, "exercise `one` stands here twice")
    );

    let missing = Course::parse("[[lesson]]\nname = \"01_a\"\n", Path::new("/c")).unwrap_err();
    assert!(missing.what.contains("title"), "{}", missing.what);

    let broken = Course::parse("[[lesson]]\nname = 1_a\n", Path::new("/c")).unwrap_err();
    assert_eq!(broken.line, 2);
}

#[test]
fn a_prerequisite_comes_first() {
    let text = GOOD.replace("minutes = 5", "minutes = 5\nneeds = [\"02_b\"]");
    let error = Course::parse(&text, Path::new("/c")).unwrap_err();
    assert_eq!(error.line, 5);
}

#[test]
fn selects_by_path_and_says_what_exists() {
    let course = Course::parse(GOOD, Path::new("/c")).unwrap();
    assert_eq!(
        course.select(Some("01_a/one")).unwrap()[0].1[0].title,
        "One"
    );
    let error = course.select(Some("01_a/two")).unwrap_err();
    assert!(crate::fault::hint_of(&error).unwrap().contains("`one`"));
}
