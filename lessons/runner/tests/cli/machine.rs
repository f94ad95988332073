//! Setting a machine up, with a Python that only pretends and a kernel that does nothing.

use std::fs;
use std::net::TcpListener;

use crate::course::{Course, Said, said};

/// Answers what the set-up asks of Python. `-m venv` makes an environment of copies of itself; every
/// call is counted, and `FAKE_FAILS` lets pip fail.
const PYTHON: &str = r#"#!/bin/sh
echo "$@" >> "$FAKE_LOG"
case "$1" in
  --version) echo "${FAKE_VERSION:-Python 3.11.0}" ;;
  -c) echo "3.11 fake" ;;
  -m) case "$2" in
      venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && : > "$3/bin/jupyter-lab" ;;
      pip) [ -n "$FAKE_FAILS" ] && { echo "$FAKE_FAILS" >&2; exit 1; }
           case "$3" in wheel) for a in "$@"; do [ "$b" = -w ] && mkdir -p "$a"; b=$a; done; echo Collecting x ;; esac ;;
      virtualenv) exit 1 ;;
      esac ;;
esac
exit 0
"#;

struct Machine {
    course: Course,
}

impl Machine {
    fn new() -> Self {
        let course = Course::new();
        course.write("target/fake/python3", PYTHON);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(course.path("target/fake/python3"), mode).unwrap();
        }
        Self { course }
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
        let mut command = self.course.command(arguments);
        command
            .env("FERROLAB_PYTHON", self.course.path("target/fake/python3"))
            .env("FAKE_LOG", self.course.path("target/fake/log"))
            .envs(environment.iter().copied());
        said(command.output().unwrap())
    }

    fn pip_calls(&self) -> usize {
        let log = fs::read_to_string(self.course.path("target/fake/log")).unwrap_or_default();
        log.lines()
            .filter(|line| line.starts_with("-m pip"))
            .count()
    }
}

#[test]
fn setup_is_done_once() {
    let machine = Machine::new();
    machine
        .run(&["doctor"], &[])
        .ends_with(1)
        .says("mend it: cargo lab setup");
    machine
        .run(&["setup"], &[])
        .ends_with(0)
        .warns("ready: 5 of 5 steps done now");
    let calls = machine.pip_calls();
    assert_eq!(calls, 2, "one download, one installation");
    machine
        .run(&["setup"], &[])
        .ends_with(0)
        .warns("ready: 0 of 5 steps done now, 5 before");
    assert_eq!(machine.pip_calls(), calls);

    let kernel = machine
        .course
        .read("target/home/venv/share/jupyter/kernels/ferrolab/kernel.json");
    let kernel: serde_json::Value = serde_json::from_str(&kernel).unwrap();
    assert_eq!(kernel["display_name"], "Rust (Ferrolab)");
    assert_eq!(
        kernel["argv"][0],
        machine
            .course
            .path("target/debug/ferrolab-kernel")
            .to_str()
            .unwrap()
    );
    assert_eq!(kernel["interrupt_mode"], "message");
    assert_eq!(
        kernel["env"]["FERROLAB_HOME"],
        machine.course.path("target/home").to_str().unwrap()
    );

    machine.course.ferrolab(&["notebooks"]).ends_with(0);
    machine.run(&["doctor"], &[]).ends_with(0);
}

#[test]
fn what_failed_is_done_again_and_downloads_are_kept() {
    let machine = Machine::new();
    let failed = machine.run(
        &["setup"],
        &[("FAKE_FAILS", "ERROR: NewConnectionError: no route")],
    );
    failed
        .ends_with(2)
        .warns("downloading JupyterLab failed")
        .warns("hint: there seems to be no network");
    machine.run(&["doctor"], &[]).ends_with(1);
    machine
        .run(&["setup"], &[])
        .ends_with(0)
        .warns("5 of 5 steps done now");

    // An environment that went away is made again from the wheels, without a download.
    let calls = machine.pip_calls();
    fs::remove_dir_all(machine.course.path("target/home/venv")).unwrap();
    machine
        .run(&["setup"], &[])
        .ends_with(0)
        .warns("2 of 5 steps done now");
    assert_eq!(machine.pip_calls(), calls + 1, "only the installation");
}

#[test]
fn a_half_made_environment_is_not_taken_for_done() {
    let machine = Machine::new();
    machine.run(&["setup"], &[]).ends_with(0);
    // As a kill in the middle of the step leaves it: files there, no note that it was done.
    fs::remove_file(machine.course.path("target/home/state/python.json")).unwrap();
    machine.course.write("target/home/venv/leftover", "half");
    machine.run(&["setup"], &[]).ends_with(0);
    assert!(!machine.course.path("target/home/venv/leftover").exists());
}

#[test]
fn a_full_disk_is_said_to_be_full() {
    let machine = Machine::new();
    let said = machine.run(
        &["setup"],
        &[("FAKE_FAILS", "OSError: [Errno 28] No space left on device")],
    );
    said.ends_with(2).warns("hint: the disk is full");
}

#[test]
fn a_kernel_that_does_not_build_says_why() {
    let machine = Machine::new();
    machine
        .course
        .edit("kernel-support/kernel/src/main.rs", "fn main()", "fn main(");
    machine
        .run(&["setup"], &[])
        .ends_with(2)
        .warns("building the kernel failed")
        .warns("unclosed delimiter");
    machine
        .course
        .edit("kernel-support/kernel/src/main.rs", "fn main(", "fn main()");
    machine
        .run(&["setup"], &[])
        .ends_with(0)
        .warns("4 of 5 steps done now");
}

#[test]
fn missing_and_old_tools_are_named_with_their_remedy() {
    let machine = Machine::new();
    let none = machine.run(&["setup"], &[("FERROLAB_PYTHON", "/nowhere/python3")]);
    none.ends_with(2)
        .warns("`python3`: not found")
        .warns("apt-get install python3");
    let old = machine.run(&["setup"], &[("FAKE_VERSION", "Python 3.6.1")]);
    old.ends_with(2)
        .warns("Python 3.6.1 is too old, 3.9 is needed");
    let empty = tempfile::tempdir().unwrap();
    let nothing = machine.run(&["setup"], &[("PATH", empty.path().to_str().unwrap())]);
    nothing
        .ends_with(2)
        .warns("`cc`: not found")
        .warns("build-essential")
        .warns("rustup.rs");
    assert!(
        !machine.course.path("target/home/state").exists(),
        "nothing half-written"
    );
}

#[test]
fn a_port_in_use_is_said_before_anything_is_done() {
    let machine = Machine::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = machine.run(&["start", "--no-browser", "--port", &port], &[]);
    said.ends_with(2)
        .warns(&format!("port {port} is in use"))
        .warns("hint: take another");
    assert_eq!(machine.pip_calls(), 0);
}
