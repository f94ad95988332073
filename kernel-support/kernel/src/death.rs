//! How a cell that ended its process is told of.

use crate::failure::Failure;
use crate::frame::Panic;
use crate::host::{Cause, Death};
use crate::sourcemap::SourceMap;

/// The one error that the cell shows.
pub(crate) fn failure(
    death: &Death,
    panic: Option<&Panic>,
    map: &SourceMap,
    cell: &str,
    name: &str,
) -> Failure {
    let after = after(death);
    match death.cause {
        Cause::Panic => {
            let mut failure = Failure::panic(panic, map, cell, name);
            // That variables are as before goes without saying; what is not needs to be said.
            failure.traceback.extend(losses(death));
            failure
        }
        Cause::Interrupted => Failure::plain("interrupted", format!("interrupted; {after}")),
        ref cause => {
            let (kind, what) = describe(cause);
            Failure::plain(kind, format!("{what}; {after}"))
        }
    }
}

/// What is said when a thread of an earlier cell ended the process while no cell ran.
pub(crate) fn between_cells(death: &Death) -> String {
    let (_, what) = describe(&death.cause);
    format!(
        "note: between this cell and the last one, {}; {}\n",
        what.replace("the cell", "a thread of an earlier cell"),
        after(death)
    )
}

fn describe(cause: &Cause) -> (&'static str, String) {
    match cause {
        Cause::Panic => ("panic", "the cell panicked".to_owned()),
        Cause::Interrupted => ("interrupted", "the cell was interrupted".to_owned()),
        Cause::StackOverflow => (
            "stack overflow",
            "the cell has overflowed its stack, as endless recursion does".to_owned(),
        ),
        Cause::Exit(code) => (
            "exit",
            format!("the cell ended the session's process with `exit({code})`"),
        ),
        Cause::Signal(number) => ("signal", signal(*number)),
        Cause::ControlLost => (
            "descriptors",
            "the cell closed descriptors that belong to the session".to_owned(),
        ),
    }
}

fn signal(number: i32) -> String {
    let (name, why) = match number {
        libc::SIGABRT => ("SIGABRT", "it aborted"),
        libc::SIGSEGV => (
            "SIGSEGV",
            "it touched memory that is not its own, or a thread of it overflowed its stack",
        ),
        libc::SIGBUS => ("SIGBUS", "it touched memory that is not there"),
        libc::SIGILL => ("SIGILL", "it met an instruction that does not exist"),
        libc::SIGFPE => ("SIGFPE", "its arithmetic went wrong"),
        libc::SIGKILL => (
            "SIGKILL",
            "something killed it, the system for instance, when memory runs out",
        ),
        libc::SIGTERM => ("SIGTERM", "something asked it to end"),
        libc::SIGPIPE => ("SIGPIPE", "it wrote where nobody reads any more"),
        libc::SIGXCPU => ("SIGXCPU", "it used more processor time than allowed"),
        _ => return format!("the cell was ended by signal {number}"),
    };
    format!("the cell was ended by signal {number} ({name}): {why}")
}

fn after(death: &Death) -> String {
    match &death.restored {
        None => "the variables are lost\nhint: run the cells that define them again".to_owned(),
        Some(_) => {
            let mut text = "all variables are as they were before it".to_owned();
            for loss in losses(death) {
                text.push('\n');
                text.push_str(&loss);
            }
            text
        }
    }
}

/// What a restored session does not have any more.
fn losses(death: &Death) -> Vec<String> {
    let Some(restored) = &death.restored else {
        return Vec::new();
    };
    let mut all = Vec::new();
    if restored.undone {
        all.push(
            "note: what the last cell did is undone too: it happened too soon after it".to_owned(),
        );
    }
    match restored.threads {
        0 => {}
        1 => all.push("note: a thread that an earlier cell started is gone".to_owned()),
        n => all.push(format!(
            "note: {n} threads that earlier cells started are gone"
        )),
    }
    if restored.runtimes {
        all.push("note: the async runtime is made anew, and its tasks are gone".to_owned());
    }
    all
}
