//! The Rust toolchain that compiles cells.

use crate::cargo::Settings;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A toolchain, by the paths of its own programs: rustup's proxies cost 30 ms a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    pub(crate) rustc: PathBuf,
    pub(crate) cargo: PathBuf,
    /// What `rustc -vV` prints.
    pub(crate) version: String,
    /// The folder of the shared standard library.
    pub(crate) libraries: PathBuf,
    /// `x86_64-unknown-linux-gnu`, for instance.
    pub(crate) host: String,
    /// The name that the user gave to `:toolchain`.
    pub(crate) name: String,
}

impl Toolchain {
    /// Finds the toolchain of this name, or the default one for an empty name.
    ///
    /// # Errors
    ///
    /// When there is no such toolchain.
    pub(crate) fn find(name: &str) -> Result<Self> {
        let proxy = program("rustc");
        let mut command = Command::new(&proxy);
        if !name.is_empty() {
            command.arg(format!("+{name}"));
        }
        let printed = output(
            command.args(["--print=sysroot", "--print=target-libdir"]),
            &proxy,
        )?;
        let [sysroot, libraries] = printed.lines().collect::<Vec<_>>()[..] else {
            bail!("`rustc` says nothing of its folders:\n{printed}");
        };
        let own = |tool: &str| {
            let path = Path::new(sysroot).join("bin").join(tool);
            if path.is_file() { path } else { program(tool) }
        };
        let rustc = own("rustc");
        let version = output(Command::new(&rustc).arg("-vV"), &rustc)?;
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            rustc,
            cargo: own("cargo"),
            libraries: PathBuf::from(libraries),
            host,
            name: name.to_owned(),
            version,
        })
    }

    /// What crates are built with.
    pub(crate) fn settings(&self, offline: bool, envs: &[(String, String)]) -> Settings {
        let own = std::env::current_exe().unwrap_or_default();
        Settings {
            cargo: self.cargo.clone(),
            rustc: self.rustc.clone(),
            version: self.version.clone(),
            recorder: own.with_file_name("ferrolab-rustc"),
            offline,
            envs: envs.to_vec(),
        }
    }

    /// Whether it takes unstable features.
    pub(crate) fn is_nightly(&self) -> bool {
        self.version.contains("-nightly") || self.version.contains("-dev")
    }
}

/// A tool on the path, or where rustup puts it: a desktop's JupyterLab may not know that folder.
fn program(tool: &str) -> PathBuf {
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()));
    let rustups = dirs::home_dir().map(|home| home.join(".cargo/bin").join(tool));
    match rustups {
        Some(path) if !on_path && path.is_file() => path,
        _ => PathBuf::from(tool),
    }
}

fn output(command: &mut Command, program: &Path) -> Result<String> {
    let output = command.output().with_context(|| {
        format!(
            "`{}` cannot be run\nhint: install Rust from https://rustup.rs, or put it on the PATH that JupyterLab has",
            program.display()
        )
    })?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_toolchain_is_whole() {
        let found = Toolchain::find("").expect("there is a toolchain");
        assert!(found.rustc.is_absolute() && found.cargo.is_absolute());
        assert!(found.libraries.is_dir());
        assert!(found.version.starts_with("rustc "), "{}", found.version);
        assert!(!found.host.is_empty());
    }

    #[test]
    fn one_that_is_not_there_is_an_error() {
        assert!(Toolchain::find("no-such-toolchain").is_err());
    }
}
