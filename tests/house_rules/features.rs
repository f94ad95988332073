//! `ferrolab setup` builds the kernel alone, `cargo test` builds everything: both must give each crate the
//! same features, or evcxr and rust-analyzer are compiled twice, ten minutes each time.

use std::collections::BTreeSet;

use ferrolab_tests::metadata::cargo;

fn crates(arguments: &[&str]) -> BTreeSet<String> {
    let mut all = vec!["tree", "--prefix", "none", "--format", "{p} [{f}]"];
    all.extend(arguments);
    cargo(&all)
        .lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}

#[test]
fn the_kernel_alone_has_the_features_of_the_workspace() {
    let everything = crates(&[]);
    for packages in [
        &["ferrolab-kernel"][..],
        &["ferrolab-kernel", "ferrolab-cli"],
    ] {
        let mut arguments = vec!["--edges", "normal,build"];
        arguments.extend(packages.iter().flat_map(|package| ["--package", package]));
        let alone = crates(&arguments);
        let different: Vec<&String> = alone.difference(&everything).collect();
        assert!(
            different.is_empty(),
            "built by {packages:?} alone, these have features that they have not in the workspace: {different:#?}\n\
             hint: name the missing features in kernel-support/kernel/Cargo.toml"
        );
    }
}
