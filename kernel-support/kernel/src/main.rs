//! The Ferrolab kernel: Rust in Jupyter.
//!
//! ARCHITECTURE.md says how the parts work together. In short: [`server`] takes requests,
//! [`session`] runs them in order, [`execute`] has [`engine`] evaluate a cell, and [`pump`] carries
//! what the [`worker`] prints to [`live`], which publishes it under the request.

mod assist;
mod engine;
mod execute;
mod failure;
mod foreign;
mod frame;
mod history;
mod info;
mod interrupt;
mod kernel;
mod live;
mod magics;
mod pipes;
mod pump;
mod rendering;
mod scratch;
mod server;
mod session;
mod sourcemap;
mod stdin;
mod stream;
mod syntax;
mod warnings;
mod wire;
mod worker;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: ferrolab-kernel CONNECTION_FILE   serve a Jupyter client
       ferrolab-kernel warm               prepare the folder that sessions start from
       ferrolab-kernel --version

Jupyter starts the kernel itself; `cargo lab setup` registers it.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker"] => worker::run(),
        ["warm"] => kernel::warm(),
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
