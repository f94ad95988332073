//! What is done to file descriptors by number, in one place.

use std::io;
use std::os::fd::RawFd;

/// Which of the descriptors can be read or have ended. Waits for one of them, so many milliseconds
/// or, with -1, as long as it takes. A negative descriptor is passed over.
///
/// # Errors
///
/// When a signal came first, or the system cannot wait.
pub(crate) fn ready<const N: usize>(
    descriptors: [RawFd; N],
    patience: libc::c_int,
) -> io::Result<[bool; N]> {
    let mut polled = descriptors.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    // SAFETY: the pointer and the count are those of an array that lives through the call.
    let count = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, patience) };
    if count < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(polled.map(|entry| entry.revents & !libc::POLLNVAL != 0))
}

/// Whether programs that are executed lose the descriptor.
///
/// # Errors
///
/// When it is not open.
pub(crate) fn close_on_exec(fd: RawFd, close: bool) -> io::Result<()> {
    let flags = if close { libc::FD_CLOEXEC } else { 0 };
    // SAFETY: fcntl only sets a flag of the descriptor.
    succeed(unsafe { libc::fcntl(fd, libc::F_SETFD, flags) })
}

/// Has reads and writes return at once.
///
/// # Errors
///
/// When the descriptor is not open.
pub(crate) fn nonblocking(fd: RawFd) -> io::Result<()> {
    // SAFETY: fcntl only sets a flag of the open file.
    succeed(unsafe { libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) })
}

/// Duplicates descriptors to their places, where a program that is executed finds them. Makes
/// system calls only, so that it can be used between fork and exec.
///
/// # Errors
///
/// When a descriptor is not open, or too many are.
pub(crate) fn put(places: &[(RawFd, RawFd)]) -> io::Result<()> {
    /// Beyond all places, so that none is overwritten before it was copied.
    const ASIDE: RawFd = 300;
    let mut aside = [-1; 8];
    for (copy, (from, _)) in aside.iter_mut().zip(places) {
        // SAFETY: the call only adds to the descriptor table.
        *copy = unsafe { libc::fcntl(*from, libc::F_DUPFD_CLOEXEC, ASIDE) };
    }
    for (copy, (_, to)) in aside.iter().zip(places) {
        // SAFETY: the copy is this function's own, and the places are the caller's to give.
        let placed = unsafe { libc::dup2(*copy, *to) };
        succeed(placed)?;
        // SAFETY: as above.
        unsafe { libc::close(*copy) };
    }
    Ok(())
}

/// Moves a descriptor, which the caller hands over, to its place in this process.
///
/// # Errors
///
/// When it is not open, or too many are.
pub(crate) fn settle(fd: RawFd, place: RawFd) -> io::Result<()> {
    put(&[(fd, place)])?;
    // SAFETY: the descriptor was handed over and is used nowhere else.
    unsafe { libc::close(fd) };
    close_on_exec(place, true)
}

/// Device and number of an open file.
pub(crate) type Identity = (libc::dev_t, libc::ino_t);

/// What a descriptor stands for; none when it is closed.
pub(crate) fn identity(fd: RawFd) -> Option<Identity> {
    // SAFETY: zeros are a valid `stat`, which the call overwrites.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        (libc::fstat(fd, &raw mut stat) == 0).then_some((stat.st_dev, stat.st_ino))
    }
}

fn succeed(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
