//! The crates of a session: the support crate, which is ready-made, and those of `:dep`.

use crate::build_progress::Progress;
use crate::cargo::{BuildError, Settings};
use crate::compile;
use crate::crate_set;
use crate::dependencies::{self, Spec};
use crate::linker::Linker;
use crate::prepared::{self, Prepared};
use crate::recorded::Built;
use crate::runtime;
use crate::shared::{self, Shared};
use crate::toolchain::Toolchain;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The crates that cells can name, and what rustc is told of them.
#[derive(Debug, Clone)]
pub(crate) struct Crates {
    home: PathBuf,
    runtime: PathBuf,
    specs: Vec<Spec>,
    built: Built,
    /// The libraries that hold them, one for each time that some were added.
    shared: Vec<Shared>,
    /// How the crates' files were when they were built.
    stamps: BTreeMap<String, BTreeSet<String>>,
    prepared: Option<Prepared>,
    /// The user has asked for the support crate.
    pub(crate) wants_support: bool,
    linker: Option<Linker>,
}

/// Who hears of a build.
pub(crate) struct Listener<'a> {
    pub(crate) progress: &'a mut dyn FnMut(Progress),
    pub(crate) group: &'a mut dyn FnMut(Option<u32>),
}

impl Crates {
    /// No crates but the runtime, and the support crate if it lies ready.
    pub(crate) fn new(home: &Path, runtime: PathBuf, settings: &Settings) -> Self {
        Self {
            home: home.to_owned(),
            runtime,
            specs: Vec::new(),
            built: Built::default(),
            shared: Vec::new(),
            stamps: BTreeMap::new(),
            prepared: prepared::find(home, settings),
            wants_support: false,
            linker: Linker::find(home, settings),
        }
    }

    /// The crates that the user has named, as `:dep` lines.
    pub(crate) fn dep_lines(&self) -> Vec<String> {
        let support = self.prepared.iter().map(|_| prepared::own_spec());
        let all = support.chain(self.specs.iter().cloned());
        all.map(|spec| format!(":dep {} = {}", spec.name, spec.config))
            .collect()
    }

    /// The lock file with the versions of those that are not the support crate's, for the analysis.
    pub(crate) fn lock(&self, settings: &Settings) -> Option<PathBuf> {
        let own = (!self.specs.is_empty()).then_some(&self.specs)?;
        Some(crate_set::folder_of(&self.home, own, settings).join("Cargo.lock"))
    }

    /// The same without the support crate that nobody asked for.
    pub(crate) fn shown(&self) -> String {
        let mut lines: Vec<String> = self
            .specs
            .iter()
            .map(|spec| format!("{} = {}\n", spec.name, spec.config))
            .collect();
        if self.wants_support {
            let spec = prepared::own_spec();
            lines.push(format!("{} = {}\n", spec.name, spec.config));
        }
        lines.sort();
        lines.concat()
    }

    /// The names by which cells know the crates, and of the libraries with them.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let externs = self.all().externs;
        let shared = self.shared.iter().map(|shared| shared.name.clone());
        let names = externs.into_iter().map(|(name, _)| name);
        names.chain(shared).collect()
    }

    /// Builds the support crate, unless it lies ready.
    ///
    /// # Errors
    ///
    /// When it cannot be built.
    pub(crate) fn prepare_support(
        &mut self,
        settings: &Settings,
        listener: &mut Listener<'_>,
    ) -> Result<(), BuildError> {
        if self.prepared.is_none() {
            self.prepared = Some(prepared::prepared(
                &self.home,
                settings,
                listener.progress,
                listener.group,
            )?);
        }
        Ok(())
    }

    /// Adds crates. When they cannot be built, all is as before.
    ///
    /// The names of the crates that were compiled anew come back: what has a type of theirs cannot
    /// be read any more.
    ///
    /// # Errors
    ///
    /// When they cannot be built.
    pub(crate) fn add(
        &mut self,
        new: Vec<Spec>,
        settings: &Settings,
        listener: &mut Listener<'_>,
    ) -> Result<BTreeSet<String>, BuildError> {
        let mut specs = self.specs.clone();
        for spec in new {
            if dependencies::is_support_crate(&spec) {
                self.prepare_support(settings, listener)?;
                self.wants_support = true;
                continue;
            }
            specs.retain(|old| old.name != spec.name);
            specs.push(spec);
        }
        if specs == self.specs && !specs.iter().any(Spec::can_change) {
            return Ok(BTreeSet::new());
        }
        let built = crate_set::build(
            &self.home,
            &specs,
            settings,
            listener.progress,
            listener.group,
        )?;
        let stamps = stamps(&built);
        let changed = self
            .stamps
            .iter()
            .filter(|(name, stamp)| stamps.get(*name) != Some(stamp))
            .map(|(name, _)| name.clone())
            .collect();
        if stamps != self.stamps {
            let folder = crate_set::folder_of(&self.home, &specs, settings);
            let earlier = &self.shared;
            self.shared = shared::share(&folder, &built, earlier, settings, listener.group)?;
        }
        self.specs = specs;
        self.built = built;
        self.stamps = stamps;
        Ok(changed)
    }

    /// Whether a crate of this name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.built.externs.iter().any(|(known, _)| known == name)
    }

    /// Whether cells can link the support crate.
    pub(crate) fn has_support(&self) -> bool {
        self.prepared.is_some()
    }

    /// Forgets all but the support crate.
    pub(crate) fn clear(&mut self) {
        self.specs.clear();
        self.built = Built::default();
        self.shared.clear();
        self.stamps.clear();
        self.wants_support = false;
    }

    fn all(&self) -> Built {
        let mut all = self.built.clone();
        if let Some(prepared) = &self.prepared {
            all.extend(&prepared.built);
        }
        all
    }

    /// What rustc is told.
    pub(crate) fn flags(&self, toolchain: &Toolchain) -> Vec<OsString> {
        let all = self.all();
        let mut flags: Vec<OsString> = vec![
            "--extern".into(),
            format!("{}={}", runtime::CRATE, self.runtime.display()).into(),
        ];
        flags.extend(all.arguments().into_iter().map(OsString::from));
        flags.extend(
            shared::arguments(&self.shared)
                .into_iter()
                .map(OsString::from),
        );
        let linker = self
            .linker
            .as_ref()
            .map(|linker| linker.arguments(&all))
            .unwrap_or_default();
        flags.extend(linker.iter().map(OsString::from));
        let mut folders = vec![toolchain.libraries.clone()];
        folders.extend(self.runtime.parent().map(Path::to_owned));
        folders.extend(
            self.prepared
                .iter()
                .filter_map(|prepared| prepared.library.parent().map(Path::to_owned)),
        );
        folders.extend(
            self.shared
                .iter()
                .filter_map(|shared| shared.library.parent().map(Path::to_owned)),
        );
        for folder in folders {
            // The worker may be anywhere when it loads the cell.
            let argument = if linker.is_empty() {
                "-Wl,-rpath,"
            } else {
                "-rpath="
            };
            let mut flag = OsString::from(format!("-Clink-arg={argument}"));
            flag.push(folder);
            flags.push(flag);
        }
        flags
    }

    /// How a cell that may name these crates is compiled.
    pub(crate) fn settings(
        &self,
        toolchain: &Toolchain,
        opt_level: &str,
        environment: &[(String, String)],
    ) -> compile::Settings {
        compile::Settings {
            flags: self.flags(toolchain),
            inputs: self.inputs(),
            toolchain: toolchain.clone(),
            opt_level: opt_level.to_owned(),
            environment: environment.to_vec(),
        }
    }

    /// The files that a compilation depends on.
    fn inputs(&self) -> Vec<PathBuf> {
        let externs = self.all().externs.into_iter().map(|(_, file)| file);
        let shared = self.shared.iter().map(|shared| shared.library.clone());
        std::iter::once(self.runtime.clone())
            .chain(externs)
            .chain(shared)
            .collect()
    }

    /// The same crates, linked by the C compiler.
    pub(crate) fn without_own_linker(&self) -> Self {
        Self {
            linker: None,
            ..self.clone()
        }
    }

    /// How cells are linked, in words.
    pub(crate) fn linker_name(&self) -> &'static str {
        if self.linker.is_some() {
            "rust-lld, called directly"
        } else {
            "system"
        }
    }
}

/// What changes when a crate is compiled anew, by its name. A set that takes over crates of another
/// has them in a folder of its own.
pub(crate) fn stamps(built: &Built) -> BTreeMap<String, BTreeSet<String>> {
    let mut stamps: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, file) in &built.externs {
        stamps.entry(name.clone()).or_default().insert(stamp(file));
    }
    stamps
}

fn stamp(file: &Path) -> String {
    let folder = file.parent().map(|folder| folder.display().to_string());
    compile::stamp(file).replace(&folder.unwrap_or_default(), "")
}
