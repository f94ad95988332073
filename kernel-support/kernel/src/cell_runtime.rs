//! The runtime of all cells: a dynamic library that each cell links and the worker loads first.
//!
//! Its statics are one for the whole session. They hold the variables, what lives as long as the
//! session does, and the descriptor on which frames go to the kernel. The generic part that a cell
//! must compile is kept as small as it can be; `frame.rs` is the kernel's side of the frames.

use std::any::{Any, TypeId, type_name};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::io::{StderrLock, StdoutLock, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest payload of a frame.
const LONGEST: usize = 64 << 10;

/// How long a thread may hold standard output before the runtime goes on without it.
const PATIENCE: Duration = Duration::from_millis(100);

/// The socket to the kernel, one frame a message.
static CONTROL: AtomicI32 = AtomicI32::new(-1);

/// The number of the worker's process.
static WORKER: AtomicU32 = AtomicU32::new(0);

// ---- Variables ----------------------------------------------------------------------------------

struct Variable {
    value: Box<dyn Any>,
    type_name: &'static str,
}

struct Variables(BTreeMap<String, Variable>);

// SAFETY: the code generated for cells takes and puts variables on the one thread that runs cells;
// no other thread is ever handed a value of the store.
unsafe impl Send for Variables {}

static VARIABLES: Mutex<Variables> = Mutex::new(Variables(BTreeMap::new()));

/// Takes a variable out of the store.
///
/// # Panics
///
/// When there is none of that name, or it has another type.
pub fn take<T: 'static>(name: &'static str) -> T {
    let value = take_any(name, TypeId::of::<T>(), type_name::<T>());
    // `take_any` has compared the types.
    *value.downcast::<T>().unwrap_or_else(|_| unreachable!())
}

fn take_any(name: &str, wanted: TypeId, wanted_name: &str) -> Box<dyn Any> {
    let mut variables = lock(&VARIABLES);
    let Some(variable) = variables.0.remove(name) else {
        drop(variables);
        panic!("the variable `{name}` is gone\nhint: run the cell that defines it again");
    };
    if (*variable.value).type_id() == wanted {
        return variable.value;
    }
    let found = variable.type_name;
    variables.0.insert(name.to_owned(), variable);
    drop(variables);
    panic!("the variable `{name}` is a `{found}`, not a `{wanted_name}`");
}

/// Puts a variable into the store. An older one of the same name is dropped.
pub fn put<T: 'static>(name: &'static str, value: T) {
    put_any(name, Box::new(value), type_name::<T>());
}

fn put_any(name: &str, value: Box<dyn Any>, type_name: &'static str) {
    let variable = Variable { value, type_name };
    let old = lock(&VARIABLES).0.insert(name.to_owned(), variable);
    // Dropped here, where the lock is free: a destructor is the user's code.
    drop(old);
}

/// Drops variables, each by itself: a destructor that panics does not keep the others.
fn forget<'a>(names: impl Iterator<Item = &'a str>) {
    for name in names {
        let old = lock(&VARIABLES).0.remove(name);
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(old))) {
            std::mem::forget(payload);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// ---- What lives as long as the session ----------------------------------------------------------

#[derive(Clone, Copy)]
struct Lazy {
    value: *const (),
    type_id: TypeId,
}

// SAFETY: the pointer is handed out only as a reference to the type it was made of, and `lazy` asks
// that this type may be shared between threads.
unsafe impl Send for Lazy {}

static LAZIES: Mutex<BTreeMap<String, Lazy>> = Mutex::new(BTreeMap::new());

/// A value that is made when it is first asked for and then lives as long as the session. After a
/// restored session it is made anew: its threads are gone, so the old one is not even dropped.
pub fn lazy<T: Sync + 'static>(name: &'static str, make: fn() -> T) -> &'static T {
    let type_id = TypeId::of::<T>();
    let known = lock(&LAZIES).get(name).copied();
    if let Some(known) = known.filter(|known| known.type_id == type_id) {
        // SAFETY: made below from a leaked box of the same type, so it is valid for ever.
        return unsafe { &*known.value.cast::<T>() };
    }
    // Made while the lock is free: `make` may ask for others.
    let value: &'static T = Box::leak(Box::new(make()));
    let made = Lazy {
        value: (&raw const *value).cast(),
        type_id,
    };
    lock(&LAZIES).insert(name.to_owned(), made);
    value
}

// ---- Results ------------------------------------------------------------------------------------

/// Shows the value of a cell's last expression. A type's own method of the same name wins.
pub trait Show {
    /// Prints the value for the kernel to publish.
    fn evcxr_display(&self);
}

impl<T: Debug + ?Sized> Show for T {
    fn evcxr_display(&self) {
        show_debug(&self);
    }
}

fn show_debug(value: &dyn Debug) {
    show_text(&format!("{value:?}"));
}

/// The name of a value's type without its paths, for `:types`.
pub fn short_type_name<T: ?Sized>(_: &T) -> String {
    without_paths(std::any::type_name::<T>())
}

fn without_paths(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut word = 0;
    for c in name.chars() {
        if c == ':' {
            short.truncate(word);
            continue;
        }
        short.push(c);
        if !(c.is_alphanumeric() || c == '_') {
            word = short.len();
        }
    }
    short
}

/// Shows text as the value of a cell.
pub fn show_text(text: &str) {
    let block =
        format!("EVCXR_BEGIN_CONTENT application/vnd.ferrolab.result\n{text}\nEVCXR_END_CONTENT\n");
    let mut out = std::io::stdout().lock();
    // Standard output that is closed shows nothing, as it would in any program.
    let _ = out.write_all(block.as_bytes());
    let _ = out.flush();
}

// ---- Running ------------------------------------------------------------------------------------

/// Runs the body of a cell: 0 when it came to its end, 1 when it panicked.
pub fn run(body: fn()) -> u8 {
    match catch_unwind(body) {
        Ok(()) => 0,
        Err(payload) => {
            // A payload is the user's value, and its destructor the user's code.
            std::mem::forget(payload);
            1
        }
    }
}

/// The error type of cells: `?` turns every error that can be displayed into it.
pub struct Failed;

impl<T: Display> From<T> for Failed {
    fn from(error: T) -> Self {
        user_error(&error.to_string());
        Self
    }
}

/// The same for errors that can only be printed for debugging.
pub struct FailedDebug;

impl<T: Debug> From<T> for FailedDebug {
    fn from(error: T) -> Self {
        user_error(&format!("{error:?}"));
        Self
    }
}

/// Tells the kernel of the error that `?` met.
pub fn user_error(text: &str) {
    if is_worker() {
        frame(b'U', text);
    } else {
        eprintln!("error in a child process: {text}");
    }
}

// ---- Frames -------------------------------------------------------------------------------------

unsafe extern "C" {
    fn write(fd: i32, bytes: *const u8, count: usize) -> isize;
}

/// Sends a frame: its kind and its payload, as one message.
fn frame(kind: u8, payload: &str) {
    let fd = CONTROL.load(Ordering::Relaxed);
    let mut bytes = Vec::with_capacity(1 + payload.len().min(LONGEST));
    bytes.push(kind);
    bytes.extend(payload[..payload.floor_char_boundary(LONGEST)].as_bytes());
    // SAFETY: pointer and length are those of a live vector.
    while unsafe { write(fd, bytes.as_ptr(), bytes.len()) } < 0
        && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
    {}
}

/// Whether this process is the worker. A cell that forks has children that are none, and what
/// happens in them is not what happens to the cell.
fn is_worker() -> bool {
    WORKER.load(Ordering::Relaxed) == std::process::id()
}

fn report_panics() {
    let cell_thread = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        let (file, line, column) = info.location().map_or(("", 0, 0), |place| {
            (place.file(), place.line(), place.column())
        });
        let message = info.payload_as_str().unwrap_or("a value that is not text");
        let name = thread.name().unwrap_or("unnamed");
        let kind = if thread.id() == cell_thread {
            b'P'
        } else {
            b'T'
        };
        if is_worker() {
            frame(
                kind,
                &format!("{file}\n{line}\n{column}\n{name}\n{message}"),
            );
        } else {
            eprintln!("a child process panicked at {file}:{line}:{column}:\n{message}");
        }
    }));
}

// ---- The worker's side --------------------------------------------------------------------------

/// The worker starts, on the thread that will run the cells.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_runtime_begin(control: i32) {
    CONTROL.store(control, Ordering::Relaxed);
    WORKER.store(std::process::id(), Ordering::Relaxed);
    report_panics();
}

/// A cell ended: what it printed without a final newline still waits in std.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_runtime_flush() {
    if output_is_free() {
        let _ = std::io::stdout().flush();
    }
}

type Held = (
    StdoutLock<'static>,
    StderrLock<'static>,
    MutexGuard<'static, BTreeMap<String, Lazy>>,
);

thread_local! {
    /// The locks of what threads share, held over a fork. Only the thread that forks lives
    /// on in the copy, so a lock that another one held would never be free there.
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// Flushes and locks the output. False when a thread keeps it locked: there can be no copy then.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_runtime_before_fork() -> bool {
    if !output_is_free() {
        return false;
    }
    let mut out = std::io::stdout().lock();
    let _ = out.flush();
    let err = std::io::stderr().lock();
    HELD.with(|held| *held.borrow_mut() = Some((out, err, lock(&LAZIES))));
    true
}

/// Unlocks the output, in the worker and in its copy.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_runtime_after_fork() {
    HELD.with(|held| held.borrow_mut().take());
}

/// Drops the variables of these names, one a line.
///
/// # Safety
///
/// `names` and `length` must be those of UTF-8 text that lives through the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn ferrolab_runtime_forget(names: *const u8, length: usize) {
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(names, length) };
    forget(String::from_utf8_lossy(bytes).lines());
}

/// Tells the kernel the names of all variables, one a line.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_runtime_names() {
    let names: Vec<String> = lock(&VARIABLES).0.keys().cloned().collect();
    // A part is far shorter than the longest frame, whatever names people choose.
    for part in names.chunks(200) {
        frame(b'V', &part.join("\n"));
    }
}

/// The session goes on in a copy: the threads behind what lived as long as the session are gone.
/// The number of values that were.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_runtime_restored() -> usize {
    WORKER.store(std::process::id(), Ordering::Relaxed);
    // Its thread is gone.
    std::mem::forget(lock(&WAITER).take());
    std::mem::take(&mut *lock(&LAZIES)).len()
}

// ---- Output that a thread keeps -----------------------------------------------------------------

/// A thread of ours that waits for the output.
static WAITER: Mutex<Option<JoinHandle<()>>> = Mutex::new(None);

/// Whether the output can be locked now or soon. std has no way to only try, so another thread
/// locks it and ends when it has.
fn output_is_free() -> bool {
    if threads() < 2 {
        return true;
    }
    let mut waiter = lock(&WAITER);
    if waiter.is_none() {
        let wait = || drop((std::io::stdout().lock(), std::io::stderr().lock()));
        *waiter = std::thread::Builder::new().spawn(wait).ok();
    }
    let start = Instant::now();
    while waiter.as_ref().is_some_and(|waiter| !waiter.is_finished()) {
        if start.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_micros(50));
    }
    waiter.take().is_some_and(|waiter| waiter.join().is_ok())
}

/// The number of threads of this process; many where it cannot be known.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(2, Iterator::count)
}
