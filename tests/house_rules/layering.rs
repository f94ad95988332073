//! Who may depend on whom (DESIGN, ARCHITECTURE.md): each member's own and foreign dependencies.

use ferrolab_tests::metadata::metadata;
use serde_json::Value;

/// Member, members it may use, foreign crates it alone may use or must not.
const MAY_USE: [(&str, &[&str]); 5] = [
    ("ferrolab-macros", &[]),
    ("ferrolab", &["ferrolab-macros"]),
    ("ferrolab-kernel", &["ferrolab"]),
    ("ferrolab-cli", &[]),
    ("ferrolab-tests", &[]),
];

fn packages() -> Vec<Value> {
    metadata(false)["packages"]
        .as_array()
        .expect("packages")
        .clone()
}

fn dependencies(package: &Value) -> Vec<(&str, bool)> {
    let all = package["dependencies"]
        .as_array()
        .expect("dependencies")
        .iter();
    all.map(|dependency| {
        (
            dependency["name"].as_str().unwrap_or_default(),
            dependency["path"].is_string(),
        )
    })
    .collect()
}

#[test]
fn members_use_only_what_they_may() {
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let allowed = match MAY_USE.iter().find(|(member, _)| *member == name) {
            Some((_, allowed)) => *allowed,
            None if name.starts_with("lesson-") => &["ferrolab"],
            None => panic!("`{name}` is new: say in layering.rs what it may use"),
        };
        for (used, own) in dependencies(&package) {
            assert!(
                !own || allowed.contains(&used),
                "`{name}` may not use `{used}`"
            );
        }
    }
}

#[test]
fn only_the_kernel_knows_evcxr() {
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let knows = dependencies(&package)
            .iter()
            .any(|(used, _)| used.starts_with("evcxr") || used.starts_with("ra_ap"));
        assert_eq!(knows, name == "ferrolab-kernel", "`{name}`");
    }
}

/// Grading must need no ten-minute build.
#[test]
fn the_runner_builds_without_evcxr() {
    let tree =
        ferrolab_tests::metadata::cargo(&["tree", "--package", "ferrolab-cli", "--prefix", "none"]);
    let heavy: Vec<&str> = tree
        .lines()
        .filter(|line| line.starts_with("evcxr") || line.starts_with("ra_ap"))
        .collect();
    assert!(heavy.is_empty(), "{heavy:?}");
}

#[test]
fn salsa_stays_where_evcxr_compiles() {
    let tree = ferrolab_tests::metadata::cargo(&[
        "tree",
        "--package",
        "ferrolab-kernel",
        "--prefix",
        "none",
    ]);
    for name in ["salsa", "salsa-macros", "salsa-macro-rules"] {
        assert!(
            tree.lines()
                .any(|line| line.starts_with(&format!("{name} v0.28.2"))),
            "`{name}` is not 0.28.2"
        );
    }
}
