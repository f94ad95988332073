//! The support crate, compiled once for all sessions, until its source changes.

use crate::build_progress::Progress;
use crate::cargo::{BuildError, Settings, Watchers};
use crate::crate_set::{self, CrateSet};
use crate::dependencies::{SUPPORT_CRATE, Spec};
use crate::lease;
use crate::recorded::Built;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder that no session has used for so long is removed, once there is a newer one.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The support crate, ready to be linked.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// What a cell's rustc needs to know.
    pub(crate) built: Built,
    /// The library, which the worker loads before the first cell that links it.
    pub(crate) library: PathBuf,
}

/// Builds the support crate, or finds it built, which takes a millisecond.
///
/// # Errors
///
/// When it does not compile, or the build is interrupted.
pub(crate) fn prepared(
    home: &Path,
    settings: &Settings,
    progress: &mut dyn FnMut(Progress),
    group: &mut dyn FnMut(Option<u32>),
) -> Result<Prepared, BuildError> {
    of_course(&course(), home, settings, &mut Watchers { progress, group })
}

fn of_course(
    course: &Path,
    home: &Path,
    settings: &Settings,
    watchers: &mut Watchers<'_>,
) -> Result<Prepared, BuildError> {
    let parent = home.join("prepared");
    let set = CrateSet {
        folder: parent.join(format!("{:016x}", key(course, settings))),
        manifest: crate_set::manifest(&[support_crate(course)]),
        lock: course.join("Cargo.lock"),
        base: newest(&parent),
        mark: "prepared",
    };
    let built = set.build(false, settings, watchers)?;
    lease::sweep(&parent, KEPT_FOR);
    only_the_library(built)
}

/// The support crate, if it lies ready.
pub(crate) fn find(home: &Path, settings: &Settings) -> Option<Prepared> {
    let key = key(&course(), settings);
    if !crate_set::is_complete(&home.join("prepared").join(format!("{key:016x}"))) {
        return None;
    }
    prepared(home, settings, &mut |_| {}, &mut |_| {}).ok()
}

fn course() -> PathBuf {
    let course = Path::new(SUPPORT_CRATE).join("../..");
    course.canonicalize().unwrap_or(course)
}

/// The support crate, as `:dep` names it.
pub(crate) fn own_spec() -> Spec {
    support_crate(&course())
}

fn support_crate(course: &Path) -> Spec {
    let path = course.join("kernel-support/ferrolab");
    let path = toml::Value::from(path.display().to_string());
    Spec {
        name: "ferrolab".into(),
        config: format!("{{ path = {path} }}"),
    }
}

/// Differs when something is compiled differently.
fn key(course: &Path, settings: &Settings) -> u64 {
    let mut hasher = DefaultHasher::new();
    (course, &settings.version, &settings.envs).hash(&mut hasher);
    for part in [
        "Cargo.toml",
        "Cargo.lock",
        "kernel-support/ferrolab/Cargo.toml",
        "kernel-support/ferrolab/src",
        "kernel-support/macros/Cargo.toml",
        "kernel-support/macros/src",
    ] {
        hash_files(&course.join(part), &mut hasher);
    }
    hasher.finish()
}

/// Hashes a file, or all files in a folder. What cannot be read is left for cargo to complain about.
fn hash_files(path: &Path, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    if let Ok(entries) = fs::read_dir(path) {
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        files.sort();
        files.iter().for_each(|file| hash_files(file, hasher));
    } else if let Ok(text) = fs::read(path) {
        text.hash(hasher);
    }
}

/// The folder that was used last: most of its crates are those of the next.
fn newest(parent: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(parent).ok()?;
    folders
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.extension().is_none() && crate_set::is_complete(folder))
        .max_by_key(|folder| {
            let lease = fs::metadata(folder.join("lease"));
            lease.and_then(|data| data.modified()).ok()
        })
}

/// cargo names the static library too; cells that linked it would each have a copy.
fn only_the_library(mut built: Built) -> Result<Prepared, BuildError> {
    let is_shared = |file: &Path| file.extension().is_some_and(|end| end == "so");
    built.externs.retain(|(_, file)| is_shared(file));
    match built.externs.first() {
        Some((_, library)) => Ok(Prepared {
            library: library.clone(),
            built,
        }),
        None => Err(BuildError::Failed(
            "the support crate was built without its shared library\nhint: its Cargo.toml needs `crate-type = [\"dylib\", \"rlib\"]`".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crate_set::tests::{Place, settings};

    const MANIFEST: &str = "[package]\nname = \"ferrolab\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"dylib\", \"rlib\"]\n";

    /// A course whose support crate is small.
    fn write_course(course: &Path, code: &str) {
        let support = course.join("kernel-support/ferrolab");
        fs::create_dir_all(support.join("src")).expect("made");
        fs::write(support.join("Cargo.toml"), MANIFEST).expect("written");
        fs::write(support.join("src/lib.rs"), code).expect("written");
    }

    /// The support crate, and whether cargo was needed.
    fn prepare(place: &Place, course: &Path) -> (Prepared, bool) {
        let mut cargo = false;
        let mut watchers = Watchers {
            progress: &mut |_| {},
            group: &mut |_| cargo = true,
        };
        let prepared = of_course(course, &place.home(), settings(), &mut watchers);
        (prepared.expect("built"), cargo)
    }

    #[test]
    fn it_is_built_once_until_its_source_changes() {
        let place = Place::new();
        let course = place.home().join("course");
        let print = "fn main() { print!(\"{}\", ferrolab::answer()) }";
        write_course(&course, "pub fn answer() -> u8 { 1 }");
        let (first, cargo) = prepare(&place, &course);
        assert!(cargo && first.library.is_file());
        assert_eq!(first.built.externs.len(), 1);
        let (again, cargo) = prepare(&place, &course);
        assert!(!cargo);
        assert_eq!(first.built, again.built);
        write_course(&course, "pub fn answer() -> u8 { 2 }");
        let (second, cargo) = prepare(&place, &course);
        assert!(cargo);
        assert_eq!(place.run(&second.built, print), "2");
        // A session that runs with the older one goes on.
        assert_eq!(place.run(&first.built, print), "1");
    }

    #[test]
    fn looking_for_changes_is_quick() {
        let course = Path::new(SUPPORT_CRATE).join("../..");
        let first = key(&course, settings());
        let start = std::time::Instant::now();
        assert_eq!(key(&course, settings()), first);
        assert!(start.elapsed() < Duration::from_millis(50));
    }
}
