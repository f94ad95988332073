//! Starts an engine.

use crate::ahead::Ahead;
use crate::book::Book;
use crate::cache::{self, Cache};
use crate::compile::Compiler;
use crate::configuration::Configuration;
use crate::crates::Crates;
use crate::engine::{Engine, Options};
use crate::failure::Failure;
use crate::host::Host;
use crate::interrupt::Interrupter;
use crate::live::Live;
use crate::outline::SharedOutline;
use crate::pipes;
use crate::runtime;
use crate::toolchain::Toolchain;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The variable that bounds the cache of compiled cells, in MiB.
const CACHE_SIZE: &str = "FERROLAB_CACHE_MB";

/// What an engine is made of.
pub(crate) struct Parts {
    pub(crate) live: Live,
    pub(crate) interrupter: Interrupter,
    pub(crate) ends: (pipes::KernelEnds, pipes::WorkerEnds),
    /// Where the runner keeps what all sessions share.
    pub(crate) home: PathBuf,
    /// The session's own folder.
    pub(crate) folder: PathBuf,
    pub(crate) outline: SharedOutline,
}

impl Engine {
    /// Starts an engine: finds the toolchain and starts the process that runs cells.
    ///
    /// # Errors
    ///
    /// When there is no toolchain, or a process cannot be started.
    pub(crate) fn start(parts: Parts) -> Result<Self> {
        let toolchain = Toolchain::find("").context("the engine did not start")?;
        let runtime = runtime::compile_for(&parts.home, &toolchain.rustc, &toolchain.version)?;
        let options = Options::default();
        let settings = toolchain.settings(options.offline, &options.environment);
        let output = parts.live.clone();
        let host = Host::start(parts.ends, &runtime, move |event| output.take(event))?;
        let cache = cell_cache(&parts.home);
        let engine = Self {
            ahead: Ahead::start(parts.folder.join("ahead"), cache.clone()),
            compiler: Compiler::new(parts.folder, cache),
            crates: Crates::new(&parts.home, runtime, &settings),
            live: parts.live,
            interrupter: parts.interrupter,
            host,
            toolchain,
            options,
            book: Book::default(),
            before_last: BTreeMap::new(),
            last_errors: Vec::new(),
            outline: parts.outline,
            home: parts.home,
            snapshots: true,
        };
        engine.publish_outline();
        Ok(engine)
    }

    /// Uses another toolchain from now on. What was compiled by the old one is gone.
    ///
    /// # Errors
    ///
    /// When there is no such toolchain.
    pub(crate) fn use_toolchain(&mut self, name: &str) -> Result<()> {
        let toolchain = Toolchain::find(name)?;
        if toolchain.version == self.toolchain.version {
            self.toolchain = toolchain;
            return Ok(());
        }
        let runtime = runtime::compile_for(&self.home, &toolchain.rustc, &toolchain.version)?;
        let settings = toolchain.settings(self.options.offline, &self.options.environment);
        self.crates = Crates::new(&self.home, runtime.clone(), &settings);
        self.toolchain = toolchain;
        self.host.restart_with(&runtime);
        self.book.variables.clear();
        self.publish_outline();
        Ok(())
    }

    /// Runs the user's startup configuration, evcxr's own file.
    ///
    /// # Errors
    ///
    /// When it is not valid, or what it asks for fails.
    pub(crate) fn load_configuration(&mut self) -> Result<(), Failure> {
        let Some(configuration) = Configuration::find()? else {
            return Ok(());
        };
        if let Some(level) = configuration.opt_level {
            self.options.opt_level = level;
        }
        self.options.offline |= configuration.offline;
        let arguments: Vec<&str> = configuration
            .dependencies
            .iter()
            .map(String::as_str)
            .collect();
        if !arguments.is_empty() {
            self.add_crates(&arguments)?;
        }
        if let Some(prelude) = configuration.prelude {
            self.evaluate(&prelude)?;
        }
        Ok(())
    }
}

/// The cache of compiled cells that all sessions share.
pub(crate) fn cell_cache(home: &Path) -> Cache {
    let asked = std::env::var(CACHE_SIZE)
        .ok()
        .and_then(|size| size.trim().parse::<u64>().ok());
    let bytes = asked.map_or(cache::DEFAULT_BYTES, |size| size << 20);
    Cache::new(home.join("cells"), bytes)
}
