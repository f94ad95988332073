use super::*;

const OUTPUT: &str = "
running 4 tests
test t1_order ... ok
test t2_twice ... FAILED
test t3_prints ... hello from outside
ok
test t4_later ... ignored, slow

failures:

---- t2_twice stdout ----
printed before

thread 't2_twice' (77) panicked at pkg/tests/compose.rs:22:5:
assertion `left == right` failed: call number 1
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    t2_twice

test result: FAILED. 2 passed; 1 failed
";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn reads_outcomes_and_messages() {
    let names = names(&["t1_order", "t2_twice", "t3_prints", "t4_later"]);
    let tests = parse(OUTPUT, &names);
    assert_eq!(tests["t1_order"].outcome, Outcome::Passed);
    assert_eq!(tests["t3_prints"].outcome, Outcome::Passed);
    assert_eq!(tests["t4_later"].outcome, Outcome::Ignored);
    let failed = &tests["t2_twice"];
    assert_eq!(failed.outcome, Outcome::Failed);
    assert_eq!(failed.place.as_deref(), Some("pkg/tests/compose.rs:22:5"));
    assert_eq!(
        failed.message.as_deref(),
        Some("assertion `left == right` failed: call number 1\n  left: 1\n right: 2")
    );
}

#[test]
fn a_test_without_a_result_is_not_passed() {
    let names = names(&["t1_a", "t2_b"]);
    let tests = parse(
        "\nrunning 2 tests\ntest t1_a ... ok\ntest t2_b ... ",
        &names,
    );
    assert_eq!(tests.len(), 1);
}

#[test]
fn tests_run_in_the_order_of_their_numbers() {
    let mut names = names(&["t10_z", "t2_b", "other", "t1_a"]);
    names.sort_by_key(|name| natural(name));
    assert_eq!(names, ["t1_a", "t2_b", "t10_z", "other"]);
}

/// A stand-in for a test program: `--list` names three tests; the second one hangs.
#[cfg(unix)]
#[test]
fn a_hanging_test_is_named_and_the_others_are_run() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    let script = "#!/bin/sh\nif [ \"$1\" = --list ]; then printf 't1: test\\nt2: test\\nt3: test\\n'; exit; fi\n\
        echo; for t in t1 t2 t3; do case \" $* \" in *\" $t \"*) printf \"test $t ... \";\n\
        [ $t = t2 ] && sleep 600; echo ok;; esac; done\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let tests = run(&program, folder.path(), Duration::from_millis(700)).unwrap();
    let outcomes: Vec<Outcome> = tests.iter().map(|test| test.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Passed, Outcome::TimedOut, Outcome::Passed]
    );
}
