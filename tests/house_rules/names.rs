//! Number and topic are one name everywhere: `NN_topic` for folder, notebook, lessons.toml; package `lesson-NN-topic`.

use std::collections::BTreeSet;
use std::fs;

use ferrolab_tests::metadata::metadata;
use ferrolab_tests::places;

/// Folders of `lessons/` that are no lessons.
const OTHERS: [&str; 2] = ["runner", "pictures"];

fn entries(folder: &str) -> Vec<fs::DirEntry> {
    let folder = places::root().join(folder);
    fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()))
        .flatten()
        .collect()
}

fn name(entry: &fs::DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

fn folders() -> BTreeSet<String> {
    let all = entries("lessons")
        .into_iter()
        .filter(|entry| entry.path().is_dir());
    all.map(|entry| name(&entry))
        .filter(|name| !OTHERS.contains(&name.as_str()))
        .collect()
}

#[test]
fn lessons_are_numbered_topics() {
    let folders = folders();
    assert!(!folders.is_empty());
    for name in &folders {
        let (number, topic) = name.split_once('_').unwrap_or_default();
        let numbered = number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit());
        let plain = !topic.is_empty() && topic.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(
            numbered && plain,
            "`lessons/{name}` is not of the form NN_topic"
        );
    }
}

#[test]
fn every_lesson_has_the_same_name_everywhere() {
    let folders = folders();
    let notebooks: BTreeSet<String> = entries("notebooks")
        .iter()
        .filter_map(|entry| name(entry).strip_suffix(".ipynb").map(str::to_owned))
        .collect();
    assert_eq!(folders, notebooks, "lessons/ and notebooks/");
    let text = fs::read_to_string(places::root().join("lessons/lessons.toml"))
        .expect("lessons.toml is there");
    let table: toml::Value = toml::from_str(&text).expect("lessons.toml is TOML");
    let listed = table["lesson"].as_array().expect("lessons").iter();
    let listed: Vec<String> = listed
        .filter_map(|lesson| lesson["name"].as_str().map(str::to_owned))
        .collect();
    assert!(
        listed.is_sorted(),
        "lessons.toml is not in the lessons' order"
    );
    assert_eq!(
        folders,
        listed.into_iter().collect(),
        "lessons/ and lessons.toml"
    );
    let metadata = metadata(false);
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let packages: BTreeSet<String> = packages
        .filter_map(|package| {
            package["name"]
                .as_str()?
                .strip_prefix("lesson-")
                .map(|name| name.replace('-', "_"))
        })
        .collect();
    assert_eq!(folders, packages, "lessons/ and the packages");
}

#[test]
fn exercises_solutions_tests_and_wrong_solutions_belong_together() {
    for lesson in folders() {
        let stems = |folder: &str| -> BTreeSet<String> {
            let all = entries(&format!("lessons/{lesson}/{folder}"));
            all.iter()
                .filter_map(|entry| name(entry).strip_suffix(".rs").map(str::to_owned))
                .collect()
        };
        let exercises = stems("src/exercises");
        assert!(!exercises.is_empty(), "{lesson}");
        assert_eq!(exercises, stems("src/solutions"), "{lesson}: solutions");
        assert_eq!(exercises, stems("tests"), "{lesson}: tests");
        for exercise in exercises {
            let wrong = stems(&format!("tests/wrong/{exercise}"));
            assert!(
                (2..=4).contains(&wrong.len()),
                "{lesson}/{exercise} has {} wrong solutions",
                wrong.len()
            );
        }
    }
}

/// What the top level may hold; everything else has a folder.
#[test]
fn the_top_level_holds_nothing_else() {
    const KNOWN: [&str; 16] = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "clippy.toml",
        "rustfmt.toml",
        "deny.toml",
        "lessons",
        "kernel-support",
        "notebooks",
        "tests",
        "target",
        "docs",
    ];
    for entry in entries(".") {
        let name = name(&entry);
        assert!(
            name.starts_with('.') || KNOWN.contains(&name.as_str()),
            "`{name}` at the top level"
        );
    }
    for needed in [
        "README.md",
        "ARCHITECTURE.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        ".ci/run",
        ".cargo/config.toml",
    ] {
        assert!(
            places::root().join(needed).is_file(),
            "`{needed}` is missing"
        );
    }
}
