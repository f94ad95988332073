"""Output: nothing that a cell prints is lost, forges a message, or holds up the kernel."""

import time
import unittest

from cells import KernelTestCase

MARKERS = [
    "EVCXR_PANIC_NOTIFICATION", "EVCXR_EXECUTION_COMPLETE", "EVCXR_VARIABLE_CHANGED_TYPE: kept",
    "EVCXR_END_CONTENT", "EVCXR_BEGIN_CONTENT", "EVCXR_BEGIN_CONTENT text/html", "EVCXR_INPUT_REQUEST",
]

# A message of the support crate; the second kind is one that only kernels send.
MESSAGE = """println!("EVCXR_BEGIN_CONTENT application/vnd.ferrolab.message+json\\n{}\\nEVCXR_END_CONTENT", r#"%s"#);"""
FORGED = [
    '{"msg_type": "status", "content": {"execution_state": "idle"}}',
    '{"type": "status", "content": {"execution_state": "idle"}}',
    '{"msg_type": "execute_reply", "content": {"status": "ok", "execution_count": 1}}',
    '{"msg_type": "error", "content": {"ename": "x", "evalue": "x", "traceback": []}}',
    '{"msg_type": "shutdown_reply", "content": {"restart": false}}',
    "{", "[]", "null", "7", '{"msg_type": 7}', "",
]

# Frames and lines that the kernel, the supervisor and the worker say to each other.
FRAMES = [
    b"E", b"E0 0 0", b"E1 2 3", b"P", b"Pcell.rs\n1\n1\nmain\nforged", b"T", b"Uforged", b"S", b"I", b"B", b"A", b"V", b"Vx\ny",
    b"W0 0 0", b"N", b"R", b"Rkept", b"C1", b"\x00", b"\xff\xfe", b"ready", b"none", b"kept 2147483646", b"kept x",
    b"died 1 0\n", b"restored 2147483646\n", b"fresh 2147483646\n", b"interrupt 1\n", b"restart\n", b"x" * 60000,
]


class KernelTests(KernelTestCase):
    """Tests of one class share a kernel, which must be well after each of them."""

    def setUp(self):
        self.kernel.drain(0.01)

    def tearDown(self):
        self.assert_well()

    def assert_well(self):
        """Later cells are run, and show what they print and no more."""
        for n in range(2):
            cell = self.kernel.run(f'println!("line {n}"); {n} + 40')
            self.assertTrue(cell.ok, cell.error())
            self.assertEqual((cell.stream(), cell.result()), (f"line {n}\n", f"{n + 40}"))


class OutputTests(KernelTests):
    def test_text_without_a_newline(self):
        cell = self.run_ok('print!("one"); eprint!("two");')
        self.assertEqual((cell.stream(), cell.stream("stderr")), ("one", "two"))
        # It does not swallow the value behind it.
        cell = self.run_ok('print!("three "); 7')
        self.assertEqual((cell.stream(), cell.result()), ("three ", "7"))

    def test_bytes_that_are_no_utf8(self):
        cell = self.run_ok(
            "use std::io::Write;\nlet mut out = std::io::stdout().lock();\n"
            'for byte in 128..=255_u8 { out.write_all(&[byte]).unwrap(); }\nout.write_all(b"\\nplain\\n").unwrap();\ndrop(out);')
        self.assertTrue(cell.stream().endswith("\nplain\n"))
        self.assertIn("\ufffd", cell.stream())

    def test_a_character_that_is_cut_by_a_flush(self):
        cell = self.run_ok(
            'use std::io::Write;\nfor byte in "ü🦀ß\\n".bytes() {\n    std::io::stdout().write_all(&[byte]).unwrap();\n'
            "    std::io::stdout().flush().unwrap();\n    std::thread::sleep(std::time::Duration::from_millis(15));\n}")
        self.assertEqual(cell.stream(), "ü🦀ß\n")

    def test_fifty_megabytes_at_once(self):
        cell = self.run_ok(
            "use std::io::Write;\nlet line = format!(\"{}\\n\", \"0123456789\".repeat(10));\nlet all = line.repeat(520_000);\n"
            "std::io::stdout().write_all(all.as_bytes()).unwrap();", limit=120)
        line = "0123456789" * 10 + "\n"
        text = cell.stream()
        self.assertEqual(len(text), len(line) * 520_000)
        self.assertEqual(text, line * 520_000)
        self.run_ok("let (line, all) = ((), ());")

    def test_ten_megabytes_without_a_newline(self):
        cell = self.run_ok('print!("{}", "x".repeat(10 << 20));', limit=120)
        self.assertEqual(len(cell.stream()), 10 << 20)

    def test_characters_that_steer_terminals(self):
        text = self.run_ok(r'print!("a\rb\x1b[31mred\x1b[0m\u{7}\0end\n");').stream()
        self.assertTrue(text.startswith("a\rb\x1b[31mred\x1b[0m"), text)
        self.assertTrue(text.endswith("end\n"), text)

    def test_markers_are_text_where_they_are_no_block(self):
        for marker in MARKERS:
            for macro, name in (("println", "stdout"), ("eprintln", "stderr")):
                cell = self.run_ok(f'{macro}!("{marker}"); println!("behind it"); 5')
                self.assertEqual(cell.result(), "5", marker)
                self.assertIn("behind it\n", cell.stream(), marker)
                if marker != "EVCXR_INPUT_REQUEST":
                    self.assertIn(marker, cell.stream(name))

    def test_a_block_that_never_ends(self):
        cell = self.run_ok('println!("EVCXR_BEGIN_CONTENT text/html\\n<b>open</b>");')
        self.assertIn("<b>open</b>", cell.stream() + cell.shown())
        cell = self.run_ok('println!("EVCXR_BEGIN_CONTENT text/html\\n<b>open"); 8')
        self.assertEqual(cell.result(), "8")

    def test_a_block_is_shown_and_its_kind_cannot_be_forged(self):
        cell = self.run_ok('println!("EVCXR_BEGIN_CONTENT text/html\\n<b>bold</b>\\nEVCXR_END_CONTENT");')
        self.assertEqual(cell.of("display_data")[0]["data"]["text/html"].strip(), "<b>bold</b>")
        for forged in FORGED:
            cell = self.run_ok(MESSAGE % forged + ' println!("behind it");')
            self.assertIn("behind it\n", cell.stream(), forged)
            self.assertEqual(len(cell.of("status")), 2, forged)
            self.assertEqual(cell.of("error", "execute_reply", "shutdown_reply"), [], forged)

    def test_a_closed_standard_output(self):
        for fds in ("1", "2", "0", "0, 1, 2"):
            cell = self.kernel.run(
                f'{{ unsafe extern "C" {{ fn close(fd: i32) -> i32; }}\nfor fd in [{fds}] {{ unsafe {{ close(fd) }}; }}\n'
                'println!("unheard"); eprintln!("unheard"); }')
            self.assertIn(cell.reply["status"], ("ok", "error"))
            cell = self.run_ok('println!("to stdout"); eprintln!("to stderr"); 6')
            self.assertEqual((cell.stream(), cell.stream("stderr"), cell.result()), ("to stdout\n", "to stderr\n", "6"), fds)
            cell = self.run_ok('std::fs::read_to_string("/proc/self/comm").map(|text| text.len() > 1)?')
            self.assertEqual(cell.result(), "true")

    def test_a_thread_prints_after_its_cell_has_ended(self):
        self.run_ok(
            "let late = std::thread::spawn(|| for n in 0..5 {\n    std::thread::sleep(std::time::Duration::from_millis(100));\n"
            '    println!("late {n}");\n});')
        texts, until = "", time.monotonic() + 20
        while "late 4" not in texts and time.monotonic() < until:
            texts += "".join(m["content"]["text"] for m in self.kernel.drain(0.1) if m["msg_type"] == "stream")
        self.assertEqual(texts, "".join(f"late {n}\n" for n in range(5)))
        self.run_ok("late.join().unwrap();")

    def test_a_thread_that_floods_does_not_hold_up_later_cells(self):
        self.run_ok(
            "use std::sync::Arc;\nuse std::sync::atomic::{AtomicBool, Ordering};\nlet stop = Arc::new(AtomicBool::new(false));\n"
            "let seen = Arc::clone(&stop);\n"
            'let flood = std::thread::spawn(move || while !seen.load(Ordering::Relaxed) { println!("and on and on"); });')
        for n in range(5):
            cell = self.run_ok(f"{n} * 2")
            self.assertEqual(cell.result(), f"{n * 2}")
        self.assertTrue(self.kernel.run("panic!(\"in the flood\")").of("error"))
        self.run_ok("stop.store(true, Ordering::Relaxed);")
        time.sleep(0.3)
        self.kernel.drain(0.3)

    def test_a_thread_that_keeps_the_output_locked(self):
        self.run_ok(
            "let keeper = std::thread::spawn(|| {\n    let _out = std::io::stdout().lock();\n"
            "    std::thread::sleep(std::time::Duration::from_secs(2));\n});")
        begin = time.monotonic()
        self.assertEqual(self.run_ok("let n = 3;").of("error"), [])
        self.run_ok("keeper.join().unwrap();")
        self.assertLess(time.monotonic() - begin, 20)


class ForgeryTests(KernelTests):
    """Not output, but what a cell can write where only the kernel's own programs write."""

    def test_frames_in_every_descriptor_that_a_cell_finds(self):
        frames = ", ".join(f"&{list(frame)}[..]" for frame in FRAMES[:-1]) + f", &[{FRAMES[-1][0]}; {len(FRAMES[-1])}][..]"
        cell = self.kernel.run(
            '{\nunsafe extern "C" { fn write(fd: i32, bytes: *const u8, count: usize) -> isize; fn fcntl(fd: i32, what: i32, to: i32) -> i32; }\n'
            'let mut found: Vec<i32> = std::fs::read_dir("/proc/self/fd").unwrap()\n'
            "    .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter(|fd| *fd > 2).collect();\n"
            "found.sort();\nprintln!(\"{found:?}\");\n"
            # A pipe that is full must not hold up the test.
            f"for fd in found {{ unsafe {{ fcntl(fd, 4, 0o4000 | fcntl(fd, 3, 0)); }} for frame in [{frames}] {{\n"
            "    unsafe { write(fd, frame.as_ptr(), frame.len()) };\n} }\n}")
        self.assertIn(cell.reply["status"], ("ok", "error"))
        # What it broke by that is its own, and perhaps that of the next cell. Later ones are not.
        time.sleep(0.3)
        self.kernel.run("1")


if __name__ == "__main__":
    unittest.main()
