//! What cargo passed to rustc for the crate that depends on all crates of a set: the same
//! arguments make them known to a cell.

use std::path::{Path, PathBuf};

/// What a cell's rustc needs to know of crates that have been built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Built {
    /// Names and files, for `--extern NAME=FILE`. A name may have several files.
    pub(crate) externs: Vec<(String, PathBuf)>,
    /// Where the crates that those need are, for `-L dependency=FOLDER`.
    pub(crate) search: Vec<PathBuf>,
    /// Everything else: native libraries, a linker, a target.
    pub(crate) flags: Vec<String>,
}

impl Built {
    /// The arguments for rustc.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let externs = self
            .externs
            .iter()
            .flat_map(|(name, file)| ["--extern".into(), format!("{name}={}", file.display())]);
        let search = self
            .search
            .iter()
            .map(|folder| format!("-Ldependency={}", folder.display()));
        externs
            .chain(search)
            .chain(self.flags.iter().cloned())
            .collect()
    }

    /// Adds what another set has. Crates of the same name are taken from `self`.
    pub(crate) fn extend(&mut self, other: &Self) {
        let known: Vec<String> = self.externs.iter().map(|(name, _)| name.clone()).collect();
        let new = other.externs.iter();
        self.externs
            .extend(new.filter(|(name, _)| !known.contains(name)).cloned());
        add_missing(&mut self.search, &other.search);
        add_missing(&mut self.flags, &other.flags);
    }

    /// Whether all files are there.
    pub(crate) fn exists(&self) -> bool {
        self.externs.iter().all(|(_, file)| file.is_file())
    }

    /// Reads the arguments that `ferrolab-rustc` recorded. `None`: there are none.
    pub(crate) fn read(file: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file).ok()?;
        Some(Self::from_arguments(text.split('\0')))
    }

    /// Picks from rustc's arguments what concerns dependencies.
    fn from_arguments<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Self {
        let mut built = Self::default();
        while let Some(argument) = arguments.next() {
            let option = ["--extern", "-L", "-l", "-C", "--target"]
                .into_iter()
                .find(|option| argument.starts_with(option));
            let Some(option) = option else { continue };
            let attached = argument[option.len()..].trim_start_matches('=');
            let value = if attached.is_empty() {
                arguments.next().unwrap_or_default()
            } else {
                attached
            };
            built.add(option, value);
        }
        built
    }

    fn add(&mut self, option: &str, value: &str) {
        match (option, value.split_once('=')) {
            ("--extern", Some((name, file))) => self.externs.push((name.into(), file.into())),
            ("-L", Some(("dependency", folder))) => self.search.push(folder.into()),
            // Of the code generation options, those that a user's cargo configuration sets for
            // the linker. The others are the session's own choice.
            ("-C", Some((name, _))) if name.starts_with("link") => {
                self.flags.push(format!("-C{value}"));
            }
            ("-C", _) => {}
            ("--target", _) => self.flags.push(format!("--target={value}")),
            _ => self.flags.push(format!("{option}{value}")),
        }
    }
}

fn add_missing<T: PartialEq + Clone>(to: &mut Vec<T>, from: &[T]) {
    for item in from {
        if !to.contains(item) {
            to.push(item.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_concerns_dependencies_is_kept() {
        let arguments = "--crate-name ctx --edition=2024 src/lib.rs --crate-type cdylib -C opt-level=2 -C metadata=1 -C rpath -C linker=clang --cfg a --out-dir /t -C strip=debuginfo -L dependency=/t/deps --extern regex=/t/deps/libregex-1.rlib --extern ab=/t/libab.so -L native=/t/out -lz -l static=q --target x";
        let built = Built::from_arguments(arguments.split(' '));
        assert_eq!(
            built,
            Built {
                externs: vec![
                    ("regex".into(), "/t/deps/libregex-1.rlib".into()),
                    ("ab".into(), "/t/libab.so".into()),
                ],
                search: vec!["/t/deps".into()],
                flags: [
                    "-Clinker=clang",
                    "-Lnative=/t/out",
                    "-lz",
                    "-lstatic=q",
                    "--target=x"
                ]
                .map(String::from)
                .into(),
            }
        );
        assert!(!built.exists());
    }

    #[test]
    fn the_first_set_wins() {
        let set = |file: &str, folder: &str| Built {
            externs: vec![("a".into(), file.into())],
            search: vec![folder.into()],
            flags: Vec::new(),
        };
        let mut both = set("1", "x");
        both.extend(&set("2", "y"));
        both.extend(&set("2", "y"));
        assert_eq!(
            both.arguments(),
            ["--extern", "a=1", "-Ldependency=x", "-Ldependency=y"]
        );
    }
}
