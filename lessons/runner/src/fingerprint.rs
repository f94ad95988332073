//! A short name for the content of files, to tell whether a step's inputs changed.

use std::fs;
use std::path::Path;

use uuid::Uuid;

/// Folders with nothing of ours in them.
const SKIPPED: [&str; 3] = ["target", ".git", ".ipynb_checkpoints"];

/// Collects inputs and gives their fingerprint.
#[derive(Debug, Default)]
pub(crate) struct Fingerprint {
    bytes: Vec<u8>,
}

impl Fingerprint {
    /// Adds a text.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.bytes
            .extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// Adds a file's content; a missing file counts as such.
    pub(crate) fn file(self, path: &Path) -> Self {
        let sum = match fs::read(path) {
            Ok(content) => short(&content),
            Err(_) => "missing".to_owned(),
        };
        self.text(&sum)
    }

    /// Adds size and time of a file that is too large to read each time.
    pub(crate) fn stamp(self, path: &Path) -> Self {
        let stamp = fs::metadata(path)
            .map(|meta| format!("{} {:?}", meta.len(), meta.modified().ok()))
            .unwrap_or_else(|_| "missing".to_owned());
        self.text(&stamp)
    }

    /// Adds names and contents of all files in a folder, in the order of their names.
    pub(crate) fn folder(self, folder: &Path) -> Self {
        let Ok(entries) = fs::read_dir(folder) else {
            return self.text("missing");
        };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths.into_iter().fold(self, |print, path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if SKIPPED.contains(&&*name) {
                return print;
            }
            let print = print.text(&name);
            if path.is_dir() {
                print.folder(&path)
            } else {
                print.file(&path)
            }
        })
    }

    /// The fingerprint of all that was added.
    pub(crate) fn finish(self) -> String {
        short(&self.bytes)
    }
}

/// The name of some bytes: a version 5 UUID, the same on every machine and with every compiler.
pub(crate) fn short(bytes: &[u8]) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, bytes)
        .simple()
        .to_string()
}
