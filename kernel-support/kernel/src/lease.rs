//! Folders that several kernels share are removed when none has used them for long.
//!
//! A kernel that uses one holds a lock on a file in it. The file's time is that of the last use.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The locked files; the system unlocks them when the process ends, however it does.
static HELD: Mutex<Option<HashMap<PathBuf, File>>> = Mutex::new(None);

/// Leftovers of kernels that were killed are older than any build takes.
const LEFTOVER: Duration = Duration::from_secs(24 * 60 * 60);

fn file(folder: &Path) -> PathBuf {
    folder.join("lease")
}

/// Keeps a folder as long as this process lives.
///
/// # Errors
///
/// When the folder is not there or cannot be written.
pub(crate) fn hold(folder: &Path) -> io::Result<()> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let held = held.get_or_insert_default();
    if held.contains_key(folder) && file(folder).is_file() {
        return Ok(());
    }
    let lease = File::options()
        .create(true)
        .append(true)
        .open(file(folder))?;
    lease.lock_shared()?;
    lease.set_modified(SystemTime::now())?;
    held.insert(folder.to_owned(), lease);
    Ok(())
}

/// Removes the folders in `parent` that nobody holds and that were last used longer ago than `age`.
pub(crate) fn sweep(parent: &Path, age: Duration) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let folder = entry.path();
        if folder.extension().is_some() {
            // It never got its name, or has lost it.
            if is_older(&folder, LEFTOVER) {
                let _ = fs::remove_dir_all(&folder);
            }
        } else if is_older(&file(&folder), age) {
            remove_unless_held(&folder);
        }
    }
}

fn is_older(path: &Path, age: Duration) -> bool {
    let modified = fs::metadata(path).and_then(|data| data.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|elapsed| elapsed > age))
}

fn remove_unless_held(folder: &Path) {
    let Ok(lease) = File::open(file(folder)) else {
        return;
    };
    let old = folder.with_extension(format!("old-{}", std::process::id()));
    // Under its own name nobody may find it half removed.
    if lease.try_lock().is_ok() && fs::rename(folder, &old).is_ok() {
        let _ = fs::remove_dir_all(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn used(parent: &Path, name: &str, ago: Duration) -> PathBuf {
        let folder = parent.join(name);
        fs::create_dir_all(&folder).expect("made");
        let lease = File::create(file(&folder)).expect("made");
        lease.set_modified(SystemTime::now() - ago).expect("set");
        folder
    }

    #[test]
    fn only_old_folders_that_nobody_holds_are_removed() {
        let parent = tempfile::tempdir().expect("a folder");
        let parent = parent.path();
        let old = used(parent, "old", 3 * DAY);
        let recent = used(parent, "recent", DAY / 2);
        let held = used(parent, "held", 3 * DAY);
        hold(&held).expect("held");
        let lease = File::options()
            .append(true)
            .open(file(&held))
            .expect("there");
        lease
            .set_modified(SystemTime::now() - 3 * DAY)
            .expect("set");
        let building = parent.join("x.new-1");
        fs::create_dir(&building).expect("made");
        sweep(parent, DAY);
        assert!(!old.exists());
        assert!(recent.exists() && held.exists() && building.exists());
    }

    #[test]
    fn a_held_folder_counts_as_used_now() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = used(parent.path(), "a", 3 * DAY);
        hold(&folder).expect("held");
        assert!(!is_older(&file(&folder), DAY));
        assert!(hold(&parent.path().join("none")).is_err());
    }
}
