//! Tells the kernel when a cell's thread uses up its stack: the signal alone does not.

use crate::pipes::CONTROL;
use libc::{c_int, c_void, siginfo_t};
use std::ptr::null_mut;

/// Room for the handler, which runs when the cell's own stack is used up.
const STACK: usize = 64 << 10;

/// So far from the stack pointer, a fault comes from the stack's growth.
const NEAR: usize = 1 << 20;

/// Watches the thread that runs cells.
pub(crate) fn watch() {
    let stack = libc::stack_t {
        ss_sp: Box::leak(vec![0_u8; STACK].into_boxed_slice())
            .as_mut_ptr()
            .cast(),
        ss_flags: 0,
        ss_size: STACK,
    };
    // SAFETY: the stack lives for ever. Zeros are a valid `sigaction` without flags, and the
    // handler makes calls only that are allowed in one.
    unsafe {
        libc::sigaltstack(&raw const stack, null_mut());
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = faulted as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        for signal in [libc::SIGSEGV, libc::SIGBUS] {
            libc::sigaction(signal, &raw const action, null_mut());
        }
    }
}

/// Says what happened, and lets it happen again without a handler.
extern "C" fn faulted(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the system hands the handler valid pointers.
    let (address, sent) = unsafe { ((*info).si_addr() as usize, (*info).si_code <= 0) };
    // SAFETY: as above.
    let pointer = unsafe { stack_pointer(context) };
    if !sent && pointer.is_some_and(|pointer| pointer.abs_diff(address) < NEAR) {
        // SAFETY: writing a constant is allowed in a signal handler.
        unsafe { libc::write(CONTROL, b"S".as_ptr().cast(), 1) };
    }
    // SAFETY: both calls are allowed in a signal handler.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        if sent {
            libc::raise(signal);
        }
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
unsafe fn stack_pointer(context: *mut c_void) -> Option<usize> {
    // SAFETY: the caller hands on the context of a signal handler.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    Some(context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize)
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
unsafe fn stack_pointer(context: *mut c_void) -> Option<usize> {
    // SAFETY: the caller hands on the context of a signal handler.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    Some(context.uc_mcontext.sp as usize)
}

/// Elsewhere a stack that is used up shows as the signal that it is.
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
unsafe fn stack_pointer(_context: *mut c_void) -> Option<usize> {
    None
}
