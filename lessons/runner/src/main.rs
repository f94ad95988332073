//! The lesson runner and grader of Ferrolab. README.md beside this package describes its commands.

mod bench;
mod bench_cells;
mod bench_corpus;
mod bench_figures;
mod bench_numbers;
mod bench_picture;
mod bench_processes;
mod bench_report;
mod bench_session;
mod bench_snapshot;
mod bench_table;
mod cargo;
mod check;
mod cli;
mod course;
mod doctor;
mod environment;
mod exercise;
mod fault;
mod fence;
mod files;
mod fingerprint;
mod front;
mod grade;
mod highlight;
mod hint;
mod html;
mod html_output;
mod kernel;
mod kernelspec;
mod lesson;
mod libtest;
mod list;
mod manifest;
mod mirror;
mod notebook;
mod notebooks;
mod outputs;
mod places;
mod prediction;
mod process;
mod progress;
mod report;
mod reset;
mod run;
mod server;
mod setup;
mod start;
mod steps;
mod submit;
mod teaching;
mod term;
mod tools;
mod verdict;
mod verify;
mod verify_doctests;
mod verify_files;
mod verify_grading;
mod verify_predictions;
mod verify_text;
mod warm;
mod watch;

use std::process::ExitCode;

fn main() -> ExitCode {
    term::restore_sigpipe();
    match cli::run() {
        Ok(code) => code,
        Err(error) => {
            fault::print(&error);
            ExitCode::from(cli::CANNOT)
        }
    }
}
