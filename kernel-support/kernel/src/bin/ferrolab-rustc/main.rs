//! A wrapper around rustc, named to cargo by `RUSTC_WRAPPER` while the kernel compiles cells.
//!
//! For the crate that evcxr makes of a cell (`ctx`) it moves evcxr's control lines from the
//! user's standard output to descriptors of their own ([`rewrite`]), and keeps rustc's warnings,
//! which evcxr drops, for the kernel to show. Every other crate is compiled untouched.

mod rewrite;

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The name that evcxr gives to the crate of a cell.
const CELL_CRATE: &str = "ctx";

/// Names the file in which the kernel expects the diagnostics of the last compilation.
const DIAGNOSTICS_FILE: &str = "FERROLAB_DIAGNOSTICS";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let Some(rustc) = args.next() else {
        eprintln!("usage: RUSTC_WRAPPER=ferrolab-rustc cargo build");
        return ExitCode::FAILURE;
    };
    let args: Vec<OsString> = args.collect();
    let mut command = Command::new(&rustc);
    command.args(&args);
    let Some(source) = cell_source(&args) else {
        let error = command.exec();
        eprintln!("error: cannot run `{}`: {error}", rustc.display());
        return ExitCode::FAILURE;
    };
    if is_check(&args) {
        // evcxr takes whatever a check reports for an error.
        command.args(["--cap-lints", "allow"]);
    } else if let Some(folder) = standard_library(&rustc) {
        // rustc's own rpath is relative to a folder that evcxr moves the cell out of.
        command.arg(format!("-Clink-arg=-Wl,-rpath,{}", folder.display()));
    }
    match compile_cell(&source, command) {
        Ok(success) if success => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cannot compile the cell: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The source file, if these are the arguments for a cell's crate.
fn cell_source(args: &[OsString]) -> Option<PathBuf> {
    let name = args.iter().position(|arg| arg == "--crate-name")? + 1;
    if args.get(name)? != CELL_CRATE {
        return None;
    }
    args.iter()
        .map(Path::new)
        .find(|path| path.ends_with("lib.rs"))
        .map(Path::to_path_buf)
}

/// The folder of the shared standard library. It is asked for once a session.
fn standard_library(rustc: &OsString) -> Option<PathBuf> {
    let session = PathBuf::from(std::env::var_os(DIAGNOSTICS_FILE)?);
    let known = session.with_file_name("standard-library");
    let owner = rustc.to_string_lossy();
    if let Ok(text) = std::fs::read_to_string(&known)
        && let Some((rustc, folder)) = text.split_once('\n')
        && rustc == owner
    {
        return Some(PathBuf::from(folder));
    }
    let mut command = Command::new(rustc);
    command.args(["--print", "target-libdir"]);
    let printed = String::from_utf8(command.output().ok()?.stdout).ok()?;
    let folder = printed.trim();
    // Not to know it the next time only costs the question again.
    let _ = std::fs::write(known, format!("{owner}\n{folder}"));
    Some(PathBuf::from(folder))
}

/// Whether rustc is to look for errors only, and make no code.
fn is_check(args: &[OsString]) -> bool {
    args.iter()
        .filter_map(|arg| arg.to_str()?.strip_prefix("--emit="))
        .any(|emit| !emit.split(',').any(|kind| kind == "link"))
}

fn compile_cell(source: &Path, mut command: Command) -> std::io::Result<bool> {
    let code = std::fs::read_to_string(source)?;
    // In place: evcxr writes the file anew for each compilation, and cargo goes on watching it.
    std::fs::write(source, rewrite::separate_control(&code))?;
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take().expect("stderr was just piped");
    let mut diagnostics = Vec::new();
    let mut forward = std::io::stderr().lock();
    for line in BufReader::new(stderr).split(b'\n') {
        let mut line = line?;
        line.push(b'\n');
        forward.write_all(&line)?;
        if line.starts_with(b"{") {
            diagnostics.extend_from_slice(&line);
        }
    }
    if let Some(file) = std::env::var_os(DIAGNOSTICS_FILE) {
        std::fs::write(file, diagnostics)?;
    }
    Ok(child.wait()?.success())
}
