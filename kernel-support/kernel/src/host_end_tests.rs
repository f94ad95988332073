//! What is left when many cells have run, or when a process is killed; and how fast it all is.

use crate::host::{Cause, Ending};
use crate::host_lab::{Lab, compile, shared};
use crate::processes;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn two_hundred_cells_leave_nothing_behind() {
    let mut lab = Lab::with_variables();
    let own = std::process::id().cast_signed();
    let worker = |lab: &mut Lab| {
        lab.done("print!(\"{} {}\", std::process::id(), std::os::unix::process::parent_id());")
    };
    let count = |numbers: &str| {
        let (worker, supervisor) = numbers.split_once(' ').expect("two numbers");
        let entries = |path: String| std::fs::read_dir(path).map_or(0, Iterator::count);
        [
            entries(format!("/proc/{worker}/fd")),
            entries(format!("/proc/{worker}/task")),
            entries(format!("/proc/{supervisor}/fd")),
            processes::descendants(supervisor.parse().expect("a number"), None).len(),
        ]
    };
    let before = worker(&mut lab);
    assert!(
        processes::descendants(own, None).contains(
            &before
                .split(' ')
                .next()
                .expect("a number")
                .parse()
                .expect("a number")
        )
    );
    // Answered when the snapshot is there.
    lab.host.names();
    std::thread::sleep(Duration::from_millis(100));
    let counted = count(&before);
    assert_eq!(counted[3], 2, "a worker and its snapshot");
    for n in 0..200 {
        if n % 4 == 3 {
            lab.undone("panic!();", Cause::Panic);
        } else {
            lab.done("let v = take::<Vec<i32>>(\"v\"); put(\"v\", v);");
        }
    }
    let after = worker(&mut lab);
    lab.host.names();
    // The snapshot before the last is ended by and by.
    let start = Instant::now();
    while count(&after) != counted && start.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(count(&after), counted);
    lab.assert_whole();
}

#[test]
fn a_killed_supervisor_takes_all_with_it_and_is_replaced() {
    let mut lab = Lab::with_variables();
    let numbers =
        lab.done("print!(\"{} {}\", std::process::id(), std::os::unix::process::parent_id());");
    let (worker, supervisor) = numbers.split_once(' ').expect("two numbers");
    let (worker, supervisor): (i32, i32) = (
        worker.parse().expect("a number"),
        supervisor.parse().expect("a number"),
    );
    // Answered when the snapshot is there.
    lab.host.names();
    let family = processes::descendants(supervisor, None);
    assert!(family.contains(&worker) && family.len() >= 2, "{family:?}");
    processes::end(supervisor);
    wait_for_the_end_of(&family);
    let death = lab.died("println!();");
    assert_eq!(death.restored, None);
    lab.done("put(\"v\", vec![1, 2, 3]); put(\"w\", String::from(\"old\"));");
    lab.undone("panic!();", Cause::Panic);
    // And in the middle of a cell.
    let death = lab.died("unsafe { kill(std::os::unix::process::parent_id() as i32, 9); } loop { std::thread::sleep(std::time::Duration::from_secs(1)) }");
    assert_eq!(death.restored, None);
    lab.done("println!(\"goes on\");");
}

fn wait_for_the_end_of(family: &[i32]) {
    let start = Instant::now();
    let lives = |pid: &i32| {
        processes::list()
            .iter()
            .any(|process| process.pid == *pid && !process.ended)
    };
    while family.iter().any(lives) {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{family:?} live on"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_killed_kernel_leaves_nothing() {
    let library =
        compile("std::process::Command::new(\"setsid\").args([\"sleep\", \"1002\"]).spawn();");
    let marker = shared().home.path().join("marker");
    std::fs::write(&marker, library.to_str().expect("text")).expect("written");
    let exe = std::env::current_exe().expect("an executable");
    let mut kernel = Command::new(exe)
        .arg("kernel")
        .args([&shared().runtime, &marker])
        .spawn()
        .expect("a kernel");
    let start = Instant::now();
    while std::fs::read_to_string(&marker).is_ok_and(|text| text != "runs") {
        assert!(start.elapsed() < Duration::from_secs(10), "it did not run");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(200));
    let family = processes::descendants(kernel.id().cast_signed(), None);
    assert!(
        family.len() >= 4,
        "supervisor, worker, snapshot, child: {family:?}"
    );
    kernel.kill().expect("killed");
    kernel.wait().expect("ended");
    wait_for_the_end_of(&family);
}

#[test]
fn a_gigabyte_is_copied_at_once() {
    let mut lab = Lab::new();
    lab.done(
        "let mut big = Vec::<u64>::with_capacity(1 << 27);\
         unsafe { big.as_mut_ptr().write_bytes(1, 1 << 27); big.set_len(1 << 27); } put(\"big\", big);",
    );
    lab.host.names();
    let big = lab.host.last_snapshot().expect("a snapshot");
    lab.done("put(\"small\", (0..4_000_000u64).map(|n| Box::new([n; 4])).collect::<Vec<_>>());");
    lab.host.names();
    let small = lab.host.last_snapshot().expect("a snapshot");
    let start = Instant::now();
    let death = lab.died("take::<Vec<u64>>(\"big\"); panic!();");
    let restored = start.elapsed();
    assert!(death.restored.is_some());
    assert_eq!(
        lab.done("print!(\"{}\", take::<Vec<u64>>(\"big\").len());"),
        "134217728"
    );
    eprintln!(
        "snapshots: {big:?} of 1 GB, {small:?} with small allocations, {restored:?} to panic and restore"
    );
    // Far more than it takes with huge pages, which not every system has.
    assert!(big < Duration::from_millis(500), "{big:?}");
}

/// Whenever a worker dies: a cell that was said to be done is done, and one that was not is undone.
#[test]
fn a_death_at_any_moment_leaves_a_cell_done_or_undone() {
    let mut lab = Lab::with_variables();
    let mut ends = [0, 0];
    for round in 0..60_u64 {
        lab.host.forget(&["z".to_owned()]);
        let ending = if round % 2 == 0 {
            let pause = round * 100;
            lab.run(&format!(
                "put(\"z\", 1); std::thread::spawn(|| {{ std::thread::sleep(std::time::Duration::from_micros({pause})); std::process::abort() }});"
            ))
        } else {
            let interrupter = lab.host.interrupter();
            let library = compile("put(\"z\", 1);");
            let interrupts = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_micros(round * 20));
                interrupter.interrupt();
            });
            let ending = lab.host.run(&library, &[]);
            interrupts.join().expect("no panic");
            ending
        };
        let done = match ending {
            Ending::Done(_) => true,
            Ending::Died(death) => {
                let restored = death.restored.expect("a snapshot");
                assert!(!restored.undone, "round {round}");
                false
            }
            other => panic!("round {round}: {other:?}"),
        };
        let start = Instant::now();
        let mut later = lab.host.idle_death();
        // The thread of a cell that was done will end the worker yet.
        while done && round % 2 == 0 && later.is_none() {
            assert!(start.elapsed() < Duration::from_secs(5), "round {round}");
            std::thread::sleep(Duration::from_millis(2));
            later = lab.host.idle_death();
        }
        if let Some(death) = later {
            let undone = death.restored.map(|restored| restored.undone);
            assert_eq!(undone, Some(false), "round {round}");
        }
        assert_eq!(
            lab.host.names().contains(&"z".to_owned()),
            done,
            "round {round}"
        );
        lab.assert_whole();
        ends[usize::from(done)] += 1;
    }
    eprintln!("{} cells were undone, {} done", ends[0], ends[1]);
}

/// What the processes add to a cell, for a reader of the test's output.
#[test]
fn cells_start_at_once() {
    let library = compile("");
    let start = Instant::now();
    let mut lab = Lab::new();
    assert!(matches!(lab.host.run(&library, &[]), Ending::Done(_)));
    let first = start.elapsed();
    let mut cells = Vec::new();
    for _ in 0..50 {
        lab.host.names();
        let start = Instant::now();
        lab.run("");
        cells.push(start.elapsed());
    }
    cells.sort();
    let mut faults = Vec::new();
    for _ in 0..20 {
        lab.host.names();
        let start = Instant::now();
        lab.run("panic!();");
        faults.push(start.elapsed());
    }
    faults.sort();
    let snapshot = lab.host.last_snapshot();
    eprintln!(
        "first cell {first:?}, then {:?}, a panic and the way back {:?}, a snapshot {snapshot:?}",
        cells[25], faults[10]
    );
    assert!(cells[25] < Duration::from_millis(100), "{cells:?}");
}
