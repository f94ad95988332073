//! What every file of the project keeps to.

use std::fs;
use std::path::{Path, PathBuf};

use ferrolab_tests::places;

/// Beyond this a source file does too much in one place.
const LONGEST: usize = 500;
/// The aim; longer ones are named in the test's output.
const AIM: usize = 350;
const TEXTS: [&str; 11] = [
    "rs", "md", "toml", "py", "ipynb", "svg", "css", "txt", "stderr", "json", "yml",
];

/// All text files of the project with their path in it.
fn files() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&places::root(), &mut found);
    let inside = |path: PathBuf| {
        path.strip_prefix(places::root())
            .map(Path::to_path_buf)
            .expect("inside")
    };
    let read = |path: PathBuf| {
        fs::read_to_string(&path)
            .ok()
            .map(|text| (inside(path), text))
    };
    found.into_iter().filter_map(read).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder)
        .expect("the project can be read")
        .flatten()
    {
        let path = entry.path();
        let name = entry.file_name();
        let skipped = ["target", ".git", ".ipynb_checkpoints", "__pycache__"]
            .iter()
            .any(|skipped| name == *skipped);
        if skipped || path == places::target() || path == places::home() {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else if path
            .extension()
            .is_none_or(|ending| TEXTS.iter().any(|text| ending == *text))
        {
            found.push(path);
        }
    }
}

#[test]
fn source_files_are_short() {
    let mut long = Vec::new();
    for (path, text) in files() {
        let source = path
            .extension()
            .is_some_and(|ending| ending == "rs" || ending == "py");
        let lines = text.lines().count();
        if source && lines > AIM {
            println!("{lines:5} {}", path.display());
        }
        if source && lines > LONGEST {
            long.push(path);
        }
    }
    assert!(long.is_empty(), "longer than {LONGEST} lines: {long:?}");
}

/// A file that names this machine's folders was written for this machine alone.
#[test]
fn no_file_names_this_machine() {
    let root = places::root().display().to_string();
    let home = std::env::var("HOME").unwrap_or_default();
    let places = [root, home, places::target().display().to_string()];
    // A home such as `/root` or `/` is a word that may stand for itself.
    let places: Vec<&String> = places
        .iter()
        .filter(|place| place.matches('/').count() >= 2)
        .collect();
    for (path, text) in files() {
        for place in &places {
            let named = text.match_indices(place.as_str()).any(|(at, _)| {
                let next = text[at + place.len()..].chars().next();
                next.is_none_or(|next| !next.is_alphanumeric() && next != '_' && next != '-')
            });
            assert!(!named, "`{}` names `{place}`", path.display());
        }
    }
}

#[test]
fn modules_hold_no_logic_in_lib_or_mod() {
    const LOGIC: [&str; 5] = ["if ", "match ", "while ", "loop {", "impl "];
    for (path, text) in files() {
        let name = path.file_name().and_then(|name| name.to_str());
        // Macros are exported from a crate's root only, so theirs holds the entry to each.
        let entry = path.starts_with("kernel-support/macros");
        if entry || !matches!(name, Some("lib.rs" | "mod.rs")) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let logic = LOGIC.iter().any(|word| line.trim_start().starts_with(word));
            assert!(
                !logic,
                "{}:{}: a file of its own would hold this",
                path.display(),
                number + 1
            );
        }
    }
}

#[test]
fn lints_are_expected_with_a_reason_and_not_allowed() {
    for (path, text) in files() {
        if path.extension().is_none_or(|ending| ending != "rs")
            || path.starts_with("tests/house_rules")
        {
            continue;
        }
        // In a macro that a learner's code calls, `expect` may not hold: then a comment says why.
        let mut before = "";
        for (number, line) in text.lines().map(str::trim_start).enumerate() {
            let bare = line.starts_with("#[allow(") || line.starts_with("#![allow(");
            assert!(
                !bare || before.starts_with("//"),
                "{}:{}: `expect` with a reason in place of `allow`",
                path.display(),
                number + 1
            );
            before = line;
        }
    }
}

#[test]
fn texts_end_with_a_newline_and_have_no_trailing_spaces() {
    for (path, text) in files() {
        if path
            .extension()
            .is_some_and(|ending| ending == "rs" || ending == "py" || ending == "toml")
        {
            assert!(
                text.is_empty() || text.ends_with('\n'),
                "`{}` does not end with a newline",
                path.display()
            );
            let spaced = text.lines().position(|line| line.ends_with([' ', '\t']));
            assert_eq!(
                spaced,
                None,
                "`{}` has spaces at the end of a line (counted from 0)",
                path.display()
            );
        }
    }
}
