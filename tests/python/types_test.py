"""Items that are defined anew: variables of the old ones go with a message and are never misread."""

import unittest

from cells import KernelTestCase

DEFINED = """#[derive(Debug, Clone)]
struct Point { x: f64, y: f64 }
impl Point { fn norm(&self) -> f64 { self.x.hypot(self.y) } }
trait Shape { fn area(&self) -> f64; fn name(&self) -> String { "shape".to_string() } }
struct Square(f64);
impl Shape for Square { fn area(&self) -> f64 { self.0 * self.0 } }
const SIZE: usize = 3;
type Row = [u8; SIZE];
mod inner { #[derive(Debug)] pub struct Leaf { pub weight: u32 } }
struct Holder { leaf: inner::Leaf, row: Row }
enum Drink { Tea, Coffee(u32) }"""

MADE = """use std::collections::HashMap;
let plain = 7;
let text = String::from("kept");
let point = Point { x: 3.0, y: 4.0 };
let points = vec![point.clone(), point.clone()];
let deep: HashMap<String, Option<Box<(u8, Point)>>> = HashMap::from([("a".to_string(), Some(Box::new((1, point.clone()))))]);
let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(2.0)), Box::new(Square(3.0))];
let square = Square(5.0);
let row: Row = [1, 2, 3];
let leaf = inner::Leaf { weight: 9 };
let holder = Holder { leaf: inner::Leaf { weight: 4 }, row };
let drink = Drink::Coffee(3);
let pair = (plain, "static");
let taker: Box<dyn Fn(&Point) -> f64> = Box::new(|p| p.x);
let captor: Box<dyn Fn() -> f64> = { let point = point.clone(); Box::new(move || point.norm()) };"""


class TypeTests(KernelTestCase):
    def setUp(self):
        for code in (":clear", DEFINED, MADE):
            self.run_ok(code)
        self.before = self.variables()

    def variables(self):
        return set(self.run_ok("%who").shown().split())

    def assert_dropped(self, cell, *names):
        """These variables are gone, the cell has said so of each, and no other is."""
        self.assertTrue(cell.ok, cell.error())
        self.assertEqual(self.before - self.variables(), set(names))
        for name in names:
            self.assertRegex(cell.shown(), f"`{name}`.*dropped")
        refused = self.kernel.run(names[0] if names else "no_such_variable")
        self.assertIn("E0425", refused.error())
        self.assertEqual(self.run_ok("(plain, text.len())").result(), "(7, 4)")

    def test_a_struct_with_other_fields(self):
        cell = self.kernel.run("#[derive(Debug, Clone)]\nstruct Point { name: String, tags: Vec<String> }")
        self.assert_dropped(cell, "point", "points", "deep", "taker")
        # A closure's code is that of its own cell.
        self.assertEqual(self.run_ok("captor()").result(), "5.0")
        cell = self.run_ok('let point = Point { name: "new".into(), tags: vec![] };\npoint')
        self.assertEqual(cell.result(), 'Point { name: "new", tags: [] }')

    def test_a_struct_with_fields_in_another_order(self):
        cell = self.kernel.run("struct Point { y: f64, x: f64 }\nlet swapped = Point { x: 1.0, y: 2.0 };")
        self.assert_dropped(cell, "point", "points", "deep", "taker")
        self.assertEqual(self.run_ok("(swapped.x, swapped.y)").result(), "(1.0, 2.0)")

    def test_the_same_definition_drops_nothing(self):
        self.assert_dropped(self.kernel.run(DEFINED))
        self.assertEqual(self.run_ok("point.norm()").result(), "5.0")

    def test_a_trait_with_its_methods_in_another_order(self):
        cell = self.kernel.run('trait Shape { fn name(&self) -> String { "form".to_string() } fn area(&self) -> f64; }')
        self.assert_dropped(cell, "shapes")
        cell = self.run_ok("let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(4.0))];\n(shapes[0].area(), shapes[0].name())")
        self.assertEqual(cell.result(), '(16.0, "form")')

    def test_a_trait_with_one_method_more(self):
        cell = self.kernel.run(
            "trait Shape { fn corners(&self) -> u32; fn area(&self) -> f64; }\n"
            "impl Shape for Square { fn corners(&self) -> u32 { 4 } fn area(&self) -> f64 { self.0 * self.0 } }")
        self.assert_dropped(cell, "shapes")
        self.assertEqual(self.run_ok("square.corners()").result(), "4")

    def test_another_impl_of_the_same_trait(self):
        cell = self.kernel.run("impl Shape for Square { fn area(&self) -> f64 { -1.0 } }")
        self.assertTrue(cell.ok, cell.error())
        self.assertEqual(self.run_ok("square.area()").result(), "-1.0")
        left = self.variables()
        if "shapes" in left:
            self.assertEqual(self.run_ok("shapes.iter().map(|s| s.area()).collect::<Vec<_>>()").result(), "[4.0, 9.0]")

    def test_another_method_of_the_type_itself(self):
        self.assert_dropped(self.kernel.run("impl Point { fn norm(&self) -> f64 { 0.0 } }"))
        self.assertEqual(self.run_ok("point.norm()").result(), "0.0")

    def test_a_constant_in_an_arrays_length(self):
        # A `[u8; 3]` stays what it was; what names the constant does not.
        self.assert_dropped(self.kernel.run("const SIZE: usize = 4;"), "holder")
        self.assertEqual(self.run_ok("row").result(), "[1, 2, 3]")

    def test_an_alias(self):
        cell = self.kernel.run("type Row = Vec<u8>;")
        self.assertTrue(cell.ok, cell.error())
        self.assertNotIn("holder", self.variables())
        self.assertEqual(self.run_ok("let more: Row = vec![1];\nmore").result(), "[1]")

    def test_a_module(self):
        self.assert_dropped(self.kernel.run("mod inner { pub struct Leaf { pub weight: String } }"), "holder", "leaf")

    def test_an_enum(self):
        cell = self.kernel.run("enum Drink { Water, Coffee(String), Tea }\nlet drink = Drink::Coffee(\"new\".to_string());")
        self.assertTrue(cell.ok, cell.error())
        self.assertEqual(self.run_ok("match &drink { Drink::Coffee(of) => of.clone(), _ => String::new() }").result(), '"new"')
        self.assertEqual(self.variables(), self.before)

    def test_one_cell_that_uses_the_old_and_defines_the_new(self):
        cell = self.kernel.run("struct Point { z: u8 }\nprintln!(\"{}\", point.x);")
        self.assertFalse(cell.ok)
        self.assertIn("point", cell.error())
        # It was not compiled, so nothing has changed.
        self.assertEqual(self.variables(), self.before)
        self.assertEqual(self.run_ok("point.norm()").result(), "5.0")

    def test_a_redefinition_in_a_cell_that_crashes_is_none(self):
        cell = self.kernel.run("struct Point { z: u8 }\nlet point = Point { z: 1 };\npanic!(\"late\");")
        self.assertEqual([e["evalue"] for e in cell.of("error")], ["late"])
        self.assertEqual(self.variables(), self.before)
        self.assertEqual(self.run_ok("(point.norm(), points.len(), taker(&point))").result(), "(5.0, 2, 3.0)")

    def test_a_redefinition_that_is_interrupted_is_none(self):
        msg_id = self.kernel.send("struct Point { z: u8 }\nprintln!(\"it runs\");\nloop {}")
        self.kernel.until_it_prints(msg_id, "it runs")
        self.kernel.interrupt()
        self.assertFalse(self.kernel.finish(msg_id).ok)
        self.assertEqual(self.run_ok("(point.norm(), points.len(), taker(&point))").result(), "(5.0, 2, 3.0)")

    def test_any_never_misreads_a_redefined_type(self):
        self.run_ok("let any: Box<dyn std::any::Any> = Box::new(Point { x: 1.0, y: 2.0 });\n"
                    "let nested: Vec<Option<std::rc::Rc<dyn std::any::Any>>> = vec![Some(std::rc::Rc::new(Point { x: 1.0, y: 2.0 }))];")
        self.assertEqual(self.run_ok("any.downcast_ref::<Point>().unwrap().y").result(), "2.0")
        self.run_ok("struct Point { name: String, more: String }")
        left = self.variables()
        if "any" in left:
            self.assertEqual(self.run_ok("any.downcast_ref::<Point>().is_some()").result(), "false")
        if "nested" in left:
            self.assertEqual(self.run_ok("nested[0].as_ref().unwrap().is::<Point>()").result(), "false")

    def test_an_error_behind_dyn_never_misreads_a_redefined_type(self):
        self.run_ok(
            "#[derive(Debug)]\nstruct Bad { code: u64 }\n"
            "impl std::fmt::Display for Bad { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, \"bad\") } }\n"
            "impl std::error::Error for Bad {}\nlet failure: Box<dyn std::error::Error> = Box::new(Bad { code: 7 });")
        self.run_ok(
            "#[derive(Debug)]\nstruct Bad { reason: String, more: String }\n"
            "impl std::fmt::Display for Bad { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, \"worse\") } }\n"
            "impl std::error::Error for Bad {}")
        if "failure" in self.variables():
            self.assertEqual(self.run_ok("failure.downcast_ref::<Bad>().is_some()").result(), "false")
            self.assertEqual(self.run_ok("failure.to_string()").result(), '"bad"')

    def test_a_drop_that_panics_keeps_no_other_variable(self):
        self.run_ok("struct Loud(u8);\nimpl Drop for Loud { fn drop(&mut self) { panic!(\"loud\") } }\nlet one = Loud(1);\nlet two = Loud(2);")
        cell = self.kernel.run("struct Loud;")
        self.assertLessEqual(len(cell.of("error")), 1)
        self.assertEqual(self.run_ok("(plain, text.len(), point.norm())").result(), "(7, 4, 5.0)")
        self.assertEqual("one" in self.variables(), "two" in self.variables())


if __name__ == "__main__":
    unittest.main()
