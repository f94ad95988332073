"""A session with variables of many kinds, and a look at all of them: what a failed cell must not change."""

import unittest

from cells import Kernel

# The cells that make it.
DEFINITIONS = [
    """use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

#[derive(Debug, Clone, PartialEq)]
struct Point { x: f64, y: f64, name: String }

/// Its drop fails.
struct Charge(u32);
impl Drop for Charge {
    fn drop(&mut self) { panic!("the charge went off") }
}""",
    """let mut numbers: Vec<i64> = (1..=5).collect();
let mut title = String::from("before");
let mut table: HashMap<String, Vec<u8>> = HashMap::from([("a".to_string(), vec![1, 2]), ("b".to_string(), vec![3])]);
let shared: Rc<RefCell<Vec<String>>> = Rc::new(RefCell::new(vec!["one".to_string()]));
let alias = Rc::clone(&shared);
let shadowed = 1_u8;
let moved = vec![String::from("still"), String::from("here")];
let mut big: Vec<u64> = (0..4_000_000).map(|n| n * n).collect();
let mut point = Point { x: 0.5, y: -2.0, name: "corner".to_string() };
let charge = Charge(7);""",
    """let mut counter: Box<dyn FnMut() -> u64> = {
    let mut count = 0;
    Box::new(move || { count += 1; count })
};
let shadowed = format!("{shadowed} and more");""",
]

# Calls the counter: the number goes up by one with each look.
LOOK = """let mut keys: Vec<&String> = table.keys().collect();
keys.sort();
let sum = big.iter().fold(0_u64, |sum, n| sum.rotate_left(5) ^ n);
println!("{numbers:?} {title} {keys:?} {:?}", keys.iter().map(|key| &table[*key]).collect::<Vec<_>>());
println!("{shared:?} {} {}", Rc::strong_count(&alias), Rc::ptr_eq(&shared, &alias));
println!("{shadowed} {moved:?} {point:?} {} {sum:x}", big.len());
println!("call {}", counter());"""
LOOK = "{\n" + LOOK + "\n}"

# What each faulty cell does before its fault: shadows one variable, moves another, changes the others.
CHANGES = """let shadowed = 7_i32;
let gone = moved;
numbers.push(99);
title.push('!');
table.insert("new".to_string(), vec![0]);
shared.borrow_mut().push("changed".to_string());
point.x += 1.0;
big[17] = 0;
counter();
"""


class FixtureTests(unittest.TestCase):
    """Tests that share one session. A test that fails costs the session, lest others fail for it."""

    kernel = None

    @classmethod
    def tearDownClass(cls):
        cls.stop()

    @classmethod
    def stop(cls):
        if cls.kernel:
            cls.kernel.stop()
            FixtureTests.kernel = cls.kernel = None

    @classmethod
    def begin(cls):
        cls.kernel = Kernel()
        for code in DEFINITIONS:
            cell = cls.kernel.run(code)
            assert cell.ok, cell.error()
        cls.calls = 0
        cls.look = cls.seen()
        cls.whos = cls.kernel.run("%whos").shown()

    @classmethod
    def seen(cls):
        """What the variables are, but for the counter, which is compared here."""
        cell = cls.kernel.run(LOOK)
        assert cell.ok, cell.error()
        text, calls = cell.stream().rsplit("call ", 1)
        cls.calls += 1
        assert int(calls) == cls.calls, f"the counter is at {calls}, expected {cls.calls}"
        return text

    def setUp(self):
        if self.kernel is None:
            type(self).begin()
        self.kernel.drain(0.01)
        result = self._outcome.result
        self.failed_before = len(result.failures) + len(result.errors)
        self.addCleanup(self.give_up_a_spoiled_session)

    def give_up_a_spoiled_session(self):
        result = self._outcome.result
        if len(result.failures) + len(result.errors) > self.failed_before:
            type(self).stop()

    def run_ok(self, code, **options):
        cell = self.kernel.run(code, **options)
        self.assertTrue(cell.ok, cell.error())
        return cell

    def assert_as_before(self):
        """The kernel answers, and all variables are as they were."""
        self.assertEqual(self.run_ok("1 + 1").result(), "2")
        self.assertEqual(self.run_ok("%whos").shown(), self.whos)
        self.assertEqual(self.seen(), self.look)

    def assert_one_error(self, cell, *patterns):
        """One `error` message, a reply that agrees, and words that name the cause."""
        self.assertEqual(cell.reply["status"], "error", cell.shown())
        (error,) = cell.of("error")
        self.assertEqual((cell.reply["ename"], cell.reply["evalue"]), (error["ename"], error["evalue"]))
        self.assertTrue(error["traceback"])
        for pattern in patterns:
            self.assertRegex(cell.error(), pattern)
