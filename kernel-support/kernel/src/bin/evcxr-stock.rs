//! The stock kernel, `evcxr_jupyter`, built in this workspace: for comparison and as a fallback.

use std::process::ExitCode;

fn main() -> ExitCode {
    match evcxr_jupyter::main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
