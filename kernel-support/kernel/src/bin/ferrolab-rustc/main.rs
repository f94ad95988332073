//! Stands between cargo and rustc (`RUSTC_WRAPPER`) while the kernel builds crates for a session.
//!
//! It passes everything through. When the package that depends on all the crates has been compiled,
//! it writes rustc's arguments to a file: with the same ones, cells find the crates without cargo.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The crate whose arguments are kept.
const CRATE: &str = "ctx";

/// Names the file for them. It lies in the crate's own folder.
const ARGUMENTS_FILE: &str = "FERROLAB_ARGUMENTS";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(rustc) = arguments.next() else {
        eprintln!("usage: RUSTC_WRAPPER=ferrolab-rustc cargo build");
        return ExitCode::FAILURE;
    };
    let arguments: Vec<OsString> = arguments.collect();
    let mut command = Command::new(&rustc);
    command.args(&arguments);
    let Some(file) = file_for(&arguments) else {
        let error = command.exec();
        eprintln!("error: cannot run `{}`: {error}", rustc.display());
        return ExitCode::FAILURE;
    };
    match compile_and_record(command, &arguments, &file) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cannot record how crates are found: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where the arguments are to be written, if they are those of the crate in question.
fn file_for(arguments: &[OsString]) -> Option<PathBuf> {
    let name = arguments.iter().position(|arg| arg == "--crate-name")? + 1;
    let file = PathBuf::from(std::env::var_os(ARGUMENTS_FILE)?);
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")?;
    // A crate of the user's may have the same name.
    (arguments.get(name)? == CRATE && file.parent()? == Path::new(&folder)).then_some(file)
}

/// The file appears at once and only if all went well: its presence says that the build is complete.
fn compile_and_record(
    mut command: Command,
    arguments: &[OsString],
    file: &Path,
) -> io::Result<bool> {
    if !command.status()?.success() {
        return Ok(false);
    }
    let arguments: Vec<&OsStr> = arguments.iter().map(OsString::as_os_str).collect();
    let new = file.with_extension(format!("new-{}", std::process::id()));
    std::fs::write(&new, arguments.join(OsStr::new("\0")).as_bytes())?;
    std::fs::rename(&new, file)?;
    Ok(true)
}
