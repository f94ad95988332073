//! Cells and faults, run through the host.

use crate::frame::Frame;
use crate::host::{Cause, Ending};
use crate::host_lab::{Lab, Seen, shared};
use crate::processes;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn variables_live_from_cell_to_cell() {
    let mut lab = Lab::with_variables();
    lab.assert_whole();
    assert_eq!(
        lab.done("take::<Vec<i32>>(\"v\").evcxr_display();"),
        "[1, 2, 3]"
    );
    assert_eq!(lab.host.names(), ["w"]);
    lab.host.forget(&["w".to_owned(), "unknown".to_owned()]);
    assert!(lab.host.names().is_empty());
    let death = lab.died("take::<i32>(\"gone\");");
    assert_eq!(death.cause, Cause::Panic);
    let seen = lab.seen.lock().expect("no panic");
    let said = seen.frames.iter().any(
        |frame| matches!(frame, Frame::Panic(panic) if panic.message.contains("`gone` is gone")),
    );
    assert!(said, "{:?}", seen.frames);
}

#[test]
fn every_fault_is_named_and_undone() {
    let mut lab = Lab::with_variables();
    for (fate, cause) in [
        ("panic!(\"oh\");", Cause::Panic),
        ("std::process::exit(0);", Cause::Exit(0)),
        ("std::process::exit(3);", Cause::Exit(3)),
        ("std::process::abort();", Cause::Signal(libc::SIGABRT)),
        (
            "unsafe { *(8 as *mut u8) = 1; }",
            Cause::Signal(libc::SIGSEGV),
        ),
        ("unsafe { raise(9); }", Cause::Signal(libc::SIGKILL)),
        ("unsafe { raise(11); }", Cause::Signal(libc::SIGSEGV)),
        (
            "fn f(n: u64) -> u64 { let a = [n; 64]; f(n + 1) + a[3] } f(0);",
            Cause::StackOverflow,
        ),
        (
            "fn f(n: u64) -> u64 { let a = [n; 64]; f(n + 1) + a[3] } let _ = std::thread::spawn(|| f(0)).join();",
            Cause::Signal(libc::SIGSEGV),
        ),
        (
            "let _ = std::thread::spawn(|| std::process::abort()).join();",
            Cause::Signal(libc::SIGABRT),
        ),
        (
            "let mut v: Vec<u8> = Vec::new(); let n = 1usize << 55; v.reserve_exact(n);",
            Cause::Signal(libc::SIGABRT),
        ),
        (
            "struct D; impl Drop for D { fn drop(&mut self) { panic!(\"two\") } } let d = D; panic!(\"one\");",
            Cause::Signal(libc::SIGABRT),
        ),
        (
            "std::panic::set_hook(Box::new(|_| {})); panic!(\"quiet\");",
            Cause::Panic,
        ),
        ("std::panic::panic_any(7);", Cause::Panic),
        (
            "for fd in 3..1024 { unsafe { close(fd); } }",
            Cause::ControlLost,
        ),
        (
            "for fd in 0..1024 { unsafe { close(fd); } }",
            Cause::ControlLost,
        ),
        (
            "for fd in 0..3 { unsafe { close(fd); } }",
            Cause::ControlLost,
        ),
        (
            "for fd in 3..1024 { unsafe { close(fd); } } panic!();",
            Cause::ControlLost,
        ),
        (
            "for fd in 3..300 { unsafe { close(fd); } } std::thread::sleep(std::time::Duration::from_millis(50));",
            Cause::ControlLost,
        ),
        (
            "use std::os::unix::process::CommandExt; std::process::Command::new(\"false\").exec();",
            Cause::Exit(1),
        ),
    ] {
        lab.undone(fate, cause);
    }
}

#[test]
fn an_interrupt_ends_whatever_a_cell_does() {
    let mut lab = Lab::with_variables();
    for fate in [
        "loop { std::hint::spin_loop() }",
        "loop { std::thread::sleep(std::time::Duration::from_secs(100)) }",
        "let m = std::sync::Mutex::new(1); let a = m.lock(); let b = m.lock();",
        "let mut line = String::new(); std::io::stdin().read_line(&mut line);",
        "let out = std::io::stdout().lock(); std::thread::spawn(|| println!(\"x\")).join();",
        "std::process::Command::new(\"sh\").args([\"-c\", \"trap '' TERM INT HUP; sleep 100 & sleep 100\"]).status();",
        "std::process::Command::new(\"setsid\").args([\"sleep\", \"100\"]).status();",
        "for n in 1..32 { unsafe { signal(n, 1); } } loop { std::hint::spin_loop() }",
        "print!(\"no newline\"); loop { unsafe { fork(); } std::thread::sleep(std::time::Duration::from_millis(5)); if unsafe { fork() } != 0 { break } } loop { std::hint::spin_loop() }",
    ] {
        let (death, took) = lab.interrupted(&Lab::fault(fate));
        assert_eq!(death.cause, Cause::Interrupted, "{fate}");
        assert!(death.restored.is_some(), "{fate}");
        eprintln!("interrupt took {took:?}: {}", &fate[..fate.len().min(40)]);
        assert!(took < Duration::from_millis(1500), "{fate}: {took:?}");
        lab.assert_whole();
    }
}

#[test]
fn threads_live_on_until_a_fault_and_are_counted_then() {
    let mut lab = Lab::with_variables();
    lab.done(
        "use std::sync::{Arc, atomic::*}; let n = Arc::new(AtomicU64::new(0)); let m = n.clone();\
         std::thread::spawn(move || loop { m.fetch_add(1, Ordering::SeqCst); std::thread::sleep(std::time::Duration::from_millis(1)); });\
         put(\"n\", n);",
    );
    lab.done("lazy::<String>(\"runtime\", || \"made\".into());");
    let count = "use std::sync::{Arc, atomic::*}; let n = take::<Arc<AtomicU64>>(\"n\");\
         let a = n.load(Ordering::SeqCst); std::thread::sleep(std::time::Duration::from_millis(30));\
         print!(\"{}\", n.load(Ordering::SeqCst) - a > 0); put(\"n\", n);";
    assert_eq!(lab.done(count), "true");
    let death = lab.died(&Lab::fault("panic!();"));
    let restored = death.restored.expect("a snapshot");
    assert_eq!((restored.threads, restored.runtimes), (1, true));
    lab.assert_whole();
    assert_eq!(lab.done(count), "false");
    let death = lab.died("panic!();");
    let restored = death.restored.expect("a snapshot");
    assert_eq!((restored.threads, restored.runtimes), (0, false));
    assert_eq!(
        lab.done("print!(\"{}\", lazy::<String>(\"runtime\", || \"anew\".into()));"),
        "anew"
    );
}

#[test]
fn a_worker_that_dies_between_cells_is_restored() {
    let mut lab = Lab::with_variables();
    lab.done("std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(150)); std::process::abort() });");
    std::thread::sleep(Duration::from_millis(400));
    lab.assert_whole();
    let death = lab.host.idle_death().expect("a death");
    assert_eq!(death.cause, Cause::Signal(libc::SIGABRT));
    let restored = death.restored.expect("a snapshot");
    assert_eq!((restored.threads, restored.undone), (1, false));
    assert_eq!(lab.host.idle_death(), None);
}

#[test]
fn a_held_output_does_not_hold_up_cells() {
    let mut lab = Lab::with_variables();
    lab.done("std::thread::spawn(|| { let _out = std::io::stdout().lock(); std::thread::sleep(std::time::Duration::from_secs(100)) }); std::thread::sleep(std::time::Duration::from_millis(20));");
    let start = Instant::now();
    lab.done("put(\"y\", 1);");
    assert!(start.elapsed() < Duration::from_secs(2));
    // No snapshot could be made.
    assert!(matches!(lab.run("panic!();"), Ending::WentOn(_)));
    let (death, _) = {
        lab.host.restart();
        lab.done("put(\"v\", vec![1, 2, 3]); put(\"w\", String::from(\"old\"));");
        lab.interrupted("loop {}")
    };
    assert!(death.restored.is_some());
    lab.assert_whole();
}

#[test]
fn without_snapshots_a_panic_keeps_what_the_cell_had_not_taken() {
    let mut lab = Lab::with_variables();
    lab.host.set_snapshots(false);
    let ending = lab.run("let v = take::<Vec<i32>>(\"v\"); panic!();");
    assert!(matches!(ending, Ending::WentOn(_)), "{ending:?}");
    assert_eq!(lab.host.names(), ["w"]);
    let death = lab.died("std::process::exit(1);");
    assert_eq!((death.cause, death.restored), (Cause::Exit(1), None));
    assert!(lab.host.names().is_empty());
    // The fresh worker makes none either, until it is told to.
    lab.done("put(\"x\", 1);");
    let death = lab.died("std::process::exit(1);");
    assert_eq!(death.restored, None);
    lab.host.set_snapshots(true);
    lab.done("put(\"v\", vec![1, 2, 3]); put(\"w\", String::from(\"old\"));");
    lab.undone("panic!();", Cause::Panic);
}

#[test]
fn a_restart_forgets_all() {
    let mut lab = Lab::with_variables();
    lab.host.restart();
    assert!(lab.host.names().is_empty());
    let death = lab.died("panic!();");
    assert_eq!(death.cause, Cause::Panic);
    assert!(death.restored.is_some(), "of a session without variables");
    lab.done("println!(\"goes on\");");
    assert_eq!(lab.host.idle_death(), None);
}

#[test]
fn a_cell_that_reads_is_given_input() {
    let mut lab = Lab::new();
    let body = "let mut n = 0; for line in std::io::stdin().lines() { println!(\"<{}>\", line.unwrap()); n += 1; if n == 2 { break } }";
    let seen = Arc::clone(&lab.seen);
    let mut input = lab.input.try_clone().expect("a descriptor");
    let asked = move |times: usize| {
        let start = Instant::now();
        let count = |seen: &Seen| {
            seen.frames
                .iter()
                .filter(|frame| **frame == Frame::InputWanted)
                .count()
        };
        while count(&seen.lock().expect("no panic")) < times {
            assert!(start.elapsed() < Duration::from_secs(10), "nobody asked");
            std::thread::sleep(Duration::from_millis(2));
        }
        count(&seen.lock().expect("no panic"))
    };
    let answers = std::thread::spawn(move || {
        assert_eq!(asked(1), 1);
        input.write_all(b"one\n").expect("written");
        assert_eq!(asked(2), 2);
        input.write_all(b"two\n").expect("written");
        asked
    });
    assert_eq!(lab.done(body), "<one>\n<two>\n");
    let asked = answers.join().expect("no panic");
    let mut end = lab.end_of_input.try_clone().expect("a descriptor");
    let answers = std::thread::spawn(move || {
        asked(3);
        end.write_all(b"\n").expect("written");
    });
    assert_eq!(
        lab.done("print!(\"{:?}\", std::io::read_to_string(std::io::stdin()));"),
        "Ok(\"\")"
    );
    answers.join().expect("no panic");
}

#[test]
fn children_of_a_cell_end_with_its_worker() {
    let mut lab = Lab::with_variables();
    lab.done(
        "for n in [\"sleep 1001\", \"setsid sleep 1001\", \"(sleep 1001 &) ; exit\", \"trap '' TERM; sleep 1001; true\"] {\
         std::process::Command::new(\"sh\").args([\"-c\", n]).spawn(); } std::thread::sleep(std::time::Duration::from_millis(200));",
    );
    let own = std::process::id().cast_signed();
    let sleeping = || {
        let named = |pid: &i32| {
            std::fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.starts_with(b"sleep\x001001"))
        };
        processes::descendants(own, None)
            .iter()
            .filter(|pid| named(pid))
            .count()
    };
    assert_eq!(sleeping(), 4);
    lab.undone("panic!();", Cause::Panic);
    assert_eq!(sleeping(), 0);
    // A cell may return in a child that it has forked.
    assert_eq!(lab.done("if unsafe { fork() } == 0 { put(\"v\", 0); }"), "");
    lab.assert_whole();
}

#[test]
fn the_same_library_again_has_statics_of_its_own() {
    let mut lab = Lab::new();
    let body = "static N: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0); print!(\"{}\", N.fetch_add(1, std::sync::atomic::Ordering::SeqCst));";
    for _ in 0..3 {
        assert_eq!(lab.done(body), "0");
    }
    let missing = shared().home.path().join("missing.so");
    let ending = lab.host.run(&missing, &[]);
    assert!(matches!(ending, Ending::NotLoaded(_)), "{ending:?}");
    assert_eq!(lab.done(body), "0");
}

#[test]
fn much_output_and_the_markers_of_others_do_no_harm() {
    let mut lab = Lab::with_variables();
    lab.done("let line = \"x\".repeat(999) + \"\\n\"; for _ in 0..50_000 { print!(\"{line}\"); }");
    assert!(lab.seen.lock().expect("no panic").bytes >= 50_000_000);
    lab.done("let mut out = std::io::stdout(); out.write_all(b\"\\xff\\xfeE 1 2 3\\nEVCXR_EXECUTION_COMPLETE\\nEVCXR_BEGIN_CONTENT text/plain\\n\"); out.flush();");
    // Nonsense on the control channel is what a cell has no business to write; it harms no one.
    lab.done("use std::os::fd::FromRawFd; let mut f = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(200) }); f.write_all(b\"\"); f.write_all(&[255; 70000]); f.write_all(b\"P\");");
    lab.assert_whole();
}
