//! The process that holds the variables and runs the cells.
//!
//! evcxr starts it and speaks its line protocol with it; the kernel gives it four descriptors
//! more. At the start the worker moves evcxr's two pipes out of the way, so that descriptors 0, 1
//! and 2 are the user's alone.

use crate::frame;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// Names the worker's descriptors: standard input, output, error, and the control channel.
pub(crate) const DESCRIPTORS: &str = "FERROLAB_WORKER_DESCRIPTORS";

/// The store of a session's variables, as evcxr's generated code keeps it.
type Store = *mut std::ffi::c_void;

/// Runs the worker until evcxr closes its pipe.
///
/// # Errors
///
/// When the descriptors are missing, or a compiled cell cannot be loaded.
pub(crate) fn run() -> Result<()> {
    let channels = Channels::take_over()?;
    let mut worker = Worker {
        channels,
        store: std::ptr::null_mut(),
        cells: 0,
    };
    let lines = BufReader::new(worker.channels.commands.try_clone()?).lines();
    for line in lines {
        worker.obey(&line?)?;
    }
    Ok(())
}

struct Worker {
    channels: Channels,
    store: Store,
    cells: usize,
}

impl Worker {
    fn obey(&mut self, line: &str) -> Result<()> {
        // The path may hold spaces; the function's name cannot.
        let Some((path, function)) = line
            .strip_prefix("LOAD_AND_RUN ")
            .and_then(|rest| rest.rsplit_once(' '))
        else {
            bail!("unknown command `{line}`");
        };
        self.load_and_run(Path::new(path), function)?;
        writeln!(self.channels.answers, "EVCXR_EXECUTION_COMPLETE")?;
        Ok(())
    }

    fn load_and_run(&mut self, path: &Path, function: &str) -> Result<()> {
        // SAFETY: the library is a cell that evcxr compiled for this process; its symbols have the
        // types that `cell_module.rs` and evcxr give them.
        let library = unsafe { libloading::Library::new(path) }
            .with_context(|| format!("cannot load `{}`", path.display()))?;
        let engine = self.channels.answers.as_raw_fd();
        let kernel = self.channels.control.as_raw_fd();
        // SAFETY: as above.
        unsafe {
            let begin = library.get::<extern "C" fn(RawFd, RawFd, bool)>(b"ferrolab_cell_begin")?;
            let end = library.get::<extern "C" fn()>(b"ferrolab_cell_end")?;
            let run = library.get::<extern "C" fn(Store) -> Store>(function.as_bytes())?;
            begin(engine, kernel, self.cells == 0);
            self.cells += 1;
            self.channels.control.write_all(&frame::encode(b'B', ""))?;
            let start = (Instant::now(), processor_time());
            self.store = run(self.store);
            let spent = spent_since(start);
            end();
            self.channels
                .control
                .write_all(&frame::encode(b'E', &spent))?;
        }
        // A cell's code stays: variables, threads and thread-locals may still need it.
        std::mem::forget(library);
        Ok(())
    }
}

fn spent_since((wall, (user, system)): (Instant, (Duration, Duration))) -> String {
    let elapsed = wall.elapsed();
    let (user_now, system_now) = processor_time();
    format!(
        "{} {} {}",
        elapsed.as_nanos(),
        user_now.saturating_sub(user).as_nanos(),
        system_now.saturating_sub(system).as_nanos()
    )
}

/// User and system time of this process and all its threads.
fn processor_time() -> (Duration, Duration) {
    // SAFETY: `rusage` is plain data, for which zeros are valid; the call only writes to it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let duration = |time: libc::timeval| {
        Duration::new(time.tv_sec as u64, 0) + Duration::from_micros(time.tv_usec as u64)
    };
    (duration(usage.ru_utime), duration(usage.ru_stime))
}

/// The worker's descriptors, all closed in processes that a cell starts.
struct Channels {
    /// evcxr's commands, and what evcxr reads.
    commands: File,
    answers: File,
    control: File,
}

impl Channels {
    fn take_over() -> Result<Self> {
        let named =
            std::env::var(DESCRIPTORS).with_context(|| format!("{DESCRIPTORS} is not set"))?;
        let numbers: Vec<RawFd> = named.split(',').map(str::parse).collect::<Result<_, _>>()?;
        let [input, output, error, control] = numbers[..] else {
            bail!("{DESCRIPTORS} should name four descriptors, found `{named}`");
        };
        let channels = Self {
            commands: keep(0)?,
            answers: keep(1)?,
            control: keep(control)?,
        };
        for (from, to) in [(input, 0), (output, 1), (error, 2)] {
            // SAFETY: dup2 and close only touch the descriptor table; `from` is ours.
            unsafe {
                if libc::dup2(from, to) < 0 {
                    return Err(std::io::Error::last_os_error().into());
                }
                libc::close(from);
            }
        }
        // SAFETY: as above.
        unsafe { libc::close(control) };
        // SAFETY: nothing else runs yet that could read the environment.
        unsafe { std::env::remove_var(DESCRIPTORS) };
        Ok(channels)
    }
}

/// A copy of the descriptor under a high number, where a cell does not stumble over it.
fn keep(fd: RawFd) -> Result<File> {
    // SAFETY: fcntl only touches the descriptor table, and the new descriptor is owned by no one.
    unsafe {
        let copy = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 200);
        if copy < 0 {
            return Err(std::io::Error::last_os_error().into());
        }
        Ok(File::from_raw_fd(copy))
    }
}
