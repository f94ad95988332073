//! The Ferrolab kernel: Rust in Jupyter.
//!
//! ARCHITECTURE.md says how the parts work together. In short: [`server`] takes requests,
//! [`session`] runs them in order, [`execute`] has [`engine`] evaluate a cell, and [`pump`] carries
//! what the [`cells`] print to [`live`], which publishes it under the request.

mod ahead;
mod analysis;
mod analysis_process;
mod analyzer;
mod assist;
mod attempt;
mod book;
mod build_failure;
mod build_progress;
mod cache;
mod cargo;
mod cell;
mod cells;
mod closures;
mod commands;
mod compile;
mod configuration;
mod crate_set;
mod crates;
mod crew;
mod death;
mod dependencies;
mod descriptors;
mod diagnostic;
mod engine;
mod execute;
mod failure;
mod fetch;
mod forecast;
mod foreign;
mod frame;
mod generate;
mod history;
mod host;
mod imports;
mod info;
mod interrupt;
mod kernel;
mod known;
mod lease;
mod library_names;
mod linker;
mod live;
mod loaded;
mod magics;
mod notebook;
mod obey;
mod outline;
mod overflow;
mod persist;
mod pipes;
mod prepared;
mod processes;
mod project;
mod pump;
mod question;
mod reads;
mod recorded;
mod rendering;
mod request;
mod runtime;
mod scratch;
mod server;
mod session;
mod shared;
mod snapshot;
mod sourcemap;
mod start;
mod stdin;
mod stream;
mod supervisor;
mod syntax;
mod testing;
mod toolchain;
mod trees;
mod types;
mod warm;
mod warnings;
mod wire;

#[cfg(test)]
mod analysis_tests;
#[cfg(test)]
mod attempt_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(all(test, target_os = "linux"))]
mod host_end_tests;
#[cfg(all(test, target_os = "linux"))]
mod host_lab;
#[cfg(all(test, target_os = "linux"))]
mod host_tests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: ferrolab-kernel CONNECTION_FILE   serve a Jupyter client
       ferrolab-kernel warm [NOTEBOOK...] prepare what sessions need, and the cells of notebooks
       ferrolab-kernel --version

Jupyter starts the kernel itself; `cargo lab setup` registers it.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["supervisor", runtime] => supervisor::run(Path::new(runtime)),
        ["cells", runtime] => cells::run(Path::new(runtime)),
        ["analysis", folder] => analyzer::run(Path::new(folder), None),
        ["analysis", folder, lock] => analyzer::run(Path::new(folder), Some(Path::new(lock))),
        ["warm", ref notebooks @ ..] => {
            warm::warm(&notebooks.iter().map(PathBuf::from).collect::<Vec<_>>())
        }
        ["--version"] => {
            println!("ferrolab-kernel {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        [connection] if !connection.starts_with('-') => kernel::serve(Path::new(connection)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
