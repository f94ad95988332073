//! Frozen copies of the worker. When the worker dies, its copy goes on with all variables as they
//! were.
//!
//! A copy is a fork of a fork: its parent ends at once, so that the supervisor adopts it and the
//! cells' own `wait` never meets it. The copy sleeps until a signal of the supervisor tells it to
//! take over; when the supervisor is gone, it ends.

use crate::loaded::Runtime;
use crate::pipes::{CHANNEL, LIFE};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The signal that wakes a copy.
const WAKE: libc::c_int = libc::SIGUSR1;

/// What a worker tells the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// There is a snapshot, which takes the place of an older one.
    Kept(i32),
    /// There is none, and an older one no longer holds.
    None,
    /// The worker has started well. The last cell that its variables know of.
    Ready(u64),
    /// This cell has ended, and an interrupt that comes late must not undo it.
    Ended(u64),
}

impl Notice {
    /// Tells the supervisor. It reads all that was said before a worker's death.
    pub(crate) fn send(self) {
        let text = match self {
            Self::Kept(pid) => format!("kept {pid}"),
            Self::None => "none".to_owned(),
            Self::Ready(cell) => format!("ready {cell}"),
            Self::Ended(cell) => format!("ended {cell}"),
        };
        // SAFETY: pointer and length are those of a live string.
        unsafe { libc::write(CHANNEL, text.as_ptr().cast(), text.len()) };
    }

    /// What a message says, if it says anything.
    pub(crate) fn parse(message: &[u8]) -> Option<Self> {
        match std::str::from_utf8(message).ok()?.split_once(' ') {
            Some(("kept", pid)) => pid.parse().ok().map(Self::Kept),
            None if message == b"none" => Some(Self::None),
            Some(("ready", cell)) => cell.parse().ok().map(Self::Ready),
            Some(("ended", cell)) => cell.parse().ok().map(Self::Ended),
            _ => None,
        }
    }
}

/// Tells a copy to take over. Whether there was one to tell.
pub(crate) fn wake(pid: i32) -> bool {
    // SAFETY: a signal to a process that the supervisor knows as its copy.
    unsafe { libc::kill(pid, WAKE) == 0 }
}

/// In which process [`take`] returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The worker goes on; it has a copy now, made in this time, or there could be none.
    Worker(Option<Duration>),
    /// The worker has died and its copy goes on. So many other threads the worker had.
    Copy(usize),
}

/// Makes a copy of this process, which must be the worker.
pub(crate) fn take(runtime: &Runtime) -> Side {
    let start = Instant::now();
    // Before the runtime looks at the output with a thread of its own.
    let threads = other_threads();
    if !runtime.before_fork() {
        Notice::None.send();
        return Side::Worker(None);
    }
    let before = block_signals();
    // SAFETY: the C library makes its own locks usable in the child, the runtime holds std's, and
    // the child goes on with nothing but its one thread.
    let side = match unsafe { libc::fork() } {
        0 => {
            make_copy();
            freeze();
            Side::Copy(threads)
        }
        child => Side::Worker(ended_well(child).then(|| start.elapsed())),
    };
    restore_signals(&before);
    runtime.after_fork();
    if side == Side::Worker(None) {
        Notice::None.send();
    }
    side
}

/// In the process between: makes the copy, tells of it, and ends. Returns in the copy only.
fn make_copy() {
    // SAFETY: as in `take`; `_exit` ends the process between without running anything of the user.
    unsafe {
        let copy = libc::fork();
        if copy == 0 {
            return;
        }
        if copy > 0 {
            // Out of the worker's group, which is ended as one.
            libc::setpgid(copy, copy);
            Notice::Kept(copy).send();
        }
        libc::_exit(libc::c_int::from(copy < 0));
    }
}

/// Whether the process between has made a copy.
fn ended_well(child: libc::pid_t) -> bool {
    let mut status = 0;
    // SAFETY: the call writes the status to the address given.
    while child > 0 && unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 {
        if std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted {
            // The user ignores the ends of children: then it has ended, and most likely well.
            return true;
        }
    }
    child > 0 && status == 0
}

static WOKEN: AtomicBool = AtomicBool::new(false);

extern "C" fn woken(_signal: libc::c_int) {
    WOKEN.store(true, Ordering::Relaxed);
}

/// Sleeps until the copy is to take over. All signals are blocked but while it sleeps.
fn freeze() {
    WOKEN.store(false, Ordering::Relaxed);
    memory_score(COPY_SCORE);
    // SAFETY: zeros are a valid `sigaction` without flags and `fd_set` without members; all
    // pointers are those of live variables, and `LIFE` is below the size of a set. The cell's own
    // handler is put back.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let mut cells_action = MaybeUninit::uninit();
        action.sa_sigaction = woken as *const () as usize;
        libc::sigaction(WAKE, &raw const action, cells_action.as_mut_ptr());
        let mut asleep = all_signals();
        libc::sigdelset(&raw mut asleep, WAKE);
        while !WOKEN.load(Ordering::Relaxed) {
            let mut life: libc::fd_set = std::mem::zeroed();
            libc::FD_SET(LIFE, &raw mut life);
            let ready = libc::pselect(
                LIFE + 1,
                &raw mut life,
                null_mut(),
                null_mut(),
                null(),
                &raw const asleep,
            );
            if ready > 0 {
                // The supervisor is gone, and with it the session.
                libc::_exit(0);
            }
        }
        libc::sigaction(WAKE, cells_action.as_ptr(), null_mut());
    }
    crate::pipes::die_with_the_parent();
    memory_score(WORKER_SCORE);
}

/// When memory runs out, the worker is to go before its copy and before the kernel.
pub(crate) const WORKER_SCORE: &[u8] = b"500";
const COPY_SCORE: &[u8] = b"0";

/// Tells the system how readily to end this process for its memory. Where that cannot be said,
/// nothing is lost.
pub(crate) fn memory_score(score: &[u8]) {
    // SAFETY: the path is a C string, pointer and length are those of a live slice, and the
    // descriptor is this function's own.
    unsafe {
        let file = libc::open(
            c"/proc/self/oom_score_adj".as_ptr(),
            libc::O_WRONLY | libc::O_CLOEXEC,
        );
        if file >= 0 {
            libc::write(file, score.as_ptr().cast(), score.len());
            libc::close(file);
        }
    }
}

fn all_signals() -> libc::sigset_t {
    let mut all = MaybeUninit::uninit();
    // SAFETY: the call fills the set.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        all.assume_init()
    }
}

/// Blocks all signals and gives the mask that was.
fn block_signals() -> libc::sigset_t {
    let all = all_signals();
    let mut before = MaybeUninit::uninit();
    // SAFETY: the call reads one set and writes the other.
    unsafe {
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, before.as_mut_ptr());
        before.assume_init()
    }
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: the call reads the set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, null_mut()) };
}

/// The number of threads beside the one that runs cells.
#[cfg(target_os = "linux")]
pub(crate) fn other_threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, |tasks| tasks.count().saturating_sub(1))
}

/// Elsewhere snapshots are not made, and nobody asks.
#[cfg(not(target_os = "linux"))]
pub(crate) fn other_threads() -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_that_are_none_say_nothing() {
        assert_eq!(Notice::parse(b"kept 12"), Some(Notice::Kept(12)));
        assert_eq!(Notice::parse(b"none"), Some(Notice::None));
        assert_eq!(Notice::parse(b"ready 1"), Some(Notice::Ready(1)));
        assert_eq!(Notice::parse(b"ended 2"), Some(Notice::Ended(2)));
        for nonsense in [&b""[..], b"kept", b"kept x", b"none 1", b"\xff"] {
            assert_eq!(Notice::parse(nonsense), None, "{nonsense:?}");
        }
    }
}
