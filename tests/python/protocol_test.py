"""What jupyter_kernel_test does not ask: order, counts, errors, interrupts, input, what is kept."""

import queue
import time
import unittest

from jupyter_client.manager import start_new_kernel

from cells import LIMIT, Cell, support_crate


class ProtocolTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start_new_kernel(kernel_name="ferrolab", startup_timeout=120)
        cls.kc.execute_interactive(support_crate(), timeout=180)
        cls.kc.execute_interactive("use ferrolab::prelude::*;", timeout=120)

    @classmethod
    def tearDownClass(cls):
        cls.kc.stop_channels()
        cls.km.shutdown_kernel()

    def setUp(self):
        # A cell that hangs must fail its own test only.
        result = self._outcome.result
        self.failed_before = len(result.failures) + len(result.errors)
        self.addCleanup(self.interrupt_what_still_runs)
        for channel in (self.kc.iopub_channel, self.kc.shell_channel):
            try:
                while True:
                    channel.get_msg(timeout=0.05)
            except queue.Empty:
                pass

    def interrupt_what_still_runs(self):
        result = self._outcome.result
        if len(result.failures) + len(result.errors) > self.failed_before:
            self.km.interrupt_kernel()

    def send(self, code, **options):
        return self.kc.execute(code, **options)

    def finish(self, msg_id):
        reply = self.reply_to(msg_id)
        messages = []
        while True:
            message = self.kc.get_iopub_msg(timeout=LIMIT)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            messages.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return Cell(reply["content"], messages)

    def reply_to(self, msg_id):
        while True:
            reply = self.kc.get_shell_msg(timeout=LIMIT)
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply

    def run_cell(self, code, **options):
        return self.finish(self.send(code, **options))

    def run_ok(self, code, **options):
        cell = self.run_cell(code, **options)
        self.assertEqual(cell.reply["status"], "ok", cell.reply)
        return cell

    def test_outputs_come_in_the_order_of_the_code(self):
        cell = self.run_ok(
            'print!("a"); html("<b>b</b>").show(); println!("c"); svg("<svg xmlns=\\"http://www.w3.org/2000/svg\\"/>").show();'
            ' text("d").show(); println!("e"); 6 * 7'
        )
        self.assertEqual(
            cell.kinds(), ["stream", "display_data", "stream", "display_data", "stream", "execute_result"]
        )
        mimes = [sorted(c["data"]) for c in cell.of("display_data")]
        self.assertIn("text/html", mimes[0])
        self.assertIn("image/svg+xml", mimes[1])
        self.assertEqual(cell.stream(), "ac\ne\n")

    def test_two_displays_of_one_kind_are_both_there(self):
        cell = self.run_ok('html("<i>1</i>").show(); html("<i>2</i>").show();')
        self.assertEqual([c["data"]["text/html"] for c in cell.of("display_data")], ["<i>1</i>", "<i>2</i>"])

    def test_text_without_a_newline_arrives_before_idle(self):
        cell = self.run_ok('print!("no newline");')
        self.assertEqual(cell.stream(), "no newline")

    def test_a_lot_of_output_arrives_whole_and_before_idle(self):
        cell = self.run_ok('for i in 0..20_000 { println!("line {i}"); }')
        self.assertEqual(cell.stream().splitlines(), [f"line {i}" for i in range(20_000)])

    def test_bytes_that_are_no_utf8_do_not_end_the_cell(self):
        cell = self.run_ok(
            'use std::io::Write;\nstd::io::stdout().write_all(b"before \\xff after\\n").unwrap();\nprintln!("next");'
        )
        self.assertIn("before", cell.stream())
        self.assertIn("after\nnext\n", cell.stream())

    def test_stderr_is_a_stream_of_its_own(self):
        cell = self.run_ok('eprintln!("to stderr"); println!("to stdout");')
        self.assertEqual(cell.stream("stderr"), "to stderr\n")
        self.assertEqual(cell.stream(), "to stdout\n")

    def test_a_display_is_updated_in_place(self):
        cell = self.run_ok('let mut shown = display::live(&text("one")); shown.update(&text("two"));')
        (shown,) = cell.of("display_data")
        updates = cell.of("update_display_data")
        self.assertEqual(updates[-1]["data"]["text/plain"], "two")
        self.assertEqual(updates[-1]["transient"]["display_id"], shown["transient"]["display_id"])

    def test_progress_is_one_display_that_ends_full(self):
        cell = self.run_ok("for _ in progress(0..40) { std::thread::sleep(std::time::Duration::from_millis(10)); }")
        self.assertEqual(len(cell.of("display_data")), 1)
        updates = cell.of("update_display_data")
        self.assertGreater(len(updates), 2)
        self.assertIn("100 %", updates[-1]["data"]["text/plain"])

    def test_counts_go_up_by_one(self):
        first = self.run_ok("1")
        second = self.run_ok("2")
        self.assertEqual(second.reply["execution_count"], first.reply["execution_count"] + 1)
        self.assertEqual(second.of("execute_input")[0]["execution_count"], second.reply["execution_count"])
        self.assertEqual(second.of("execute_result")[0]["execution_count"], second.reply["execution_count"])

    def test_the_first_count_is_one(self):
        km, kc = start_new_kernel(kernel_name="ferrolab", startup_timeout=120)
        try:
            kc.execute("1 + 1")
            while (reply := kc.get_shell_msg(timeout=LIMIT))["msg_type"] != "execute_reply":
                pass
            self.assertEqual(reply["content"]["execution_count"], 1)
        finally:
            kc.stop_channels()
            km.shutdown_kernel()

    def test_silent_shows_nothing_and_counts_nothing(self):
        before = self.run_ok("1").reply["execution_count"]
        silent = self.run_ok("let quiet = 5; quiet", silent=True)
        self.assertEqual(silent.of("execute_input", "execute_result"), [])
        self.assertEqual(self.run_ok("quiet").reply["execution_count"], before + 1)

    def test_what_is_not_to_be_stored_is_not_in_the_history(self):
        self.run_ok('"stored in history"')
        self.run_ok('"not stored"', store_history=False)
        msg_id = self.kc.history(raw=True, output=False, hist_access_type="tail", n=3)
        inputs = [entry[2] for entry in self.reply_to(msg_id)["content"]["history"]]
        self.assertIn('"stored in history"', inputs)
        self.assertNotIn('"not stored"', inputs)

    def test_user_expressions_are_answered(self):
        cell = self.run_ok("let base = 20;", user_expressions={"good": "base * 2 + 2", "bad": "no_such_name"})
        self.assertEqual(cell.reply["user_expressions"]["good"]["status"], "ok")
        self.assertEqual(cell.reply["user_expressions"]["good"]["data"]["text/plain"], "42")
        self.assertEqual(cell.reply["user_expressions"]["bad"]["status"], "error")

    def test_a_compile_error_is_one_message_in_rustcs_words(self):
        cell = self.run_cell('let a = 1;\nlet number: i32 = "no number";')
        self.assertEqual(cell.reply["status"], "error")
        (error,) = cell.of("error")
        self.assertEqual(error["ename"], "E0308")
        self.assertIn("mismatched types", error["evalue"])
        shown = "\n".join(error["traceback"])
        self.assertIn("expected `i32`, found `&str`", shown)
        # The line is the cell's own.
        self.assertRegex(shown, r"2.*\|.*let number")
        self.assertEqual(cell.reply["ename"], error["ename"])

    def test_a_panic_is_one_error_and_the_kernel_goes_on(self):
        cell = self.run_cell('let empty: Vec<i32> = vec![];\nprintln!("{}", empty[3]);')
        (error,) = cell.of("error")
        self.assertEqual(error["ename"], "panic")
        self.assertIn("index out of bounds", error["evalue"])
        self.assertEqual(self.run_ok("1 + 1").of("execute_result")[0]["data"]["text/plain"], "2")

    def test_warnings_of_a_good_cell_are_shown(self):
        cell = self.run_ok("fn warned() { let unused_one = 3; }\nwarned();")
        self.assertIn("unused_one", cell.stream("stderr") + "".join(str(c) for c in cell.of("display_data")))

    def test_after_an_error_waiting_cells_are_given_up(self):
        ids = [self.send("std::thread::sleep(std::time::Duration::from_millis(300)); let x: i32 = true;"), self.send("7")]
        replies = [self.reply_to(msg_id)["content"] for msg_id in ids]
        self.assertEqual(replies[0]["status"], "error")
        self.assertIn(replies[1]["status"], ("aborted", "error"))
        self.assertEqual(self.run_ok("8").of("execute_result")[0]["data"]["text/plain"], "8")

    def test_an_error_that_is_not_to_stop_leaves_waiting_cells_alone(self):
        ids = [self.send("let x: i32 = true;", stop_on_error=False), self.send("7")]
        replies = [self.reply_to(msg_id)["content"] for msg_id in ids]
        self.assertEqual([r["status"] for r in replies], ["error", "ok"])

    def test_an_endless_loop_is_interrupted_and_the_kernel_goes_on(self):
        msg_id = self.send('println!("running"); loop { std::hint::spin_loop(); }')
        while True:
            message = self.kc.get_iopub_msg(timeout=LIMIT)
            if message["msg_type"] == "stream" and message["parent_header"]["msg_id"] == msg_id:
                break
        self.km.interrupt_kernel()
        cell = self.finish(msg_id)
        self.assertEqual(cell.reply["status"], "error")
        self.assertEqual(self.run_ok("3 * 3").of("execute_result")[0]["data"]["text/plain"], "9")

    def test_kernel_info_is_answered_while_a_cell_runs(self):
        msg_id = self.send("std::thread::sleep(std::time::Duration::from_secs(3));")
        info = self.kc.kernel_info()
        reply = self.kc.get_shell_msg(timeout=LIMIT)
        self.assertEqual(reply["parent_header"]["msg_id"], info)
        self.assertEqual(self.finish(msg_id).reply["status"], "ok")

    def test_a_cell_reads_input(self):
        msg_id = self.send(
            'println!("EVCXR_INPUT_REQUEST:which drink? ");\nlet mut line = String::new();\n'
            'std::io::stdin().read_line(&mut line).unwrap();\nprintln!("got {}", line.trim());',
            allow_stdin=True,
        )
        request = self.kc.get_stdin_msg(timeout=LIMIT)
        self.assertEqual(request["msg_type"], "input_request")
        self.assertIn("which drink?", request["content"]["prompt"])
        self.kc.input("tea")
        self.assertEqual(self.finish(msg_id).stream(), "got tea\n")

    def test_variables_and_functions_stay(self):
        self.run_ok("let kept: Vec<i32> = vec![1, 2, 3];\nfn twice(x: i32) -> i32 { 2 * x }")
        cell = self.run_ok("kept.iter().map(|x| twice(*x)).sum::<i32>()")
        self.assertEqual(cell.of("execute_result")[0]["data"]["text/plain"], "12")

    def test_magics(self):
        self.assertIn("wall", self.run_ok("%%time\nlet timed_value = 3;").stream())
        self.assertEqual(self.run_ok("timed_value").of("execute_result")[0]["data"]["text/plain"], "3")
        self.assertIn("wall", self.run_ok("//%%time\nlet again = 3;").stream())
        self.assertIn("3\n", self.run_ok("%%python\nprint(1 + 2)").stream())
        self.assertIn("hello\n", self.run_ok("%%bash\necho hello").stream())
        self.assertIn("there\n", self.run_ok("!echo there").stream())
        self.assertIn("%%timeit", self.run_ok("%lsmagic").stream())
        cell = self.run_ok("%timeit std::hint::black_box(1) + 1")
        shown = cell.stream() + "".join(c["data"].get("text/plain", "") for c in cell.of("display_data", "execute_result"))
        self.assertRegex(shown, "ns|µs")

    def test_an_unknown_magic_is_an_error_that_says_what_there_is(self):
        cell = self.run_cell("%%tiem\n1")
        (error,) = cell.of("error")
        self.assertIn("%%tiem", "\n".join([error["evalue"], *error["traceback"]]))

    def test_comms_are_none(self):
        msg_id = self.kc.comm_info()
        self.assertEqual(self.reply_to(msg_id)["content"]["comms"], {})

    def test_emoji_and_umlauts_survive(self):
        cell = self.run_ok('let wörter = "grüße 🦀"; println!("{wörter}");')
        self.assertEqual(cell.stream(), "grüße 🦀\n")
        msg_id = self.kc.complete('let krebs = "🦀🦀"; krebs.is_empt', 31)
        content = self.reply_to(msg_id)["content"]
        self.assertIn("is_empty", content["matches"])
        self.assertEqual((content["cursor_start"], content["cursor_end"]), (24, 31))

    def test_a_kernel_that_is_shut_down_is_gone_soon(self):
        km, kc = start_new_kernel(kernel_name="ferrolab", startup_timeout=120)
        kc.stop_channels()
        begin = time.monotonic()
        km.shutdown_kernel(now=False)
        self.assertFalse(km.is_alive())
        # jupyter_client waits five seconds before it kills.
        self.assertLess(time.monotonic() - begin, 4.9)
