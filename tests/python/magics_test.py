"""Magics about the session, questions at the front end, and standard input."""

import pathlib
import queue
import tempfile
import unittest

from cells import Kernel, KernelTestCase


class MagicTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # What cells write goes into a folder of their own.
        cls.folder = tempfile.TemporaryDirectory(prefix="ferrolab-cells-")
        cls.kernel = Kernel(folder=cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()
        cls.folder.cleanup()

    def run_ok(self, code, **options):
        cell = self.kernel.run(code, **options)
        self.assertTrue(cell.ok, f"{code}\n{cell.error()}")
        return cell

    def refused(self, code, *patterns):
        cell = self.kernel.run(code)
        self.assertFalse(cell.ok, code)
        for pattern in patterns:
            self.assertRegex(cell.error(), pattern)

    def test_who_and_whos_list_the_variables(self):
        self.run_ok("%reset")
        self.assertIn("no variables", self.run_ok("%who").shown())
        self.run_ok("let mut teapot = vec![1_u8];\nlet lid = Some(\"on\");\nfn not_listed() {}")
        self.assertEqual(self.run_ok("%who").shown().split(), ["lid", "teapot"])
        shown = self.run_ok("%whos")
        self.assertRegex(shown.shown(), r"lid +Option<&(')?str>")
        self.assertRegex(shown.shown(), r"teapot +mut Vec<u8>")
        self.assertIn("<table>", shown.of("display_data")[0]["data"]["text/html"])
        # In front of code, the code runs too.
        cell = self.run_ok("%who\nteapot.len()")
        self.assertEqual((cell.stream().split(), cell.result()), (["lid", "teapot"], "1"))
        # A variable that is moved away is none any more.
        self.run_ok("drop(teapot);")
        self.assertEqual(self.run_ok("%who").shown().split(), ["lid"])

    def test_reset_drops_everything(self):
        self.run_ok("use std::collections::BTreeMap;\nstruct Mine;\nfn made() -> i32 { 1 }\nlet mine = 4;\nlet map = BTreeMap::from([(1, 2)]);")
        self.run_ok("%reset -f")
        for code in ("mine", "made()", "Mine;", "BTreeMap::<u8, u8>::new()"):
            self.refused(code, "E04")
        self.run_ok("struct Mine { other: String }\nlet mine = Mine { other: String::new() };")

    def test_history_shows_the_cells_of_this_session(self):
        self.run_ok('println!("remembered cell");')
        shown = self.run_ok("%history").shown()
        self.assertIn('println!("remembered cell");', shown)

    def test_capture_keeps_what_is_printed(self):
        cell = self.run_ok('%%capture kept\nprintln!("one");\nlet inner = 5;\nprint!("two");')
        self.assertEqual(cell.of("stream", "execute_result", "display_data"), [])
        self.assertEqual(self.run_ok("(kept.trim(), inner)").result(), '("one\\ntwo", 5)')
        self.assertEqual(self.run_ok('%%capture\nprintln!("nobody hears");\n6 * 7').of("stream", "display_data"), [])
        self.refused('%%capture kept\nprintln!("x"); panic!("heard");', "heard")
        self.assertEqual(self.run_ok('println!("again")').stream(), "again\n")

    def test_test_runs_the_cells_tests(self):
        self.run_ok("fn add(a: i32, b: i32) -> i32 { a + b }")
        cell = self.run_ok("%%test\n#[test]\nfn sums() { assert_eq!(add(2, 2), 4); }\n#[test]\nfn wrong() { assert_eq!(add(2, 2), 5); }")
        for text in ("sums", "wrong", "1 passed", "1 failed", "left: 4"):
            self.assertIn(text, cell.said())
        cell = self.run_ok("%%test\n#[test]\nfn sums() { assert_eq!(add(2, 3), 5); }")
        self.assertIn("1 passed; 0 failed", cell.said())
        self.refused("%%test\n#[test]\nfn broken() { let x: i32 = \"no\"; }", "E0308")
        # The tests are no part of the session.
        self.assertEqual(self.run_ok("add(1, 1)").result(), "2")

    def test_writefile_writes_and_appends(self):
        self.run_ok("%%writefile notes.txt\nfirst line\n  grüße\n")
        self.run_ok("%%writefile -a notes.txt\nlast line\n")
        text = (pathlib.Path(self.folder.name) / "notes.txt").read_text()
        self.assertEqual(text, "first line\n  grüße\nlast line\n")
        self.assertEqual(self.run_ok('std::fs::read_to_string("notes.txt")?.lines().count()').result(), "3")
        self.refused("%%writefile no/such/folder/x\ntext", "no/such/folder/x")
        self.refused("%%writefile\ntext", "hint")

    def test_snapshots_say_what_they_are(self):
        self.assertIn("off", self.run_ok("%snapshots off").stream())
        self.assertIn("on", self.run_ok("%snapshots on").stream())
        self.refused("%snapshots maybe", "hint")

    def test_a_question_mark_shows_documentation(self):
        for code, text in (("Vec?", "contiguous"), ("std::fs::read_to_string?", "file"), ("String::push?", "char")):
            cell = self.run_ok(code, limit=60)
            pages = [p["data"]["text/plain"] for p in cell.reply["payload"] if p["source"] == "page"]
            self.assertEqual(len(pages), 1, code)
            self.assertIn(text, pages[0])
        self.run_ok("/// How many cups fit.\nfn capacity() -> u32 { 6 }\nlet pot = String::new();")
        for code, text in (("capacity?", "How many cups fit"), ("pot?", "String")):
            cell = self.run_ok(code, limit=60)
            self.assertIn(text, cell.reply["payload"][0]["data"]["text/plain"])
        self.refused("no_such_name_anywhere?", "no_such_name_anywhere")


class InputTests(KernelTestCase):
    def answered(self, code, *answers):
        """Runs a cell, and answers its questions; gives the cell, and the prompts."""
        msg_id = self.kernel.send(code, allow_stdin=True)
        prompts = []
        for answer in answers:
            try:
                request = self.kernel.kc.get_stdin_msg(timeout=30)
            except queue.Empty:
                self.kernel.interrupt()
                raise AssertionError(f"not asked for `{answer}`: {self.kernel.finish(msg_id).said()}") from None
            self.assertEqual(request["parent_header"]["msg_id"], msg_id)
            prompts.append(request["content"]["prompt"])
            self.kernel.kc.input(answer)
        return self.kernel.finish(msg_id), prompts

    def test_read_line_asks_and_what_was_printed_before_is_seen(self):
        cell, prompts = self.answered(
            "use std::io::Write;\nprint!(\"Your name: \");\nstd::io::stdout().flush()?;\nlet mut name = String::new();\n"
            "std::io::stdin().read_line(&mut name)?;\nprintln!(\"Hello, {}!\", name.trim());", "Ada")
        self.assertTrue(cell.ok, cell.error())
        self.assertIn("Your name: ", prompts[0] + cell.stream())
        self.assertTrue(cell.stream().endswith("Hello, Ada!\n"), cell.stream())

    def test_the_prompt_is_there_when_the_question_comes(self):
        msg_id = self.kernel.send("print!(\"how many? \"); { let mut s = String::new(); std::io::stdin().read_line(&mut s)?; s.len() }",
                                  allow_stdin=True)
        request = self.kernel.kc.get_stdin_msg(timeout=30)
        shown = request["content"]["prompt"] + "".join(
            m["content"]["text"] for m in self.kernel.drain(0.3) if m["msg_type"] == "stream")
        self.kernel.kc.input("12")
        self.assertEqual(self.kernel.finish(msg_id).result(), "3")
        self.assertIn("how many? ", shown)

    def test_a_loop_asks_until_it_is_content(self):
        cell, _ = self.answered(
            "let mut sum = 0;\nloop {\n    let mut line = String::new();\n    std::io::stdin().read_line(&mut line)?;\n"
            "    match line.trim().parse::<i32>() { Ok(n) => sum += n, Err(_) => break }\n}\nsum", "1", "20", "300", "enough")
        self.assertEqual(cell.result(), "321")

    def test_lines_and_empty_answers(self):
        cell, _ = self.answered("std::io::stdin().lines().take(3).map(|line| line.unwrap()).collect::<Vec<_>>()", "a", "", "ü 🦀")
        self.assertEqual(cell.result(), '["a", "", "ü 🦀"]')

    def test_a_thread_of_the_cell_may_ask(self):
        cell, _ = self.answered("std::thread::spawn(|| { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap(); s }).join().unwrap()", "x")
        self.assertEqual(cell.result(), '"x\\n"')

    def test_a_client_without_input_is_told_and_the_cell_goes_on(self):
        cell = self.kernel.run("{ let mut s = String::new(); std::io::stdin().read_line(&mut s)?; s.len() }", allow_stdin=False)
        self.assertLessEqual(int(cell.result()), 1)
        self.assertIn("input", cell.stream("stderr"))
        cell, _ = self.answered("{ let mut s = String::new(); std::io::stdin().read_line(&mut s)?; s }", "after")
        self.assertEqual(cell.result(), '"after\\n"')


if __name__ == "__main__":
    unittest.main()
