"""What learners type first: closures and iterators that stay, and the line to write where one cannot."""

import re
import unittest

from cells import KernelTestCase


class LearnerTests(KernelTestCase):
    def setUp(self):
        self.run_ok(":clear")

    def gives(self, code, result):
        """The value of a cell."""
        self.assertEqual(self.run_ok(code).result(), result, code)

    def refused(self, code, *patterns):
        cell = self.kernel.run(code)
        self.assertFalse(cell.ok, code)
        self.assertEqual(len(cell.of("error")), 1)
        for pattern in patterns:
            self.assertRegex(cell.error(), pattern)
        return cell


class ClosureTests(LearnerTests):
    def test_a_closure_stays_and_can_be_called(self):
        self.run_ok("let f = |x: i32| x + 1;")
        self.gives("f(2)", "3")
        self.gives("(1..4).map(&f).collect::<Vec<_>>()", "[2, 3, 4]")
        self.gives("f(f(f(0)))", "3")

    def test_it_captures_by_move(self):
        self.run_ok('let name = String::from("tea");\nlet rate = 3_usize;')
        self.run_ok("let order = move |count: usize| format!(\"{}\", name.repeat(count * rate));")
        self.gives("order(1)", '"teateatea"')
        # What is copied is still there, what was moved is not.
        self.gives("rate", "3")
        self.refused("name", "E0425|E0382", "name")

    def test_captures_of_the_same_cell(self):
        self.run_ok("let base = vec![1, 2, 3];\nlet at = move |i: usize| base[i];")
        self.gives("at(2)", "3")

    def test_a_closure_that_returns_a_closure(self):
        self.run_ok("let add = |n: i32| move |x: i32| x + n;")
        self.gives("add(2)(5)", "7")
        self.run_ok("let add_two = add(2);")
        self.gives("add_two(40)", "42")
        self.run_ok("let three = |a: i32| move |b: i32| move |c: i32| a * 100 + b * 10 + c;")
        self.gives("three(1)(2)(3)", "123")

    def test_a_counter_keeps_its_count(self):
        self.run_ok("let mut next = { let mut count = 0; move || { count += 1; count } };")
        self.gives("next()", "1")
        self.gives("next() + next()", "5")
        self.assertFalse(self.kernel.run('next(); panic!("not counted");').ok)
        self.gives("next()", "4")

    def test_a_counter_that_changes_a_variable_it_owns(self):
        self.run_ok("let mut log: Vec<String> = vec![];\nlet mut note = move |text: &str| { log.push(text.to_owned()); log.len() };")
        self.gives('note("a")', "1")
        self.gives('note("b")', "2")

    def test_a_closure_that_can_be_called_once(self):
        self.run_ok('let text = String::from("given away");\nlet give = move || text;')
        self.gives("give()", '"given away"')
        self.refused("give()", "E0425|E0382|gone", "give")

    def test_parameters_and_results_of_many_kinds(self):
        for code, call, result in [
            ("let f = || 7;", "f()", "7"),
            ('let f = |s: &str| s.len();', 'f("four")', "4"),
            ("let f = |v: &Vec<i32>| v.len();", "f(&vec![1, 2])", "2"),
            ("let f = |v: &mut Vec<i32>| v.push(1);", "{ let mut v = vec![]; f(&mut v); v }", "[1]"),
            ("let f = |x: f64, y: f64| -> f64 { x.hypot(y) };", "f(3.0, 4.0)", "5.0"),
            ("let f = |(a, b): (i32, i32)| a * b;", "f((6, 7))", "42"),
            ("let f = |x: Option<i32>| x.map(|y| y + 1);", "f(Some(1))", "Some(2)"),
            ("let f = |mut x: u8| { x += 1; x };", "f(1)", "2"),
            ("let f = |_: u8| ();", "f(1)", ""),
            ("let f = |text: String| text + \"!\";", 'f("a".to_string())', '"a!"'),
            ("let f = |x: [i32; 3]| x.iter().sum::<i32>();", "f([1, 2, 3])", "6"),
            ("let mut f = |x: i32| x * 2;", "f(4)", "8"),
            ("let f = (|x: i32| x - 1);", "f(4)", "3"),
            ("let f = |x: &i32| *x > 2;", "(0..5).filter(f).count()", "2"),
            ("let f = |a: &'static str, b: &'static str| if a.len() > b.len() { a } else { b };", 'f("ab", "c")', '"ab"'),
            ("let f: Box<dyn Fn(&'static str) -> &'static str> = Box::new(|s| s);", 'f("s")', '"s"'),
            ("let f = |s: &str| -> String { s.repeat(2) };", 'f("ab")', '"abab"'),
        ]:
            with self.subTest(code):
                self.run_ok(code)
                self.gives(call, result)

    def test_types_that_the_cell_itself_tells(self):
        self.run_ok("let halve = |x| x / 2.0;\nlet seen = halve(3.0);")
        self.gives("halve(5.0) + seen", "4.0")

    def test_functions_as_values(self):
        self.run_ok("fn double(x: i32) -> i32 { 2 * x }\nlet f = double;\nlet parse = str::parse::<i32>;\nlet abs = i32::abs;")
        self.gives("(f(4), parse(\"12\"), abs(-3))", "(8, Ok(12), 3)")

    def test_closures_in_boxes_and_vectors(self):
        self.run_ok("let all: Vec<Box<dyn Fn(i32) -> i32>> = vec![Box::new(|x| x + 1), Box::new(|x| x * 10)];")
        self.gives("all.iter().fold(1, |x, f| f(x))", "20")
        self.run_ok("fn twice(f: impl Fn(i32) -> i32) -> impl Fn(i32) -> i32 { move |x| f(f(x)) }\nlet four = twice(|x| x + 2);")
        self.gives("four(0)", "4")

    def test_a_closure_that_borrows_shows_the_move(self):
        cell = self.refused("let limit = 80.0;\nlet text = String::from(\"x\");\nlet f = |t: f64| t > limit && text.len() == 1;",
                            "cannot outlive|does not live long enough", "move")
        (line,) = re.findall(r"`(let f = .*?move.*?;)`", cell.of("error")[0]["evalue"])
        # The line that it shows is the one to write.
        self.run_ok(f"let limit = 80.0;\nlet text = String::from(\"x\");\n{line}")
        self.gives("f(81.0)", "true")

    def test_closures_in_a_tuple_name_a_way(self):
        cell = self.kernel.run("let (f, g) = (|x: i32| x + 1, |x: i32| x - 1);")
        if cell.ok:
            self.gives("f(1) + g(1)", "2")
        else:
            self.assertRegex(cell.error(), "hint: .*(let|Box)")


class VariableTests(LearnerTests):
    def test_names_in_capitals_stay(self):
        self.run_ok("let N = 10;\nlet A = [[1, 2], [3, 4]];\nlet mut X_0 = vec![N];")
        self.run_ok("X_0.push(A[1][1]);")
        self.gives("N * A[1][0] + X_0[1]", "34")
        # A constant in a pattern is none of them.
        self.run_ok("const LIMIT: i32 = 10;\nlet (N, M) = (1, 2);")
        self.gives("match 10 { LIMIT => N + M, _ => 0 }", "3")

    def test_a_type_of_the_inside_of_a_block_is_told_so(self):
        self.refused("let local = { struct Hidden(i32); Hidden(3) };", "Hidden", "hint: ")
        self.gives("1 + 1", "2")

    def test_variables_named_as_the_engine_names_things(self):
        self.run_ok("let take = 1; let put = 2; let drop = 3; let main = 4; let ctx = 5; let body = 6; let run = 7; let std = 8;")
        self.gives("take + put + drop + main + ctx + body + run + std", "36")

    def test_types_named_as_those_of_the_standard_library(self):
        self.run_ok("#[derive(Debug)]\nstruct String(u8);\n#[derive(Debug)]\nenum Option { None, Some }\n#[derive(Debug)]\nstruct Box;")
        self.run_ok('let mine = (String(1), Option::Some, Box);\nlet theirs = ("x".to_string(), std::option::Option::Some(1), std::boxed::Box::new(2));')
        self.gives("(mine, theirs)", '((String(1), Some, Box), ("x", Some(1), 2))')

    def test_large_values_stay(self):
        self.run_ok("let large = [1_u64; 300_000];\nlet heap = vec![1_u8; 200 << 20];")
        self.gives("large.len() + heap.len()", str(300_000 + (200 << 20)))
        self.run_ok("drop(heap);")


class IteratorTests(LearnerTests):
    def test_an_iterator_stays_boxed_and_says_so(self):
        cell = self.run_ok("let it = (1..10).map(|x| x * 2);")
        self.assertRegex(cell.shown(), "`it`.*Box<dyn Iterator<Item = i32>>")
        self.gives("it.sum::<i32>()", "90")
        self.refused("it.count()", "E0425|E0382")

    def test_its_place_is_kept_over_cells(self):
        self.run_ok("let mut evens = (1_u64..).filter(|n| n % 2 == 0);")
        self.gives("evens.next()", "Some(2)")
        self.gives("evens.by_ref().take(3).collect::<Vec<_>>()", "[4, 6, 8]")
        self.assertFalse(self.kernel.run('evens.next(); panic!("not taken");').ok)
        self.gives("evens.next()", "Some(10)")

    def test_adaptors_of_many_kinds(self):
        for code, use, result in [
            ("let it = vec![3, 1, 2].into_iter().rev();", "it.collect::<Vec<_>>()", "[2, 1, 3]"),
            ("let it = (0..3).zip(10..13).map(|(a, b)| a + b);", "it.collect::<Vec<i32>>()", "[10, 12, 14]"),
            ('let it = "a b c".split(\' \').map(|s| s.to_uppercase());', "it.collect::<String>()", '"ABC"'),
            ("let it = std::iter::successors(Some(1_u32), |n| n.checked_mul(10));", "it.count()", "10"),
            ("let it = (1..4).flat_map(|n| vec![n; n]);", "it.collect::<Vec<_>>()", "[1, 2, 2, 3, 3, 3]"),
            ("let it = (1..=3_usize).chain(7..9).enumerate().skip(1);", "it.map(|(i, n)| i * n).sum::<usize>()", "61"),
            ("let it = (0..6).step_by(2);", "it.collect::<Vec<_>>()", "[0, 2, 4]"),
            ("let it = std::iter::from_fn({ let mut n = 0; move || { n += 1; (n < 4).then_some(n) } });",
             "it.sum::<i32>()", "6"),
        ]:
            with self.subTest(code):
                self.run_ok(code)
                self.gives(use, result)

    def test_a_borrowing_iterator_shows_the_line_to_write(self):
        self.run_ok("let v = vec![1, 2, 3];")
        cell = self.refused("let it = v.iter().map(|x| x * 2);", "cannot outlive", "collect")
        (line,) = re.findall(r"`(let it.*?;)`", cell.of("error")[0]["evalue"])[:1]
        self.run_ok(line)
        self.gives("it.len()", "3")


class ReferenceTests(LearnerTests):
    def test_references_and_guards_show_the_line_to_write(self):
        self.run_ok("use std::sync::{Mutex, RwLock};\nuse std::cell::RefCell;\nlet v = vec![1, 2, 3];\nlet text = String::from(\" tea \");\n"
                    "let lock = Mutex::new(5);\nlet both = RwLock::new(6);\nlet cell = RefCell::new(7);\n"
                    "#[derive(Clone)]\nstruct P { name: String }\nlet p = P { name: \"n\".into() };")
        for code, name in [
            ("let r = &v;", "r"), ("let part = &v[1..];", "part"), ("let s = text.trim();", "s"), ("let n = &p.name;", "n"),
            ("let first = v.first();", "first"), ("let words = text.split(' ');", "words"),
            ("let letters: Vec<&str> = text.split(' ').collect();", "letters"), ("let mut it = v.iter();", "it"),
            ("let local = String::from(\"x\");\nlet r = &local;", "r"),
            ("let guard = lock.lock().unwrap();", "guard"), ("let read = both.read().unwrap();", "read"),
            ("let held = cell.borrow();", "held"),
        ]:
            with self.subTest(code):
                cell = self.refused(code, f"`{name}`", "hint: ")
                for line in re.findall(r"`(let [^`]*;)`", cell.of("error")[0]["evalue"]):
                    again = self.kernel.run("\n".join([*code.split("\n")[:-1], line]))
                    self.assertTrue(again.ok, f"{line}\n{again.error()}")
                # Nothing else is lost by the mistake.
                self.gives("(v.len(), text.len(), p.name.len())", "(3, 5, 1)")
                self.gives("(*lock.lock().unwrap(), *both.read().unwrap(), *cell.borrow())", "(5, 6, 7)")

    def test_what_lives_for_ever_may_be_borrowed(self):
        self.run_ok('let word = "static";\nconst LIST: [i32; 3] = [1, 2, 3];\nlet all = &LIST;\nlet leaked: &\'static mut Vec<i32> = Box::leak(Box::new(vec![1]));')
        self.gives("leaked.push(2);\n(word, all.len(), leaked.len())", '("static", 3, 2)')

    def test_inside_one_cell_everything_may_be_borrowed(self):
        self.gives("let v = vec![1, 2];\n{ let r = &v; let g = std::sync::Mutex::new(r); let held = g.lock().unwrap(); held.len() }", "2")


if __name__ == "__main__":
    unittest.main()
