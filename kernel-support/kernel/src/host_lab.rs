//! For tests: cells run through the host, without Jupyter and without an engine.
//!
//! The test executable acts as supervisor and worker itself: before its own `main` it looks at its
//! arguments.

use crate::frame::Frame;
use crate::host::{Cause, Death, Ending, Host};
use crate::pipes;
use crate::pump::Event;
use crate::stream::Piece;
use crate::{cells, runtime, supervisor};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

#[used]
#[unsafe(link_section = ".init_array")]
static ROLE: extern "C" fn() = act;

/// Acts as the kernel's executable would, if that is asked.
extern "C" fn act() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["supervisor", runtime] => supervisor::run(Path::new(runtime)),
        ["cells", runtime] => cells::run(Path::new(runtime)),
        ["kernel", runtime, marker] => kernel_to_kill(Path::new(runtime), Path::new(marker)),
        _ => return,
    };
    if let Err(error) = &result {
        eprintln!("error: {error:#}");
    }
    std::process::exit(i32::from(result.is_err()));
}

/// What all tests share: the runtime, and cells compiled before.
pub(crate) struct Shared {
    pub(crate) home: tempfile::TempDir,
    pub(crate) runtime: PathBuf,
    cells: Mutex<HashMap<String, PathBuf>>,
}

pub(crate) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let home = tempfile::tempdir().expect("a folder");
        let runtime = runtime::compile_for(home.path(), Path::new("rustc"), "").expect("compiled");
        Shared {
            home,
            runtime,
            cells: Mutex::default(),
        }
    })
}

/// Compiles the body of a cell.
pub(crate) fn compile(body: &str) -> PathBuf {
    let shared = shared();
    let mut cells = shared.cells.lock().expect("no panic");
    if let Some(known) = cells.get(body) {
        return known.clone();
    }
    let name = format!("cell{}", cells.len());
    let source = shared.home.path().join(format!("{name}.rs"));
    let library = shared.home.path().join(format!("lib{name}.so"));
    let code = format!(
        "#![allow(unused, unconditional_recursion, arithmetic_overflow)]\n\
         use ferrolab_cell::*;\nuse std::io::Write as _;\n\
         unsafe extern \"C\" {{ fn fork() -> i32; fn close(fd: i32) -> i32; fn setsid() -> i32;\n\
         fn kill(pid: i32, signal: i32) -> i32; fn raise(signal: i32) -> i32; fn signal(signal: i32, action: usize) -> usize; }}\n\
         fn body() {{\n{body}\n}}\n\
         #[unsafe(no_mangle)]\nextern \"C\" fn ferrolab_cell_run() -> u8 {{ run(body) }}\n"
    );
    std::fs::write(&source, code).expect("written");
    let mut rustc = Command::new("rustc");
    rustc
        .args(["--crate-type=cdylib", "--edition=2024", "-Cprefer-dynamic"])
        .arg("--extern")
        .arg(format!("ferrolab_cell={}", shared.runtime.display()))
        .arg("-o")
        .args([&library, &source]);
    let output = rustc.output().expect("a compiler");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    cells.insert(body.to_owned(), library.clone());
    library
}

/// A host, and what its worker printed and reported.
pub(crate) struct Lab {
    pub(crate) host: Host,
    pub(crate) seen: Arc<Mutex<Seen>>,
    pub(crate) input: File,
    pub(crate) end_of_input: File,
}

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) frames: Vec<Frame>,
    pub(crate) bytes: usize,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let ends = pipes::open().expect("descriptors");
        let input = ends.0.input.try_clone().expect("a descriptor").into();
        let end_of_input = ends.0.end_of_input.try_clone().expect("a descriptor");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let sink = Arc::clone(&seen);
        let host = Host::start(ends, &shared().runtime, move |event| {
            let mut seen = sink.lock().expect("no panic");
            match event {
                Event::Out(Piece::Text(text) | Piece::Result(text)) => {
                    seen.bytes += text.len();
                    if seen.out.len() < 1 << 20 {
                        seen.out.push_str(&text);
                    }
                }
                Event::Err(text) => seen.err.push_str(&text),
                Event::Control(frame) => seen.frames.push(frame),
                _ => {}
            }
        })
        .expect("a host");
        Self {
            host,
            seen,
            input,
            end_of_input: end_of_input.into(),
        }
    }

    /// A host whose worker holds two variables.
    pub(crate) fn with_variables() -> Self {
        let mut lab = Self::new();
        lab.done("put(\"v\", vec![1, 2, 3]); put(\"w\", String::from(\"old\"));");
        lab
    }

    pub(crate) fn run(&mut self, body: &str) -> Ending {
        let library = compile(body);
        let ending = self.host.run(&library, &[]);
        self.host.barrier();
        ending
    }

    /// Runs a cell that must come to its end, and gives what it printed.
    pub(crate) fn done(&mut self, body: &str) -> String {
        self.take_out();
        let ending = self.run(body);
        let seen = self.seen.lock().expect("no panic");
        assert!(
            matches!(ending, Ending::Done(_)),
            "{body}: {ending:?}, {}{}",
            seen.out,
            seen.err
        );
        drop(seen);
        self.take_out()
    }

    pub(crate) fn died(&mut self, body: &str) -> Death {
        match self.run(body) {
            Ending::Died(death) => death,
            other => panic!("{body}: {other:?}"),
        }
    }

    pub(crate) fn take_out(&self) -> String {
        std::mem::take(&mut self.seen.lock().expect("no panic").out)
    }

    /// The variables of [`Self::with_variables`] are as they were.
    pub(crate) fn assert_whole(&mut self) {
        let printed = self.done(
            "let v = take::<Vec<i32>>(\"v\"); let w = take::<String>(\"w\");\
             println!(\"{v:?} {w}\"); put(\"v\", v); put(\"w\", w);",
        );
        assert_eq!(printed, "[1, 2, 3] old\n");
    }

    /// A cell that changes, moves and shadows variables before it meets its fate.
    pub(crate) fn fault(fate: &str) -> String {
        format!(
            "let mut v = take::<Vec<i32>>(\"v\"); v.push(4); put(\"v\", v);\
             let w = take::<String>(\"w\"); put(\"w\", w.len()); put(\"x\", 1); {fate}"
        )
    }

    /// Runs a fault and checks that all is as before.
    pub(crate) fn undone(&mut self, fate: &str, cause: Cause) {
        let death = self.died(&Self::fault(fate));
        assert_eq!(death.cause, cause, "{fate}");
        assert!(death.restored.is_some(), "{fate}");
        self.assert_whole();
        assert_eq!(self.host.names(), ["v", "w"], "{fate}");
    }

    /// Runs a cell that does not end, interrupts it once it has printed `runs`, and gives the death
    /// and how long the interrupt took.
    pub(crate) fn interrupted(&mut self, body: &str) -> (Death, Duration) {
        let interrupter = self.host.interrupter();
        let seen = Arc::clone(&self.seen);
        self.take_out();
        let library = compile(&format!("println!(\"runs\"); {body}"));
        let watcher = std::thread::spawn(move || {
            let start = Instant::now();
            while !seen.lock().expect("no panic").out.contains("runs") {
                assert!(
                    start.elapsed() < Duration::from_secs(10),
                    "it did not start"
                );
                std::thread::sleep(Duration::from_millis(2));
            }
            std::thread::sleep(Duration::from_millis(20));
            interrupter.interrupt();
            Instant::now()
        });
        let ending = self.host.run(&library, &[]);
        let took = watcher.join().expect("no panic").elapsed();
        match ending {
            Ending::Died(death) => (death, took),
            other => panic!("{body}: {other:?}"),
        }
    }
}

/// A kernel that runs a cell, says so, and waits to be killed.
fn kernel_to_kill(runtime: &Path, marker: &Path) -> anyhow::Result<()> {
    let ends = pipes::open()?;
    let mut host = Host::start(ends, runtime, |_| {})?;
    let library = std::fs::read_to_string(marker)?;
    host.run(Path::new(&library), &[]);
    std::fs::write(marker, "runs")?;
    host.run(Path::new(&library), &[]);
    loop {
        std::thread::sleep(Duration::from_secs(100));
    }
}
