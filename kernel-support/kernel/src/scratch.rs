//! The folder in which a session compiles.
//!
//! `ferrolab setup` compiles the support crate once, in a folder kept as a template. A session
//! starts on a copy of it in which the files are hard links: nothing is compiled twice, and what a
//! session writes anew leaves the template as it is.

use anyhow::{Context, Result};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What belongs to a cell or a session; a template does not keep it.
const NOT_KEPT: [&str; 5] = [
    "src",
    "incremental",
    ".evcxr-execution-so",
    "diagnostics.jsonl",
    "standard-library",
];

/// A session's folder, removed when it is dropped.
pub(crate) struct Scratch {
    folder: PathBuf,
    home: PathBuf,
}

impl Scratch {
    /// Makes the folder and copies the template into it, if there is one. Folders that killed
    /// kernels left behind are removed.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, for instance on a full disk.
    pub(crate) fn new() -> Result<Self> {
        let home = home();
        let sessions = home.join("sessions");
        sweep(&sessions);
        let folder = sessions.join(format!(
            "{}-{:x}",
            std::process::id(),
            uuid::Uuid::new_v4().as_u128() >> 96
        ));
        fs::create_dir_all(&folder).with_context(|| {
            format!(
                "cannot make the session's folder `{}`\nhint: free some disk space, or set FERROLAB_HOME to a folder that can be written",
                folder.display()
            )
        })?;
        Ok(Self { folder, home })
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// The file in which `ferrolab-rustc` keeps a cell's diagnostics.
    pub(crate) fn diagnostics(&self) -> PathBuf {
        self.folder.join("diagnostics.jsonl")
    }

    /// The source that evcxr generates.
    pub(crate) fn generated_source(&self) -> PathBuf {
        self.folder.join("src").join("lib.rs")
    }

    /// The work of copying the template, for another thread. Without a template, or when it cannot
    /// be copied, cells compile all they need.
    pub(crate) fn copy_of_template(&self) -> impl FnOnce() + Send + use<> {
        let (template, folder) = (self.template(), self.folder.clone());
        move || {
            if template.is_dir()
                && let Err(error) = link_tree(&template, &folder)
            {
                eprintln!("ferrolab: the prepared cell cache is not used: {error}");
            }
        }
    }

    /// The lock file of the template, and where a session keeps its own.
    pub(crate) fn prepared_lock(&self) -> PreparedLock {
        PreparedLock {
            prepared: self.template().join("Cargo.lock"),
            session: self.folder.join("Cargo.lock"),
        }
    }

    /// Puts this folder in the template's place.
    ///
    /// # Errors
    ///
    /// When the files cannot be moved.
    pub(crate) fn keep_as_template(&self) -> Result<()> {
        let template = self.template();
        let old = template.with_extension(format!("old-{}", std::process::id()));
        let new = template.with_extension(format!("new-{}", std::process::id()));
        link_tree(&self.folder, &new)?;
        if template.exists() {
            fs::rename(&template, &old)?;
        }
        fs::rename(&new, &template)?;
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        Ok(())
    }

    fn template(&self) -> PathBuf {
        self.home.join("template")
    }
}

/// The versions that the support crate was compiled with.
///
/// cargo drops them from a session's lock file, because a session starts without dependencies. Put
/// back before the support crate is added, they save its compilation, and the network.
pub(crate) struct PreparedLock {
    prepared: PathBuf,
    session: PathBuf,
}

impl PreparedLock {
    /// Puts the versions back, unless the session has chosen some already.
    pub(crate) fn restore(&self) {
        let chosen = fs::read_to_string(&self.session).is_ok_and(|lock| lock.contains("source ="));
        if !chosen && self.prepared.is_file() {
            // Without them cargo asks the network, as it would for any other crate.
            let _ = fs::copy(&self.prepared, &self.session);
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where the runner keeps what it makes: `FERROLAB_HOME`, or beside the kernel's executable.
pub(crate) fn home() -> PathBuf {
    if let Some(home) = std::env::var_os("FERROLAB_HOME").filter(|home| !home.is_empty()) {
        return PathBuf::from(home);
    }
    std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.parent()?.join("ferrolab")))
        .unwrap_or_else(|| std::env::temp_dir().join("ferrolab"))
}

/// Copies a tree with hard links for its files, or real copies on another file system.
fn link_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_library = name.to_string_lossy().starts_with("libcode_");
        if is_library || NOT_KEPT.iter().any(|skipped| name == *skipped) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            link_tree(&source, &target)?;
        } else if is_written_in_place(&source) || fs::hard_link(&source, &target).is_err() {
            copy_with_times(&source, &target)?;
        }
    }
    Ok(())
}

/// Small files that evcxr or cargo write into, rather than replace: a link would reach the template.
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

/// Removes the folders of kernels that do not run any more.
fn sweep(sessions: &Path) {
    let Ok(entries) = fs::read_dir(sessions) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.split('-').next()?.parse::<i32>().ok());
        // SAFETY: signal 0 only asks whether the process exists.
        if pid.is_some_and(|pid| unsafe { libc::kill(pid, 0) } != 0) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_times_and_leaves_cells_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("target/src")).expect("made");
        fs::create_dir_all(from.join("target/deps")).expect("made");
        for file in [
            "Cargo.toml",
            "target/deps/liba.rlib",
            "target/deps/libcode_1.so",
            "target/src/lib.rs",
        ] {
            fs::write(from.join(file), file).expect("written");
        }
        link_tree(&from, &to).expect("copied");
        assert!(to.join("target/deps/liba.rlib").exists());
        assert!(!to.join("target/deps/libcode_1.so").exists());
        assert!(!to.join("target/src").exists());
        let time = |path: PathBuf| {
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
