//! Notices that a cell reads standard input, so that the user can be asked.
//!
//! The worker's executable has a `read` of its own. Libraries that are loaded later, the cells'
//! standard library among them, find it before the C library's.

use crate::descriptors::ready;
use crate::frame;
use crate::pipes::END_OF_INPUT;
use std::os::fd::RawFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

/// The control channel, once this process is a worker.
static ASKS_ON: AtomicI32 = AtomicI32::new(-1);

/// Prints what the cell has printed without a final newline, a question perhaps.
static FLUSH: OnceLock<extern "C" fn()> = OnceLock::new();

/// Before a read of standard input waits, this is called.
pub(crate) fn flush_by(flush: extern "C" fn()) {
    // Once is enough: there is one runtime in a process.
    let _ = FLUSH.set(flush);
}

/// From now on, a read of standard input that would have to wait is told on this channel.
pub(crate) fn ask_on(control: RawFd) {
    ASKS_ON.store(control, Ordering::Relaxed);
}

/// A cell starts: an end of the input that an earlier one did not read is not its own.
pub(crate) fn begin_cell() {
    while matches!(ready([END_OF_INPUT], 0), Ok([true])) {
        let mut bytes = [0_u8; 16];
        // SAFETY: pointer and length are those of the array.
        if unsafe { libc::read(END_OF_INPUT, bytes.as_mut_ptr().cast(), bytes.len()) } <= 0 {
            return;
        }
    }
}

/// Takes the place of the C library's `read`.
///
/// # Safety
///
/// As for `read`: `buffer` must be valid for writing `count` bytes.
#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn read(fd: RawFd, buffer: *mut libc::c_void, count: usize) -> isize {
    if fd == 0 && count > 0 && ASKS_ON.load(Ordering::Relaxed) >= 0 {
        match await_input() {
            Awaited::Input => {}
            Awaited::End => return 0,
            // The error number is `poll`'s, which is that of an interrupted `read`.
            Awaited::Interrupted => return -1,
        }
    }
    // SAFETY: the caller's promise.
    unsafe { libc::syscall(libc::SYS_read, fd, buffer, count) as isize }
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "`read` is not ours there")
)]
enum Awaited {
    /// There is input, or what stands at its place is not the pipe that the user is asked for.
    Input,
    /// The front end says that there will be none.
    End,
    Interrupted,
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "`read` is not ours there")
)]
fn await_input() -> Awaited {
    if !waits_for_the_user() {
        return Awaited::Input;
    }
    if let Some(flush) = FLUSH.get() {
        flush();
    }
    let message = frame::encode(b'I', "");
    // SAFETY: pointer and length are those of a live vector.
    unsafe {
        libc::write(
            ASKS_ON.load(Ordering::Relaxed),
            message.as_ptr().cast(),
            message.len(),
        )
    };
    match ready([0, END_OF_INPUT], -1) {
        Ok([false, true]) => {
            let mut byte = 0_u8;
            // SAFETY: the byte is alive. The channel is read by this process alone.
            unsafe { libc::syscall(libc::SYS_read, END_OF_INPUT, &raw mut byte, 1) };
            Awaited::End
        }
        Ok(_) => Awaited::Input,
        Err(_) => Awaited::Interrupted,
    }
}

/// Whether a read of standard input waits, and for an answer of the user.
fn waits_for_the_user() -> bool {
    // SAFETY: zeros are a valid `stat`, which the call overwrites; fcntl only asks.
    let (is_pipe, waits) = unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        let known = libc::fstat(0, &raw mut stat) == 0;
        let flags = libc::fcntl(0, libc::F_GETFL);
        (
            known && stat.st_mode & libc::S_IFMT == libc::S_IFIFO,
            flags & libc::O_NONBLOCK == 0,
        )
    };
    is_pipe && waits && matches!(ready([0], 0), Ok([false]))
}
