//! Says in a few words why cargo did not build, followed by cargo's own message.

use std::fmt::Write;

/// A piece of cargo's message, the first line of ours, and what to do.
const CAUSES: [(&str, &str, &str); 9] = [
    (
        "no matching package",
        "this crate does not exist",
        "look for its name on https://crates.io",
    ),
    (
        "candidate versions found which didn't match",
        "this crate has no such version",
        "leave the version out, `:dep NAME`, to get the newest",
    ),
    (
        "does not have that feature",
        "this crate has no such feature",
        "the message lists the features there are",
    ),
    (
        "no library targets",
        "this crate has no library",
        "a program cannot be used from a cell; add a src/lib.rs to it",
    ),
    (
        "failed to select a version",
        "no versions of these crates go together",
        "name other versions, or restart the session with fewer crates",
    ),
    (
        "could not compile",
        "a crate does not compile",
        "if it is not yours, another version may compile",
    ),
    (
        "failed to run custom build command",
        "a crate's build script failed",
        "it often says which program or library of the system it misses",
    ),
    (
        "failed to load manifest for dependency",
        "the crate's Cargo.toml cannot be used",
        "correct it and run the cell again",
    ),
    (
        "--> Cargo.toml",
        "this is not how a crate is named in Cargo.toml",
        "write `:dep NAME = \"VERSION\"` or `:dep NAME = { version = \"VERSION\", features = [\"FEATURE\"] }`",
    ),
];

/// What cargo says when it does not reach a registry.
const NETWORK: [&str; 8] = [
    "spurious network error",
    "Could not resolve host",
    "Could not connect to server",
    "failed to download from",
    "download of config.json failed",
    "Timeout was reached",
    "network failure seems to have happened",
    "attempting to make an HTTP request, but --offline was specified",
];

/// Whether a build failed for want of a network.
pub(crate) fn is_network(log: &str) -> bool {
    log.contains("error") && NETWORK.iter().any(|sign| log.contains(sign))
}

/// The text for the user.
pub(crate) fn explain(log: &str) -> String {
    let message = readable(log);
    let compiled = log.contains("could not compile");
    let (first, hint) = if is_network(log) && !compiled {
        (
            "the crates cannot be downloaded",
            "check the network; crates that were downloaded before work without it",
        )
    } else {
        CAUSES
            .iter()
            .find(|(sign, ..)| message.contains(sign))
            .map_or(
                ("the crates cannot be built", "the message above is cargo's"),
                |(_, first, hint)| (*first, *hint),
            )
    };
    format!("{first}\n{}\nhint: {hint}", message.trim_end())
}

/// cargo's message without what only concerns the folder in which it worked.
fn readable(log: &str) -> String {
    let mut text = String::new();
    let mut blank = true;
    let lines = log.lines().map(str::trim_end);
    let own = format!("package `{} v", crate::crate_set::PACKAGE);
    for line in lines.filter(|line| !line.contains("spurious network error")) {
        // cargo leaves blank lines where it erased its progress bar.
        if line.trim().is_empty() && blank {
            continue;
        }
        blank = line.trim().is_empty();
        let _ = match line.split_once(&own) {
            Some((before, _)) if before.trim_start().starts_with("...") => continue,
            Some((before, _)) if before.starts_with("required by") => continue,
            Some((before, _)) => writeln!(text, "{before}this session"),
            None => writeln!(text, "{line}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(log: &str) -> String {
        explain(log).lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_crate_that_does_not_exist() {
        let log = "error: no matching package named `xyz` found\nlocation searched: crates.io index\nrequired by package `ctx v1.0.0 (/home/me/x)`\n";
        assert_eq!(
            explain(log),
            "this crate does not exist\nerror: no matching package named `xyz` found\nlocation searched: crates.io index\nhint: look for its name on https://crates.io"
        );
    }

    #[test]
    fn versions_and_features() {
        assert_eq!(
            first(
                "error: failed to select a version for the requirement `regex = \"^99\"`\ncandidate versions found which didn't match: 1.13.2"
            ),
            "this crate has no such version"
        );
        assert_eq!(
            first(
                "error: failed to select a version for `regex`.\npackage `ctx` depends on `regex` with feature `nope` but `regex` does not have that feature."
            ),
            "this crate has no such feature"
        );
    }

    #[test]
    fn no_network() {
        let log = "warning: spurious network error (1 try remaining): [7] Could not connect\nerror: failed to get `rand` as a dependency of package `ctx v1.0.0 (/x)`\n\nCaused by:\n  [7] Could not connect to server";
        assert!(is_network(log));
        let text = explain(log);
        assert!(text.starts_with("the crates cannot be downloaded\nerror: failed to get `rand` as a dependency of this session\n"), "{text}");
        assert!(
            !text.contains("remaining") && text.contains("hint: check the network"),
            "{text}"
        );
        assert!(!is_network("error[E0425]: cannot find value"));
    }

    #[test]
    fn anything_else_is_cargos_own_message() {
        let text = explain("error: something new\n\n\n   \nmore");
        assert!(
            text.starts_with("the crates cannot be built\nerror: something new\n\nmore\n"),
            "{text}"
        );
    }
}
