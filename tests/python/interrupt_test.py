"""Interrupts: whatever a cell is doing, it ends at once, and the session is as it was before it."""

import re
import time
import unittest

from cells import tree, wait_until
from fixture import CHANGES, FixtureTests

# The issue promises half a second; a machine that runs other tests meanwhile may be late.
SOON = 2.5

SLOW_TO_COMPILE = """#[allow(long_running_const_eval)]
const SLOW: u64 = {
    let mut n = 0_u64;
    while n < 1 << 50 { n += 1; }
    n
};
println!("{SLOW}");"""

# What runs when the interrupt comes, after the cell has said that it is there.
RUNNING = {
    "a busy loop": "loop { std::hint::spin_loop(); }",
    "sleep": "std::thread::sleep(std::time::Duration::from_secs(600));",
    "a deadlock": "let lock = std::sync::Mutex::new(1);\n{ let one = lock.lock().unwrap();\nlet two = lock.lock().unwrap(); }",
    "a join of a thread": "std::thread::spawn(|| loop { std::thread::park(); }).join().unwrap();",
    "a channel that stays empty": "let (send, receive) = std::sync::mpsc::channel::<i32>();\nreceive.recv().unwrap();\ndrop(send);",
    "a flood of output": 'loop { println!("and on and on and on and on and on and on and on and on and on"); }',
    "a flood without newlines": 'loop { print!("and on "); }',
    "a program that it waits for": 'std::process::Command::new("sleep").arg("1003").status().unwrap();',
    "a shell that waits": 'std::process::Command::new("sh").args(["-c", "sleep 1004; true"]).status().unwrap();',
    "a memory that grows": "let mut all = Vec::new();\nloop { all.push(vec![1_u8; 4096]); std::thread::yield_now(); }",
    "a process that has stopped itself": '{ unsafe extern "C" { fn raise(signal: i32) -> i32; }\nunsafe { raise(19) }; }\nloop {}',
    "a cell that ignores signals":
        '{ unsafe extern "C" { fn signal(signal: i32, handler: usize) -> usize; }\n'
        "for number in 1..65 { unsafe { signal(number, 1) }; } }\nloop { std::thread::park(); }",
    "many threads": "let all: Vec<_> = (0..8).map(|_| std::thread::spawn(|| loop { std::thread::yield_now() })).collect();\n"
        "for one in all { one.join().unwrap(); }",
    "a loop that catches panics": "loop { let _ = std::panic::catch_unwind(|| loop { std::hint::spin_loop(); }); }",
}


class InterruptTests(FixtureTests):
    def interrupted(self, msg_id, what):
        """Interrupts the cell that runs, and says how long its end took."""
        begin = time.monotonic()
        self.kernel.interrupt()
        cell = self.kernel.finish(msg_id)
        took = time.monotonic() - begin
        print(f"interrupted {what} after {took * 1000:.0f} ms")
        self.assert_one_error(cell, "interrupted")
        self.assertEqual(cell.of("error")[0]["ename"], "interrupted")
        self.assertLess(took, SOON)
        return cell

    def is_interrupted(self, what):
        msg_id = self.kernel.send(CHANGES + 'println!("it runs");\n' + RUNNING[what])
        self.kernel.until_it_prints(msg_id, "it runs")
        time.sleep(0.3)
        self.interrupted(msg_id, what)
        self.assert_as_before()
        names = list(tree(self.kernel.pid).values())
        self.assertNotIn("sleep", names)

    def test_compiling(self):
        msg_id = self.kernel.send(CHANGES + SLOW_TO_COMPILE)
        wait_until("rustc runs", lambda: any("rustc" in name for name in tree(self.kernel.pid).values()))
        time.sleep(0.5)
        self.interrupted(msg_id, "compiling")
        self.assert_as_before()
        wait_until("rustc is gone", lambda: not any("rustc" in name for name in tree(self.kernel.pid).values()), 5)
        self.assertIn("SLOW", self.kernel.run("SLOW").error(), "the items of a cell that did not compile are known")

    def test_reading_input(self):
        msg_id = self.kernel.send(
            CHANGES + "let mut line = String::new();\nstd::io::stdin().read_line(&mut line).unwrap();", allow_stdin=True)
        self.kernel.kc.get_stdin_msg(timeout=40)
        self.interrupted(msg_id, "reading input")
        self.assert_as_before()
        # The answer to a question that was given up is no answer to the next one.
        self.kernel.kc.input("too late")
        msg_id = self.kernel.send('let mut line = String::new();\nstd::io::stdin().read_line(&mut line)?;\nprintln!("<{line}>");'
                                  "\nlet line = ();", allow_stdin=True)
        self.kernel.kc.get_stdin_msg(timeout=40)
        self.kernel.kc.input("in time")
        self.assertEqual(self.kernel.finish(msg_id).stream(), "<in time\n>\n")
        type(self).whos = self.run_ok("%whos").shown()
        self.assert_as_before()

    def test_a_shell_cell(self):
        msg_id = self.kernel.send("%%bash\necho it runs\nsleep 1005")
        self.kernel.until_it_prints(msg_id, "it runs")
        self.interrupted(msg_id, "a shell cell")
        self.assert_as_before()

    def test_a_captured_cell(self):
        msg_id = self.kernel.send("%%capture kept\n" + CHANGES + 'println!("unheard"); loop { std::thread::park(); }')
        wait_until("it has begun", lambda: self.kernel.next_for(msg_id)["msg_type"] == "execute_input")
        time.sleep(2)
        cell = self.interrupted(msg_id, "a captured cell")
        self.assertNotIn("unheard", cell.shown())
        self.assertEqual(self.run_ok("println!(\"heard\")").stream(), "heard\n")
        self.assert_as_before()

    def test_any_moment(self):
        """From the first millisecond of the cell, over its compilation, to its run."""
        for round in range(12):
            msg_id = self.kernel.send(CHANGES + f"loop {{ std::hint::black_box({round % 6}); }}")
            time.sleep(0.045 * round)
            self.kernel.interrupt()
            # An interrupt may overtake the cell that it is meant for.
            deadline = time.monotonic() + 10
            while True:
                try:
                    cell = self.kernel.finish(msg_id, 1)
                    break
                except Exception:
                    self.assertLess(time.monotonic(), deadline, "it is not interrupted")
                    self.kernel.interrupt()
            self.assert_one_error(cell, "interrupted")
        self.assert_as_before()

    def test_an_idle_kernel_is_not_harmed(self):
        for _ in range(5):
            self.kernel.interrupt()
        time.sleep(0.2)
        self.assert_as_before()

    def test_many_interrupts_at_once(self):
        msg_id = self.kernel.send(CHANGES + 'println!("it runs");\nloop {}')
        self.kernel.until_it_prints(msg_id, "it runs")
        for _ in range(10):
            self.kernel.interrupt()
        self.assert_one_error(self.kernel.finish(msg_id), "interrupted")
        time.sleep(0.2)
        self.assert_as_before()

    def test_waiting_cells_are_given_up(self):
        msg_id = self.kernel.send('println!("it runs");\nloop {}')
        waiting = self.kernel.send("numbers.clear();")
        self.kernel.until_it_prints(msg_id, "it runs")
        self.kernel.interrupt()
        self.assertEqual(self.kernel.reply_to(msg_id)["content"]["status"], "error")
        self.assertNotEqual(self.kernel.reply_to(waiting)["content"]["status"], "ok")
        self.kernel.drain(0.2)
        self.assert_as_before()


def add(what):
    name = "test_" + re.sub(r"\W+", "_", what)
    setattr(InterruptTests, name, lambda self: self.is_interrupted(what))


for what in RUNNING:
    add(what)


if __name__ == "__main__":
    unittest.main()
