//! The programs that must be on the machine, and how to get them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::fault::Fault;
use crate::places::Places;

/// How to get a C compiler.
pub(crate) const C_COMPILER: &str = "Rust links with a C compiler: `sudo apt-get install build-essential` (macOS: `xcode-select --install`)";
const RUST: &str = "install Rust from https://rustup.rs, then open a new terminal";
const RUST_NEWER: &str = "type `rustup update stable`";
const PYTHON: &str =
    "type `sudo apt-get install python3 python3-venv` (macOS: `brew install python`)";

/// The oldest compiler the workspace builds with.
const RUST_SINCE: (u32, u32) = (1, 95);
/// The oldest Python JupyterLab runs on.
const PYTHON_SINCE: (u32, u32) = (3, 9);

/// One tool and what was found.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its version, or what is wrong with it.
    pub(crate) found: Result<String, String>,
    /// How to get it.
    pub(crate) remedy: &'static str,
    /// Whether nothing works without it.
    pub(crate) required: bool,
}

/// Looks at all tools.
pub(crate) fn look() -> Vec<Tool> {
    vec![
        versioned("rustc", &["--version"], RUST_SINCE, RUST, RUST_NEWER),
        versioned("cargo", &["--version"], RUST_SINCE, RUST, RUST_NEWER),
        library_source(),
        c_compiler(),
        versioned(&python(), &["--version"], PYTHON_SINCE, PYTHON, PYTHON),
        environments(),
    ]
}

/// The Python to use: `FERROLAB_PYTHON`, or `python3`.
pub(crate) fn python() -> String {
    std::env::var("FERROLAB_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Errors when a tool is missing, with all that are missing at once.
pub(crate) fn require(places: &Places) -> Result<()> {
    let missing: Vec<Tool> = look()
        .into_iter()
        .filter(|tool| tool.required && tool.found.is_err())
        .collect();
    if let Some(first) = missing.first() {
        let lines: Vec<String> = missing
            .iter()
            .map(|tool| {
                format!(
                    "`{}`: {}",
                    tool.name,
                    tool.found.as_ref().err().map_or("", |e| e)
                )
            })
            .collect();
        let what = format!("this machine lacks {}", lines.join("; "));
        let mut hints: Vec<&str> = missing.iter().map(|tool| tool.remedy).collect();
        hints.dedup();
        let hint = if hints.len() == 1 {
            first.remedy.to_owned()
        } else {
            hints.join("\nhint: ")
        };
        return Err(Fault::error(what, hint));
    }
    room(places)
}

fn versioned(
    name: &str,
    arguments: &[&str],
    since: (u32, u32),
    missing: &'static str,
    old: &'static str,
) -> Tool {
    let label = match name {
        "rustc" => "rustc",
        "cargo" => "cargo",
        _ => "python3",
    };
    let (found, remedy) = match output(name, arguments) {
        None => (Err("not found".to_owned()), missing),
        Some(text) => match version(&text) {
            Some(version) if version < since => {
                let text = format!(
                    "{} is too old, {}.{} is needed",
                    text.trim(),
                    since.0,
                    since.1
                );
                (Err(text), old)
            }
            _ => (Ok(text.trim().to_owned()), missing),
        },
    };
    Tool {
        name: label,
        found,
        remedy,
        required: true,
    }
}

/// Completion and inspection read the standard library. Cells do without.
fn library_source() -> Tool {
    let named = std::env::var_os("RUST_SRC_PATH").map(PathBuf::from);
    let library = named.or_else(|| {
        let sysroot = output("rustc", &["--print", "sysroot"])?;
        Some(Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library"))
    });
    let found = library.filter(|library| library.join("core").is_dir());
    Tool {
        name: "rust-src",
        found: found
            .map(|library| library.display().to_string())
            .ok_or_else(|| "not found".to_owned()),
        remedy: "type `rustup component add rust-src` (without rustup: install your system's package \
                 and name its `library` folder in RUST_SRC_PATH)",
        required: false,
    }
}

fn c_compiler() -> Tool {
    let found = ["cc", "gcc", "clang"]
        .iter()
        .find_map(|name| output(name, &["--version"]));
    Tool {
        name: "cc",
        found: found
            .and_then(|text| text.lines().next().map(str::to_owned))
            .ok_or_else(|| "not found".to_owned()),
        remedy: C_COMPILER,
        required: true,
    }
}

/// Debian packs `venv` apart from Python; `virtualenv` does as well.
fn environments() -> Tool {
    let found = match (has_venv(), virtualenv()) {
        (true, _) => Ok("there".to_owned()),
        (false, Some(_)) => Ok("virtualenv in its place".to_owned()),
        (false, None) => Err("not found".to_owned()),
    };
    Tool {
        name: "python3-venv",
        found,
        remedy: "type `sudo apt-get install python3-venv`, or `python3 -m pip install virtualenv`",
        required: true,
    }
}

/// Whether Python can make environments by itself.
pub(crate) fn has_venv() -> bool {
    output(&python(), &["-c", "import venv, ensurepip"]).is_some()
}

/// The words that start `virtualenv`, if it is there.
pub(crate) fn virtualenv() -> Option<Vec<String>> {
    if output(&python(), &["-m", "virtualenv", "--version"]).is_some() {
        return Some(vec![python(), "-m".into(), "virtualenv".into()]);
    }
    output("virtualenv", &["--version"]).map(|_| vec!["virtualenv".into()])
}

/// What a program prints, if it ends with success.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first two numbers in a text such as `rustc 1.95.0 (…)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = text[start..].split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// A first build of the kernel takes some gigabytes; better to say so before than after ten minutes.
fn room(places: &Places) -> Result<()> {
    const NEEDED: u64 = 3;
    let built = places.built("ferrolab-kernel").is_file();
    match free_gigabytes(&places.root) {
        Some(free) if free < NEEDED && !built => Err(Fault::error(
            format!("only {free} GB are free on this disk, a first set-up takes {NEEDED}"),
            "free some space, or point CARGO_TARGET_DIR at a larger disk",
        )),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn free_gigabytes(folder: &std::path::Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    // SAFETY: `statvfs` is plain numbers, for which zeros are a value.
    let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: the path ends with a zero byte and `stat` lives through the call.
    let result = unsafe { libc::statvfs(path.as_ptr(), &raw mut stat) };
    (result == 0).then(|| stat.f_bavail as u64 * stat.f_frsize as u64 / 1_000_000_000)
}

#[cfg(not(unix))]
fn free_gigabytes(_folder: &std::path::Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(
            version("rustc 1.95.0 (59807616e 2026-04-14)"),
            Some((1, 95))
        );
        assert_eq!(version("Python 3.9.2\n"), Some((3, 9)));
        assert_eq!(version("none"), None);
    }

    #[test]
    fn an_old_tool_is_named_with_what_is_needed() {
        let tool = versioned("rustc", &["--version"], (9, 0), RUST, RUST_NEWER);
        assert!(tool.found.unwrap_err().contains("9.0 is needed"));
        assert_eq!(tool.remedy, RUST_NEWER);
    }
}
