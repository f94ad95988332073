//! Copies a folder in which cargo has compiled, so that nothing is compiled again.

use std::fs;
use std::io;
use std::path::Path;

/// What belongs to one build alone.
const NOT_KEPT: [&str; 2] = ["src", "incremental"];

/// Copies a tree with hard links for its files, or real copies on another file system.
///
/// # Errors
///
/// When a file cannot be copied.
pub(crate) fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_KEPT.iter().any(|skipped| name == *skipped) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            link(&source, &target)?;
        } else if is_written_in_place(&source) || fs::hard_link(&source, &target).is_err() {
            copy_with_times(&source, &target)?;
        }
    }
    Ok(())
}

/// Small files that cargo writes into, rather than replace: a link would reach the original.
fn is_written_in_place(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default();
    !(extension == "rlib" || extension == "rmeta" || extension == "so" || extension == "dylib")
        || name.contains("ctx")
}

/// cargo compares times to see what is fresh.
fn copy_with_times(source: &Path, target: &Path) -> io::Result<()> {
    fs::copy(source, target)?;
    let modified = fs::metadata(source)?.modified()?;
    fs::File::options()
        .write(true)
        .open(target)?
        .set_modified(modified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_times_and_leaves_sources_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("target/src")).expect("made");
        fs::create_dir_all(from.join("target/deps")).expect("made");
        for file in ["Cargo.toml", "target/deps/liba.rlib", "target/src/lib.rs"] {
            fs::write(from.join(file), file).expect("written");
        }
        link(&from, &to).expect("copied");
        assert!(to.join("target/deps/liba.rlib").exists());
        assert!(!to.join("target/src").exists());
        let time = |path: std::path::PathBuf| {
            fs::metadata(path)
                .and_then(|data| data.modified())
                .expect("a time")
        };
        assert_eq!(time(from.join("Cargo.toml")), time(to.join("Cargo.toml")));
        fs::write(to.join("Cargo.toml"), "changed").expect("written");
        assert_eq!(
            fs::read_to_string(from.join("Cargo.toml")).expect("read"),
            "Cargo.toml"
        );
    }
}
