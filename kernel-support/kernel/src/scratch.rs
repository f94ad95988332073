//! A session's own folder, and the one that all sessions share.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A session's folder, removed when it is dropped.
pub(crate) struct Scratch {
    folder: PathBuf,
    home: PathBuf,
}

impl Scratch {
    /// Makes the folder. Folders that killed kernels left behind are removed.
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

    /// The folder of all sessions.
    pub(crate) fn home(&self) -> &Path {
        &self.home
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
