
/// Compiled into each cell: the cell's end of the kernel's control channel.
mod ferrolab_cell {
    use std::io::Write;
    use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

    /// The pipe on which evcxr reads lines, and the one on which the kernel reads frames.
    static ENGINE: AtomicI32 = AtomicI32::new(-1);
    static KERNEL: AtomicI32 = AtomicI32::new(-1);

    unsafe extern "C" {
        fn write(fd: i32, bytes: *const u8, count: usize) -> isize;
    }

    fn send(fd: i32, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // SAFETY: pointer and length are those of a live slice.
            let written = unsafe { write(fd, bytes.as_ptr(), bytes.len()) };
            if written > 0 {
                bytes = &bytes[written as usize..];
            } else if std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted {
                return;
            }
        }
    }

    /// A frame is its kind, the length of its payload in four bytes, and the payload.
    fn frame(kind: u8, payload: &str) {
        let mut bytes = vec![kind];
        bytes.extend((payload.len() as u32).to_le_bytes());
        bytes.extend(payload.as_bytes());
        send(KERNEL.load(Relaxed), &bytes);
    }

    /// Tells evcxr, and the kernel, what evcxr must know.
    pub fn notify(line: &str) {
        send(ENGINE.load(Relaxed), format!("{line}\n").as_bytes());
        frame(b'N', line);
    }

    /// Tells the kernel of the error that `?` met.
    pub fn user_error(text: &str) {
        frame(b'U', text);
    }

    fn report_panics() {
        let cell_thread = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            let thread = std::thread::current();
            let (file, line, column) = info
                .location()
                .map_or(("", 0, 0), |place| (place.file(), place.line(), place.column()));
            let message = info.payload_as_str().unwrap_or("a value that is not text");
            let name = thread.name().unwrap_or("unnamed");
            let kind = if thread.id() == cell_thread { b'P' } else { b'T' };
            frame(kind, &format!("{file}\n{line}\n{column}\n{name}\n{message}"));
        }));
    }

    #[unsafe(no_mangle)]
    extern "C" fn ferrolab_cell_begin(engine: i32, kernel: i32, first: bool) {
        ENGINE.store(engine, Relaxed);
        KERNEL.store(kernel, Relaxed);
        if first {
            report_panics();
        }
    }

    /// What the cell printed without a final newline still waits in this cell's copy of std.
    #[unsafe(no_mangle)]
    extern "C" fn ferrolab_cell_end() {
        let _ = std::io::stdout().flush();
    }
}
