//! Every crate we build on may be used and passed on with ours (deny.toml says the same to cargo-deny).

use ferrolab_tests::metadata::metadata;
use ferrolab_tests::places;
use toml::Value;

/// The licences that deny.toml allows.
fn allowed() -> Vec<String> {
    let text =
        std::fs::read_to_string(places::root().join("deny.toml")).expect("deny.toml is there");
    let table: Value = toml::from_str(&text).expect("deny.toml is TOML");
    let list = table["licenses"]["allow"]
        .as_array()
        .expect("a list")
        .iter();
    list.filter_map(|licence| licence.as_str().map(str::to_owned))
        .collect()
}

/// Whether an SPDX expression can be met with what is allowed: `OR` needs one, `AND` all.
fn acceptable(expression: &str, allowed: &[String]) -> bool {
    let words = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut at = 0;
    either(&words, &mut at, allowed)
}

fn either(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut good = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        good |= both(words, at, allowed);
    }
    good
}

fn both(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut good = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        good &= one(words, at, allowed);
    }
    good
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if *word == "(" {
        let good = either(words, at, allowed);
        *at += 1;
        return good;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&name)
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let allowed = allowed();
    let metadata = metadata(true);
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "the list of crates is not whole");
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !acceptable(package["license"].as_str().unwrap_or_default(), &allowed))
        .map(|package| {
            format!(
                "{} {}: {}",
                package["name"], package["version"], package["license"]
            )
        })
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn expressions_are_read_as_spdx_says() {
    let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception", "ISC"].map(str::to_owned);
    for (expression, good) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("", false),
    ] {
        assert_eq!(acceptable(expression, &allowed), good, "{expression}");
    }
}
