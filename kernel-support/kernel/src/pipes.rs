//! The pipes between the kernel and its worker, and the command that starts a worker on them.

use crate::worker;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The kernel's ends.
pub(crate) struct KernelEnds {
    pub(crate) input: OwnedFd,
    pub(crate) output: OwnedFd,
    pub(crate) error: OwnedFd,
    pub(crate) control: OwnedFd,
}

/// The worker's ends. They stay open in the kernel, because evcxr starts a new worker on them
/// whenever one died.
pub(crate) struct WorkerEnds([OwnedFd; 4]);

/// Opens the four pipes.
///
/// # Errors
///
/// When the system has no descriptors left.
pub(crate) fn open() -> io::Result<(KernelEnds, WorkerEnds)> {
    let (worker_input, input) = io::pipe()?;
    let (output, worker_output) = io::pipe()?;
    let (error, worker_error) = io::pipe()?;
    let (control, worker_control) = io::pipe()?;
    let kernel = KernelEnds {
        input: input.into(),
        output: output.into(),
        error: error.into(),
        control: control.into(),
    };
    let worker = WorkerEnds([
        worker_input.into(),
        worker_output.into(),
        worker_error.into(),
        worker_control.into(),
    ]);
    Ok((kernel, worker))
}

/// The command that evcxr runs, now and after each death of a worker.
///
/// # Errors
///
/// When the kernel's own executable cannot be found.
pub(crate) fn worker_command(ends: WorkerEnds) -> io::Result<Command> {
    let numbers: Vec<RawFd> = ends.0.iter().map(AsRawFd::as_raw_fd).collect();
    let names: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("worker")
        .env(worker::DESCRIPTORS, names.join(","))
        .env("FERROLAB_KERNEL", "1")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("EVCXR_TMPDIR")
        // A group of its own, so that an interrupt reaches what the cell started.
        .process_group(0);
    // SAFETY: between fork and exec the closure makes system calls only.
    unsafe {
        command.pre_exec(move || {
            let _open_while_the_command_lives = &ends;
            for fd in &numbers {
                if libc::fcntl(*fd, libc::F_SETFD, 0) < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            die_with_the_kernel();
            Ok(())
        });
    }
    Ok(command)
}

#[cfg(target_os = "linux")]
fn die_with_the_kernel() {
    // SAFETY: prctl with these arguments only sets a flag of this process.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Elsewhere the worker ends when it finds evcxr's pipe closed.
#[cfg(not(target_os = "linux"))]
fn die_with_the_kernel() {}
