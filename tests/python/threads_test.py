"""What a session has beside variables: threads of earlier cells, the async runtime, open files."""

import time
import unittest

from cells import Kernel

COUNTING = """use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
let ticks = Arc::new(AtomicU64::new(0));
let enough = Arc::new(AtomicBool::new(false));
let ticking = {
    let (ticks, enough) = (Arc::clone(&ticks), Arc::clone(&enough));
    std::thread::spawn(move || while !enough.load(Ordering::Relaxed) {
        ticks.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(std::time::Duration::from_millis(1));
    })
};"""


class ThreadTests(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.addCleanup(self.kernel.stop)

    def run_ok(self, code, **options):
        cell = self.kernel.run(code, **options)
        self.assertTrue(cell.ok, cell.error())
        return cell

    def ticks(self):
        return int(self.run_ok("ticks.load(Ordering::Relaxed)").result())

    def test_threads_live_on_and_a_crash_says_once_that_they_are_gone(self):
        self.run_ok(COUNTING)
        seen = []
        for n in range(4):
            time.sleep(0.1)
            seen.append(self.ticks())
            self.run_ok(f"let cell_{n} = {n};")
            # What is refused by rustc ends nothing either.
            self.assertFalse(self.kernel.run("let x: i32 = \"no\";").ok)
        self.assertTrue(all(a < b for a, b in zip(seen, seen[1:])), seen)
        crash = self.kernel.run('panic!("enough");')
        self.assertRegex(crash.said(), "thread.*gone")
        stopped = self.ticks()
        time.sleep(0.2)
        self.assertEqual(self.ticks(), stopped, "the thread is said to be gone and runs")
        for again in ('panic!("again");', "std::process::abort();", "1"):
            self.assertNotRegex(self.kernel.run(again).said(), "gone")
        # Its handle is of no use any more, and that can be told without waiting for ever.
        self.kernel.run("let _ = ticking.join();", limit=10)
        # The session can have new ones.
        self.run_ok(COUNTING)
        time.sleep(0.1)
        self.assertGreater(self.ticks(), 0)
        self.run_ok("enough.store(true, Ordering::Relaxed);\nticking.join().unwrap();")
        self.assertNotRegex(self.kernel.run('panic!("none runs");').said(), "gone")

    def test_what_a_thread_did_until_the_crash_stays_or_goes_as_a_whole(self):
        self.run_ok(
            "use std::sync::{Arc, Mutex};\nlet pairs = Arc::new(Mutex::new((0_u64, 0_u64)));\n"
            "let worker = { let pairs = Arc::clone(&pairs); std::thread::spawn(move || for n in 1.. {\n"
            "    { let mut both = pairs.lock().unwrap(); both.0 = n; both.1 = n; }\n"
            "    std::thread::sleep(std::time::Duration::from_millis(2));\n}) };")
        time.sleep(0.1)
        self.assertFalse(self.kernel.run("std::process::abort();").ok)
        # A copy may be made while the thread holds the lock: then it stays locked, and that can be told.
        cell = self.run_ok("pairs.try_lock().map_or(true, |both| both.0 == both.1)")
        self.assertEqual(cell.result(), "true")

    def test_threads_in_scope_and_channels_work_in_and_over_cells(self):
        cell = self.run_ok(
            "let all: Vec<u64> = (0..1000).collect();\nlet sum: u64 = std::thread::scope(|scope| {\n"
            "    let halves: Vec<_> = all.chunks(500).map(|part| scope.spawn(move || part.iter().sum::<u64>())).collect();\n"
            "    halves.into_iter().map(|half| half.join().unwrap()).sum()\n});\nsum")
        self.assertEqual(cell.result(), "499500")
        self.run_ok("let (send, receive) = std::sync::mpsc::channel::<String>();\n"
                    "let echo = std::thread::spawn(move || receive.iter().map(|text| text.len()).sum::<usize>());")
        self.run_ok('send.send("three".to_string()).unwrap();')
        self.run_ok('send.send("four".to_string()).unwrap();\ndrop(send);')
        self.assertEqual(self.run_ok("echo.join().unwrap()").result(), "9")

    def test_thread_locals_and_open_files_outlive_a_crash(self):
        self.run_ok(
            "use std::io::{Read, Seek, Write};\nlet path = std::env::temp_dir().join(format!(\"ferrolab-{}\", std::process::id()));\n"
            "let mut file = std::fs::File::options().create(true).read(true).write(true).truncate(true).open(&path)?;\n"
            "std::fs::remove_file(&path)?;")
        self.run_ok('file.write_all(b"first")?;')
        self.assertFalse(self.kernel.run("let file = 1;\nstd::process::abort();").ok)
        cell = self.run_ok("let mut text = String::new();\nfile.rewind()?;\nfile.read_to_string(&mut text)?;\ntext")
        self.assertEqual(cell.result(), '"first"')

    def test_an_async_runtime_is_kept_and_after_a_crash_made_anew(self):
        self.run_ok(':offline 1\n:dep tokio = { version = "1", features = ["rt-multi-thread", "time", "macros"] }', limit=180)
        cell = self.run_ok("async fn slow(n: u32) -> u32 { tokio::time::sleep(std::time::Duration::from_millis(20)).await; n * 2 }\n"
                           "slow(21).await", limit=60)
        self.assertEqual(cell.result(), "42")
        self.run_ok("let task = tokio::spawn(async { slow(4).await });\ntokio::task::yield_now().await;", limit=60)
        self.assertEqual(self.run_ok("let got = task.await?;\ngot").result(), "8")
        crash = self.kernel.run('panic!("with a runtime");')
        self.assertRegex(crash.said(), "async runtime")
        self.assertEqual(self.run_ok("slow(5).await").result(), "10")
        self.assertEqual(self.run_ok("got").result(), "8")
        self.assertNotRegex(self.run_ok("1").said(), "runtime")


if __name__ == "__main__":
    unittest.main()
