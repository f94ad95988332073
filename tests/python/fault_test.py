"""The fault matrix: whatever a cell does, one error names the cause and nothing else has changed."""

import re
import time
import unittest

from cells import stat, tree, wait_until
from faults import COMPILE_ERRORS, ENDS, PANICS, QUESTION_MARKS
from fixture import CHANGES, FixtureTests

LIBC = 'unsafe extern "C" { fn fork() -> i32; fn setsid() -> i32; fn pause() -> i32; fn _exit(code: i32) -> !; }\n'


class FaultTests(FixtureTests):
    def fails_and_changes_nothing(self, fault):
        cell = self.kernel.run(fault.code)
        self.assert_one_error(cell, *fault.says)
        self.assert_as_before()

    def test_an_error_behind_a_question_mark_ends_the_cell_there(self):
        """No crash: as in a function, what was done before it is done. What was shadowed is there, though."""
        for fault in QUESTION_MARKS:
            cell = self.kernel.run(fault.code + "\nlet never = 1;")
            self.assert_one_error(cell, *fault.says)
            cell = self.run_ok('println!("{} {shadowed} {title} {}", numbers.len(), big[17]);')
            self.assertEqual(cell.stream(), "6 1 and more before! 0\n")
            self.assertFalse(self.kernel.run("never").ok)
            self.assertFalse(self.kernel.run("gone").ok)
            # The fixture is spoiled, as the cell asked.
            type(self).stop()
            type(self).begin()

    def test_a_joined_threads_own_panic_is_shown_too(self):
        cell = self.kernel.run('std::thread::spawn(|| { if true { panic!("deep down") } }).join().unwrap();')
        self.assert_one_error(cell, "panic")
        self.assertIn("deep down", cell.said())
        self.assert_as_before()

    def test_a_good_cell_after_a_fault_keeps_its_changes(self):
        self.assertFalse(self.kernel.run(CHANGES + "std::process::abort();").ok)
        self.run_ok("numbers.push(6);\nlet extra = 5;")
        self.assertFalse(self.kernel.run("let extra = extra + 1;\nnumbers.clear();\nstd::process::abort();").ok)
        cell = self.run_ok("println!(\"{numbers:?} {extra}\");")
        self.assertEqual(cell.stream(), "[1, 2, 3, 4, 5, 6] 5\n")
        self.run_ok("numbers.pop();\ndrop(extra);\nlet extra = ();")
        type(self).whos = self.run_ok("%whos").shown()
        self.assert_as_before()

    def test_items_of_a_cell_that_crashed_can_be_used(self):
        self.assertFalse(self.kernel.run("fn doubled(n: i64) -> i64 { 2 * n }\npanic!(\"late\");").ok)
        self.assertEqual(self.run_ok("doubled(numbers[1])").result(), "4")
        self.assert_as_before()

    def test_faults_in_a_row_are_told_apart(self):
        said = [self.kernel.run(f"panic!(\"number {n}\");").error() for n in range(8)]
        for n, text in enumerate(said):
            self.assertIn(f"number {n}", text)
        self.assert_as_before()

    def test_output_before_a_crash_is_shown_whole(self):
        cell = self.kernel.run('print!("no newline"); eprint!("nor here"); panic!("enough");')
        self.assertEqual((cell.stream(), cell.stream("stderr")), ("no newline", "nor here"))
        self.assert_one_error(cell, "enough")
        # Of a process that aborts, standard output's last line is lost in any Rust program.
        cell = self.kernel.run('println!("one"); eprint!("two"); std::process::abort();')
        self.assertEqual(cell.stream(), "one\n")
        self.assertIn("two", cell.stream("stderr"))
        self.assert_one_error(cell, "SIGABRT")
        self.assert_as_before()

    def test_children_of_a_cell_that_crashed_are_gone(self):
        code = LIBC + """let child = std::process::Command::new("sleep").arg("1001").spawn().unwrap();
let daemon = unsafe { fork() };
if daemon == 0 {
    unsafe {
        setsid();
        // Its parent ends at once, as that of a daemon does.
        if fork() != 0 { _exit(0) }
        loop { pause(); }
    }
}
std::thread::sleep(std::time::Duration::from_millis(300));
println!("children {} {daemon}", child.id());
"""
        before = set(tree(self.kernel.pid))
        msg_id = self.kernel.send(CHANGES + code + 'std::io::stdin().read_line(&mut String::new()).ok();\nstd::process::abort();',
                                  allow_stdin=True)
        self.kernel.kc.get_stdin_msg(timeout=40)
        started = set(tree(self.kernel.pid)) - before
        self.assertGreaterEqual(len(started), 2, tree(self.kernel.pid))
        self.kernel.kc.input("")
        self.assert_one_error(self.kernel.finish(msg_id), "SIGABRT")
        wait_until("the children are gone", lambda: not any(stat(pid) for pid in started), 10)
        self.assert_as_before()

    def test_a_fork_that_runs_on_does_not_confuse_the_session(self):
        cell = self.kernel.run(LIBC + 'let pid = unsafe { fork() };\nprintln!("{}", if pid == 0 { "copy" } else { "cell" });\nlet pid = ();')
        self.assertIn("cell\n", cell.stream())
        for n in range(3):
            self.assertEqual(self.run_ok(f"{n} * 10").result(), f"{n * 10}")
        if cell.ok:
            type(self).whos = self.run_ok("%whos").shown()
        self.assert_as_before()

    def test_a_child_of_a_good_cell_lives_on(self):
        cell = self.run_ok('println!("{}", std::process::Command::new("sleep").arg("1002").spawn().unwrap().id());')
        child = int(cell.stream())
        self.run_ok("1")
        self.assertTrue(stat(child))

    def test_a_thread_that_ends_the_process_later_is_told_of_by_the_next_cell(self):
        code = 'std::thread::spawn(|| {\n    std::thread::sleep(std::time::Duration::from_millis(400));\n    std::process::abort();\n});'
        self.run_ok("numbers.push(6);\n" + code)
        before = set(tree(self.kernel.pid))
        wait_until("the worker is gone", lambda: before - set(tree(self.kernel.pid)), 10)
        time.sleep(0.2)
        cell = self.run_ok("numbers.pop()")
        self.assertEqual(cell.result(), "Some(6)")
        self.assertRegex(cell.shown(), "SIGABRT|abort")
        self.assertNotRegex(self.run_ok("1").shown(), "SIGABRT|abort")
        self.assert_as_before()

    def test_without_snapshots_a_crash_says_that_the_variables_are_lost(self):
        self.run_ok("%snapshots off\nlet lost = 1;")
        cell = self.kernel.run("std::process::abort();")
        self.assert_one_error(cell, "SIGABRT", "lost")
        self.assertFalse(self.kernel.run("lost").ok)
        self.run_ok("%snapshots on\nlet kept = 2;")
        self.assert_one_error(self.kernel.run("std::process::abort();"), "SIGABRT")
        self.assertEqual(self.run_ok("kept").result(), "2")
        # The fixture is gone with it.
        type(self).stop()


def add(fault):
    name = "test_" + re.sub(r"\W+", "_", fault.name).strip("_").lower()
    assert not hasattr(FaultTests, name), name
    setattr(FaultTests, name, lambda self: self.fails_and_changes_nothing(fault))


for fault in PANICS + ENDS + COMPILE_ERRORS:
    add(fault)


if __name__ == "__main__":
    unittest.main()
