//! What connects the kernel, the supervisor and the workers, and the command that starts one on it.
//!
//! Standard input, output and error of a worker are pipes that carry the user's bytes and nothing
//! else. The control channel keeps messages apart. What is ours has high numbers, where a cell does
//! not stumble over it, and is closed in the programs that a cell starts.

use crate::descriptors;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// The worker's end of the control channel.
pub(crate) const CONTROL: RawFd = 200;
/// On which a worker tells the supervisor of its snapshots.
pub(crate) const CHANNEL: RawFd = 201;
/// A pipe that ends when the supervisor does.
pub(crate) const LIFE: RawFd = 202;
/// A byte here stands for the end of the user's input.
pub(crate) const END_OF_INPUT: RawFd = 203;
/// Where the supervisor keeps a worker's standard input, output and error.
pub(crate) const STANDARD: [RawFd; 3] = [210, 211, 212];

/// The kernel's ends.
pub(crate) struct KernelEnds {
    pub(crate) input: OwnedFd,
    pub(crate) output: OwnedFd,
    pub(crate) error: OwnedFd,
    pub(crate) control: OwnedFd,
    pub(crate) end_of_input: OwnedFd,
    /// What the supervisor reports, a line each.
    pub(crate) events: OwnedFd,
}

/// The worker's ends. They stay open in the kernel, because a new supervisor or worker may need
/// them whenever one died.
pub(crate) struct WorkerEnds {
    standard: [OwnedFd; 3],
    control: OwnedFd,
    end_of_input: OwnedFd,
    events: OwnedFd,
}

/// Opens all of it.
///
/// # Errors
///
/// When the system has no descriptors left.
pub(crate) fn open() -> io::Result<(KernelEnds, WorkerEnds)> {
    let (worker_input, input) = io::pipe()?;
    let (output, worker_output) = io::pipe()?;
    let (error, worker_error) = io::pipe()?;
    let (worker_end_of_input, end_of_input) = io::pipe()?;
    let (events, supervisor_events) = io::pipe()?;
    let [control, worker_control] = messages()?;
    let kernel = KernelEnds {
        input: input.into(),
        output: output.into(),
        error: error.into(),
        control,
        end_of_input: end_of_input.into(),
        events: events.into(),
    };
    let worker = WorkerEnds {
        standard: [
            worker_input.into(),
            worker_output.into(),
            worker_error.into(),
        ],
        control: worker_control,
        end_of_input: worker_end_of_input.into(),
        events: supervisor_events.into(),
    };
    Ok((kernel, worker))
}

/// A pair of sockets that keep messages apart and in order.
///
/// # Errors
///
/// When the system has no descriptors left.
pub(crate) fn messages() -> io::Result<[OwnedFd; 2]> {
    #[cfg(target_os = "linux")]
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let kind = libc::SOCK_DGRAM;
    let mut pair = [-1; 2];
    // SAFETY: the call writes two descriptors into the array, which then belong to no one else.
    let pair = unsafe {
        if libc::socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()) < 0 {
            return Err(io::Error::last_os_error());
        }
        pair.map(|fd| OwnedFd::from_raw_fd(fd))
    };
    #[cfg(not(target_os = "linux"))]
    for end in &pair {
        roomy(end.as_raw_fd());
    }
    Ok(pair)
}

/// Elsewhere a message may by default be shorter than a frame.
#[cfg(not(target_os = "linux"))]
fn roomy(fd: RawFd) {
    let size: libc::c_int = 256 << 10;
    // SAFETY: the option's value is the integer whose address and size are given; setting a flag
    // touches the descriptor only.
    unsafe {
        for option in [libc::SO_SNDBUF, libc::SO_RCVBUF] {
            libc::setsockopt(
                fd,
                libc::SOL_SOCKET,
                option,
                (&raw const size).cast(),
                size_of_val(&size) as libc::socklen_t,
            );
        }
        libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
    }
}

/// The command for a supervisor. It obeys what is written to its standard input, and ends with it.
///
/// # Errors
///
/// When the kernel's own executable cannot be found.
pub(crate) fn supervisor_command(ends: &WorkerEnds) -> io::Result<Command> {
    let mut command = own_command("supervisor")?;
    command
        .stdin(Stdio::piped())
        .stdout(ends.events.try_clone()?);
    let [input, output, error] = &ends.standard;
    let places = [
        (input.as_raw_fd(), STANDARD[0]),
        (output.as_raw_fd(), STANDARD[1]),
        (error.as_raw_fd(), STANDARD[2]),
        (ends.control.as_raw_fd(), CONTROL),
        (ends.end_of_input.as_raw_fd(), END_OF_INPUT),
    ];
    // SAFETY: between fork and exec the closure makes system calls only.
    unsafe { command.pre_exec(move || descriptors::put(&places)) };
    Ok(command)
}

/// This executable in another role, in a process group of its own.
///
/// # Errors
///
/// When it cannot be found.
pub(crate) fn own_command(role: &str) -> io::Result<Command> {
    let mut command = Command::new(executable()?);
    command
        .arg0("ferrolab-kernel")
        .arg(role)
        .env("FERROLAB_KERNEL", "1")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("EVCXR_TMPDIR")
        .process_group(0);
    Ok(command)
}

/// The kernel's executable, also when a build replaced it while it runs.
#[cfg(target_os = "linux")]
fn executable() -> io::Result<std::path::PathBuf> {
    Ok("/proc/self/exe".into())
}

/// The kernel's executable.
#[cfg(not(target_os = "linux"))]
fn executable() -> io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

/// Has the kernel of the system end this process when its parent ends.
#[cfg(target_os = "linux")]
pub(crate) fn die_with_the_parent() {
    // SAFETY: prctl with these arguments only sets a flag of this process.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Elsewhere a worker ends when it finds its channel closed.
#[cfg(not(target_os = "linux"))]
pub(crate) fn die_with_the_parent() {}
