//! The libraries that the worker loads: the runtime, then a library for each cell.

use crate::reads;
use anyhow::{Context, Result};
use libloading::Library;
use std::collections::HashSet;
use std::os::fd::RawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The runtime's functions; `cell_runtime.rs` says what they do.
pub(crate) struct Runtime {
    begin: extern "C" fn(RawFd),
    flush: extern "C" fn(),
    before_fork: extern "C" fn() -> bool,
    after_fork: extern "C" fn(),
    forget: unsafe extern "C" fn(*const u8, usize),
    names: extern "C" fn(),
    restored: extern "C" fn() -> usize,
}

impl Runtime {
    /// Loads the runtime for good: cells that come later find it by its name.
    ///
    /// # Errors
    ///
    /// When it, or the standard library it was made with, is not there.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let library = load(path)?;
        // SAFETY: the runtime is compiled from the source in this folder, whose functions have
        // the types given here.
        let runtime = unsafe {
            Self {
                begin: *library.get(b"ferrolab_runtime_begin")?,
                flush: *library.get(b"ferrolab_runtime_flush")?,
                before_fork: *library.get(b"ferrolab_runtime_before_fork")?,
                after_fork: *library.get(b"ferrolab_runtime_after_fork")?,
                forget: *library.get(b"ferrolab_runtime_forget")?,
                names: *library.get(b"ferrolab_runtime_names")?,
                restored: *library.get(b"ferrolab_runtime_restored")?,
            }
        };
        reads::flush_by(runtime.flush);
        std::mem::forget(library);
        Ok(runtime)
    }

    pub(crate) fn begin(&self, control: RawFd) {
        (self.begin)(control);
    }

    pub(crate) fn flush(&self) {
        (self.flush)();
    }

    pub(crate) fn before_fork(&self) -> bool {
        (self.before_fork)()
    }

    pub(crate) fn after_fork(&self) {
        (self.after_fork)();
    }

    pub(crate) fn forget(&self, names: &[String]) {
        if !names.is_empty() {
            let names = names.join("\n");
            // SAFETY: pointer and length are those of a live string.
            unsafe { (self.forget)(names.as_ptr(), names.len()) };
        }
    }

    pub(crate) fn names(&self) {
        (self.names)();
    }

    pub(crate) fn restored(&self) -> usize {
        (self.restored)()
    }
}

/// The cells that a worker has loaded.
#[derive(Default)]
pub(crate) struct Cells {
    /// Device and number of each file.
    known: HashSet<(u64, u64)>,
}

impl Cells {
    /// Loads a cell for good: variables, threads and thread-locals may need its code as long as
    /// the worker lives. A cell that comes again gets statics of its own, as if compiled again.
    ///
    /// # Errors
    ///
    /// When the library, or one that it needs, cannot be loaded.
    pub(crate) fn load(&mut self, path: &Path) -> Result<Cell> {
        let file =
            std::fs::metadata(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if self.known.insert((file.dev(), file.ino())) {
            return Cell::load(path);
        }
        // The loader knows a library by its file.
        let copy = tempfile::Builder::new().suffix(".so").tempfile()?;
        std::fs::copy(path, copy.path())?;
        Cell::load(copy.path())
    }
}

/// A cell that is loaded and can be run, once.
pub(crate) struct Cell {
    run: extern "C" fn() -> u8,
}

impl Cell {
    fn load(path: &Path) -> Result<Self> {
        let library = load(path)?;
        // SAFETY: the function is generated with this type.
        let run = unsafe { *library.get(b"ferrolab_cell_run")? };
        std::mem::forget(library);
        Ok(Self { run })
    }

    /// Runs it. Whether it came to its end.
    pub(crate) fn run(&self) -> bool {
        (self.run)() == 0
    }
}

fn load(path: &Path) -> Result<Library> {
    // SAFETY: the library was compiled for this process; what its initialisers do is the user's
    // own business, as in every program.
    unsafe { Library::new(path) }.with_context(|| format!("cannot load `{}`", path.display()))
}
