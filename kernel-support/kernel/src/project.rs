//! The cell's crate, its dependencies and the standard library, as rust-analyzer reads them.
//!
//! Runs in the analysis process only (`analyzer.rs`).

use anyhow::{Context, Result, anyhow};
use ra_ap_base_db::SourceRoot;
use ra_ap_hir::ChangeWithProcMacros;
use ra_ap_ide::{Analysis, AnalysisHost, FileId, FilePosition};
use ra_ap_ide_db::FxHashMap;
use ra_ap_paths::{AbsPathBuf, Utf8PathBuf};
use ra_ap_project_model::{
    CargoConfig, ProjectManifest, ProjectWorkspace, ProjectWorkspaceKind, RustLibSource,
};
use ra_ap_vfs::file_set::FileSetConfig;
use ra_ap_vfs::{Change, Vfs, VfsPath};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that hold nothing a cell can name. `stdarch` is 16 MB of intrinsics, nearly all of them of
/// other processors.
const NOT_READ: [&str; 9] = [
    "tests",
    "benches",
    "examples",
    "target",
    ".git",
    "stdarch",
    "coretests",
    "alloctests",
    "compiler-builtins",
];

/// The crates that the cell may name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dependencies {
    /// As in `:dep` lines; `:dep ` itself may be left out.
    pub(crate) lines: Vec<String>,
    /// The lock file with the versions that the session has chosen.
    pub(crate) lock: Option<PathBuf>,
}

/// A project that holds one file to ask about.
pub(crate) struct Project {
    host: AnalysisHost,
    files: Vfs,
    folder: PathBuf,
    /// The versions to choose when the session has chosen none: with some, no network is needed.
    lock: Option<PathBuf>,
    cell: FileId,
    dependencies: Option<Dependencies>,
    has_library: bool,
}

impl Project {
    /// A project in this folder, which is made. Nothing is read yet.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written to.
    pub(crate) fn new(folder: &Path, lock: Option<PathBuf>) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
        let folder = folder.canonicalize()?;
        // The file must exist, because cargo looks for it; what it holds is never read.
        fs::write(folder.join("lib.rs"), "")?;
        let mut files = Vfs::default();
        let path = VfsPath::from(absolute(&folder.join("lib.rs"))?);
        files.set_file_contents(path.clone(), Some(Vec::new()));
        let (cell, _) = files.file_id(&path).context("the cell's file is missing")?;
        Ok(Self {
            host: AnalysisHost::default(),
            files,
            folder,
            lock,
            cell,
            dependencies: None,
            has_library: false,
        })
    }

    /// Whether the standard library's source was found.
    pub(crate) fn has_library(&self) -> bool {
        self.has_library
    }

    /// Puts a text in the cell's file, after loading the dependencies if they are not the same as
    /// before.
    ///
    /// # Errors
    ///
    /// When cargo or rustc cannot be run.
    pub(crate) fn set(&mut self, dependencies: &Dependencies, text: String) -> Result<()> {
        let mut change = ChangeWithProcMacros::default();
        if self.dependencies.as_ref() != Some(dependencies) {
            self.load(dependencies, &mut change)?;
            self.dependencies = Some(dependencies.clone());
        }
        change.change_file(self.cell, Some(text));
        self.host.apply_change(change);
        Ok(())
    }

    /// What can be asked now.
    pub(crate) fn analysis(&self) -> Analysis {
        self.host.analysis()
    }

    /// A place in the cell's file.
    pub(crate) fn position(&self, at: usize) -> FilePosition {
        FilePosition {
            file_id: self.cell,
            offset: u32::try_from(at).unwrap_or(u32::MAX).into(),
        }
    }

    fn load(
        &mut self,
        dependencies: &Dependencies,
        change: &mut ChangeWithProcMacros,
    ) -> Result<()> {
        let lock = dependencies.lock.as_deref();
        let workspace = match self.workspace(&dependencies.lines, lock) {
            Ok(workspace) => workspace,
            Err(_) => self.workspace(&self.resolvable(dependencies), lock)?,
        };
        self.has_library = workspace
            .sysroot
            .rust_lib_src_root()
            .is_some_and(|library| {
                AsRef::<Path>::as_ref(library)
                    .join("core/src/lib.rs")
                    .is_file()
            });
        let roots = workspace.to_roots();
        let mut sets = FileSetConfig::builder();
        for root in &roots {
            let include: Vec<&Path> = root.include.iter().map(AsRef::as_ref).collect();
            for folder in &include {
                self.read(folder);
            }
            sets.add_file_set(root.include.iter().cloned().map(VfsPath::from).collect());
        }
        // The last set is of files outside all roots: there are none.
        let local = roots.iter().map(|root| root.is_local).chain([true]);
        let sets = sets.build().partition(&self.files).into_iter().zip(local);
        change.set_roots(
            sets.map(|(files, local)| {
                if local {
                    SourceRoot::new_local(files)
                } else {
                    SourceRoot::new_library(files)
                }
            })
            .collect(),
        );
        for (id, file) in self.files.take_changes() {
            if let Change::Create(bytes, _) | Change::Modify(bytes, _) = file.change {
                change.change_file(id, String::from_utf8(bytes).ok());
            }
        }
        let mut find = |path: &ra_ap_paths::AbsPath| {
            let found = self.files.file_id(&VfsPath::from(path.to_path_buf()));
            found.map(|(id, _)| id)
        };
        let (crates, _) = workspace.to_crate_graph(&mut find, &FxHashMap::default());
        change.set_crate_graph(crates);
        Ok(())
    }

    /// Dependencies without those that cargo cannot resolve: one must not cost the others.
    fn resolvable(&self, dependencies: &Dependencies) -> Vec<String> {
        let mut kept = Vec::new();
        for line in &dependencies.lines {
            kept.push(line.clone());
            if self.workspace(&kept, dependencies.lock.as_deref()).is_err() {
                kept.pop();
            }
        }
        kept
    }

    /// Asks cargo what the dependencies are, and rustc where its library is.
    fn workspace(&self, dependencies: &[String], lock: Option<&Path>) -> Result<ProjectWorkspace> {
        let manifest = self.folder.join("Cargo.toml");
        fs::write(&manifest, manifest_text(dependencies))?;
        // cargo removes from it what is not needed yet, so each load starts afresh.
        let copied = |lock: &&Path| fs::copy(lock, self.folder.join("Cargo.lock")).is_ok();
        let _ = lock.into_iter().chain(self.lock.as_deref()).find(copied);
        let manifest = ProjectManifest::from_manifest_file(absolute(&manifest)?)?;
        let config = CargoConfig {
            // Unlike `Discover`, this never installs anything.
            sysroot: sysroot().map(RustLibSource::Path),
            ..CargoConfig::default()
        };
        let workspace = ProjectWorkspace::load(manifest, &config, &|_| {})?;
        match &workspace.kind {
            // Loaded all the same, but without any dependency.
            ProjectWorkspaceKind::Cargo {
                error: Some(error), ..
            } => Err(anyhow!("{error:#}")),
            _ => Ok(workspace),
        }
    }

    /// Reads all Rust files under a folder.
    fn read(&mut self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.filter_map(Result::ok) {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() {
                if !NOT_READ.iter().any(|skipped| name == *skipped) {
                    self.read(&path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path != self.folder.join("lib.rs")
                && let (Ok(name), Ok(text)) = (absolute(&path), fs::read(&path))
            {
                self.files.set_file_contents(name.into(), Some(text));
            }
        }
    }
}

fn manifest_text(dependencies: &[String]) -> String {
    let lines: Vec<String> = dependencies.iter().map(|line| dependency(line)).collect();
    format!(
        "[package]\nname = \"cell\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [lib]\npath = \"lib.rs\"\n\n[workspace]\n\n[dependencies]\n{}\n",
        lines.join("\n")
    )
}

/// The manifest's line for `:dep name`, `:dep name = …` or `:dep ./path`.
fn dependency(line: &str) -> String {
    let line = line.trim();
    let line = line.strip_prefix(":dep ").unwrap_or(line).trim();
    if line.contains('=') {
        absolute_path(line)
    } else if line.starts_with(['.', '/']) {
        let folder = Path::new(line);
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = package_name(&folder).unwrap_or_default();
        format!("{name} = {{ path = {:?} }}", folder.display().to_string())
    } else {
        format!("{line} = \"*\"")
    }
}

/// A relative path is meant from where the kernel runs, not from the cell's manifest.
fn absolute_path(line: &str) -> String {
    let found = line.find("path").and_then(|key| {
        let open = key + line[key..].find('"')? + 1;
        let close = open + line[open..].find('"')?;
        let path = Path::new(&line[open..close]).canonicalize().ok()?;
        Some(format!(
            "{}{}{}",
            &line[..open],
            path.display(),
            &line[close..]
        ))
    });
    found.unwrap_or_else(|| line.to_owned())
}

fn package_name(folder: &Path) -> Option<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let line = manifest.lines().find(|line| {
        line.split('=')
            .next()
            .is_some_and(|key| key.trim() == "name")
    })?;
    Some(line.split('"').nth(1)?.to_owned())
}

/// The toolchain's folder.
fn sysroot() -> Option<AbsPathBuf> {
    let printed = Command::new("rustc").args(["--print", "sysroot"]).output();
    let folder = String::from_utf8(printed.ok()?.stdout).ok()?;
    absolute(Path::new(folder.trim())).ok()
}

fn absolute(path: &Path) -> Result<AbsPathBuf> {
    let text = path.to_str().context("the path is not UTF-8")?;
    AbsPathBuf::try_from(Utf8PathBuf::from(text))
        .map_err(|path| anyhow!("`{path}` is not absolute"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_become_lines_of_the_manifest() {
        let here = env!("CARGO_MANIFEST_DIR");
        for (line, expected) in [
            (":dep regex", "regex = \"*\"".to_owned()),
            (":dep regex = \"1.0\"", "regex = \"1.0\"".to_owned()),
            (
                "rand = { version = \"0.9\" }",
                "rand = { version = \"0.9\" }".to_owned(),
            ),
            (
                &format!(":dep {here}"),
                format!("ferrolab-kernel = {{ path = {here:?} }}"),
            ),
            (
                ":dep k = { path = \".\", features = [\"a\"] }",
                format!("k = {{ path = {here:?}, features = [\"a\"] }}"),
            ),
        ] {
            assert_eq!(dependency(line), expected);
        }
    }
}
