//! Compiles the runtime that all cells link ([`cell_runtime`](../cell_runtime.rs)), once a toolchain.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use uuid::Uuid;

/// The source. Its crate is called [`CRATE`].
const SOURCE: &str = include_str!("cell_runtime.rs");

/// The name by which cells know it.
pub(crate) const CRATE: &str = "ferrolab_cell";

const FLAGS: [&str; 5] = [
    "--crate-type=dylib",
    "--edition=2024",
    "-Copt-level=2",
    "-Cprefer-dynamic",
    "-Cembed-bitcode=no",
];

/// The runtime's library for this compiler, compiled when it is not there yet. `version` is what
/// `rustc -vV` says.
///
/// # Errors
///
/// When the compiler does not run or cannot compile it, or the folder cannot be written.
pub(crate) fn compile_for(home: &Path, rustc: &Path, version: &str) -> Result<PathBuf> {
    let key = format!("{SOURCE}\n{FLAGS:?}\n{version}");
    let key = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes()).simple();
    let folder = home.join("runtime");
    let kept = folder.join(key.to_string());
    let library = kept.join(file_name());
    if library.is_file() {
        return Ok(library);
    }
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    // Beside its final place, so that a rename is all that is left: another kernel that does the
    // same, or a kill, never shows a library that is half written.
    let made = tempfile::Builder::new()
        .prefix("new-")
        .tempdir_in(&folder)?;
    compile_into(made.path(), rustc)?;
    let made = made.keep();
    if let Err(error) = fs::rename(&made, &kept) {
        let _ = fs::remove_dir_all(&made);
        if !library.is_file() {
            return Err(error)
                .with_context(|| format!("cannot keep the runtime in `{}`", kept.display()));
        }
    }
    Ok(library)
}

fn compile_into(folder: &Path, rustc: &Path) -> Result<()> {
    let libraries = output(
        Command::new(rustc).args(["--print", "target-libdir"]),
        rustc,
    )?;
    let source = folder.join("cell_runtime.rs");
    fs::write(&source, SOURCE)?;
    let mut command = Command::new(rustc);
    command
        .args(["--crate-name", CRATE])
        .args(FLAGS)
        // The worker loads it by its path, and has no shared standard library of its own.
        .arg(format!("-Clink-arg=-Wl,-rpath,{}", libraries.trim()))
        .arg("--out-dir")
        .arg(folder)
        .arg(&source);
    output(&mut command, rustc).map(drop)
}

fn output(command: &mut Command, rustc: &Path) -> Result<String> {
    let output: Output = command
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTFLAGS")
        .output()
        .with_context(|| {
            format!(
                "cannot run `{}`\nhint: `cargo lab doctor` says what is missing",
                rustc.display()
            )
        })?;
    if !output.status.success() {
        bail!(
            "`{}` cannot compile the runtime of cells\n{}",
            rustc.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn file_name() -> String {
    format!(
        "{}{CRATE}{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_at_once_share_one_library() {
        let home = tempfile::tempdir().expect("a folder");
        let compile = || compile_for(home.path(), Path::new("rustc"), "").expect("compiled");
        let libraries = std::thread::scope(|scope| {
            let other = scope.spawn(compile);
            [compile(), other.join().expect("no panic")]
        });
        assert_eq!(libraries[0], libraries[1]);
        let runtimes = fs::read_dir(home.path().join("runtime")).expect("a folder");
        assert_eq!(runtimes.count(), 1, "nothing half made is left");
    }

    #[test]
    fn a_compiler_that_is_not_there_is_named() {
        let home = tempfile::tempdir().expect("a folder");
        let error =
            compile_for(home.path(), Path::new("no-such-rustc"), "").expect_err("no compiler");
        assert!(format!("{error:#}").contains("no-such-rustc"), "{error:#}");
    }
}
