"""jupyter_kernel_test with a full set of Rust samples."""

import json
import pathlib

import jupyter_kernel_test as jkt


class FerrolabTests(jkt.KernelTests):
    kernel_name = "ferrolab"
    language_name = "rust"
    file_extension = ".rs"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The package waits 15 seconds for each reply: time enough for a cell, but on a busy
        # machine not for the engine, which loads behind the first one.
        crate = pathlib.Path(__file__).resolve().parents[2] / "kernel-support" / "ferrolab"
        # JSON's strings are TOML's.
        cls.kc.execute_interactive(f":dep ferrolab = {{ path = {json.dumps(str(crate))} }}", timeout=180)
        cls.kc.execute_interactive("let loaded = true;", timeout=120)

    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("hello, stderr");'

    completion_samples = [
        {"text": "%%timei", "matches": {"%%timeit"}},
        {"text": "let word = String::new(); word.is_empt", "matches": {"is_empty"}},
        {"text": "std::collections::BTreeM", "matches": {"BTreeMap"}},
        # A variable of an earlier cell.
        {"text": "load", "matches": {"loaded"}},
    ]

    complete_code_samples = [
        "1 + 1",
        "let x = 3;",
        "fn double(x: i32) -> i32 { x * 2 }",
        'println!("hello, world");',
        "struct Point { x: f64, y: f64 }",
        "for i in 0..3 { print!(\"{i}\") }",
        "use std::collections::HashMap;",
        "%%time\nlet x = 3;",
        ":vars",
        "",
    ]
    incomplete_code_samples = [
        "fn double(x: i32) -> i32 {",
        "let x =",
        'println!("hello, world"',
        "vec![1, 2,",
        "match x {\n    1 => {",
        'let text = "open',
        "/* open",
        "1 +",
    ]
    invalid_code_samples = [
        "let 3x = ;",
        "fn double(x: i32 } {",
        "1 + 1)",
        "]",
    ]

    code_page_something = "Vec?"
    code_generate_error = 'let number: i32 = "no number";'

    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"tea".to_string() + "cup"', "result": '"teacup"'},
        {"code": "(1..=4).map(|x| x * x).collect::<Vec<i32>>()", "result": "[1, 4, 9, 16]"},
        {"code": "Some(2.5)", "result": "Some(2.5)"},
    ]
    code_display_data = [
        {"code": "use ferrolab::prelude::*;\ndisplay::html(\"<b>bold</b>\").show();", "mime": "text/html"},
    ]

    code_history_pattern = "6 ? 7"
    supported_history_operations = ("tail", "range", "search")

    code_inspect_sample = "Vec"
    code_clear_output = "use ferrolab::prelude::*;\nprintln!(\"gone\");\ndisplay::clear(false);"


class WelcomeTests(jkt.IopubWelcomeTests):
    kernel_name = "ferrolab"
    support_iopub_welcome = True
