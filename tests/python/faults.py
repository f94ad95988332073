"""The faults of the matrix: what a cell does wrong, and what its one error must say."""

import re

from fixture import CHANGES


class Fault:
    """A faulty cell. `at` is the text of the line that the error must show with its number."""

    def __init__(self, name, code, *says, at=None):
        self.name, self.says = name, says
        self.code = CHANGES + code
        if at:
            lines = self.code.splitlines()
            (number,) = [number for number, line in enumerate(lines, 1) if at in line]
            self.says += (rf"\b{number}\b.*{re.escape(at)}", rf":{number}:\d+")


def with_c(functions, code):
    """A block that calls the C library."""
    return '{\nunsafe extern "C" { ' + functions + " }\n" + code + "\n}"


def raises(signal):
    return with_c("fn raise(signal: i32) -> i32;", f"unsafe {{ raise({signal}) }};")


RECURSION = """fn down(n: u64) -> u64 {
    let held = std::hint::black_box([n; 64]);
    let below = down(n + 1);
    std::hint::black_box(&held);
    below + held[7]
}
"""

PANICS = [
    Fault("panic", 'panic!("too many {}", "cooks");', "panic", "too many cooks", at='panic!("too many {}"'),
    Fault(
        "panic in a nested function",
        'fn outer(depth: u32) -> u32 { inner(depth) + 1 }\nfn inner(depth: u32) -> u32 {\n    if depth == 0 {\n'
        '        panic!("at the bottom");\n    }\n    outer(depth - 1)\n}\nprintln!("{}", outer(3));',
        "at the bottom", at='panic!("at the bottom")',
    ),
    Fault("panic with a payload that is no text", "std::panic::panic_any(42_i32);", "panic"),
    Fault("index out of bounds", "let at = numbers.len() + 3;\nprintln!(\"{}\", numbers[at]);",
          "index out of bounds: the len is 6 but the index is 9", at="numbers[at]"),
    Fault("overflow", "let most = std::hint::black_box(u8::MAX);\nlet more = most + 1;",
          "attempt to add with overflow", at="most + 1"),
    Fault("division by zero", "let zero = std::hint::black_box(0);\nlet none = 7 / zero;",
          "attempt to divide by zero", at="7 / zero"),
    Fault("unwrap of nothing", "let first = Vec::<i32>::new().pop().unwrap();",
          r"`Option::unwrap\(\)` on a `None` value", at="pop().unwrap()"),
    Fault("unwrap of an error", 'let file = std::fs::read_to_string("/does/not/exist").unwrap();',
          "No such file or directory", at="/does/not/exist"),
    Fault("a cut character", 'let text = "äöü";\nprintln!("{}", &text[1..]);', "char(acter)? boundary"),
    Fault("a value borrowed twice", "{ let one = shared.borrow_mut();\nlet two = shared.borrow_mut(); }",
          "already (mutably )?borrowed"),
    Fault("failed assertion", "assert_eq!(numbers.len(), 5);", "left: 6", "right: 5", at="assert_eq!(numbers.len(), 5)"),
    Fault("panic in a drop",
          'struct Loud;\nimpl Drop for Loud { fn drop(&mut self) { panic!("dropped badly") } }\n{ let _loud = Loud; }',
          "panic", "dropped badly"),
    Fault("a variable whose drop panics", "drop(charge);", "panic", "the charge went off"),
    Fault("a shadowed variable whose drop panics", "let charge = 1;", "panic", "the charge went off"),
    Fault("panic in a thread that is joined",
          'std::thread::spawn(|| { if true { panic!("in the thread") } }).join().unwrap();', "panic", "Any"),
    Fault("panic in the middle of a print", 'println!("{:?} {}", numbers, { if true { panic!("half said") } 1 });',
          "half said"),
]

ENDS = [
    Fault("two panics at once",
          'struct Worse;\nimpl Drop for Worse { fn drop(&mut self) { panic!("second") } }\n{ let _worse = Worse; panic!("first"); }',
          "SIGABRT|abort"),
    Fault("abort", "std::process::abort();", "SIGABRT", "abort"),
    Fault("exit with success", "std::process::exit(0);", r"exit\(0\)"),
    Fault("exit with a code", "std::process::exit(3);", r"exit\(3\)"),
    Fault("_exit", with_c("fn _exit(code: i32) -> !;", "unsafe { _exit(9) };"), r"exit\(9\)"),
    Fault("_exit in an atexit handler",
          with_c('fn _exit(code: i32) -> !; fn atexit(f: extern "C" fn()) -> i32;',
                 'extern "C" fn bye() { unsafe { _exit(7) } }\nunsafe { atexit(bye) };\nstd::process::exit(2);'),
          r"exit\([27]\)"),
    Fault("a read of memory that is not there",
          "let place = std::hint::black_box(16_usize) as *const u64;\nprintln!(\"{}\", unsafe { place.read_volatile() });",
          "SIGSEGV", "memory"),
    Fault("a write through null",
          with_c("fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8;",
                 "unsafe { memset(std::hint::black_box(std::ptr::null_mut()), 1, std::hint::black_box(8)) };"), "SIGSEGV"),
    Fault("SIGILL", raises(4), "SIGILL"),
    Fault("SIGFPE", raises(8), "SIGFPE"),
    Fault("SIGBUS", raises(7), "SIGBUS"),
    Fault("SIGSEGV that was sent", raises(11), "SIGSEGV"),
    Fault("SIGKILL", raises(9), "SIGKILL"),
    Fault("SIGTERM", raises(15), "SIGTERM"),
    Fault("SIGPIPE", with_c(
        "fn signal(signal: i32, handler: usize) -> usize; fn raise(signal: i32) -> i32;",
        "unsafe { signal(13, 0); raise(13) };"), "SIGPIPE"),
    Fault("endless recursion",
          RECURSION + 'println!("{}", down(0));',
          "[Ss]tack"),
    Fault("endless recursion in a thread",
          RECURSION + "std::thread::spawn(|| down(0)).join().ok();",
          "[Ss]tack"),
    Fault("a Vec that is too large", "let all: Vec<u8> = Vec::with_capacity(isize::MAX as usize);", "memory|SIGABRT"),
    Fault("a capacity that overflows", "let all: Vec<u64> = Vec::with_capacity(usize::MAX);", "capacity overflow"),
    Fault("out of memory under a limit",
          with_c("fn setrlimit(what: i32, limit: *const [u64; 2]) -> i32;",
                 "let most = 1_u64 << 20;\nunsafe { setrlimit(9, &[most, most]) };\nlet mut hoard = Vec::new();\n"
                 "loop { hoard.push(vec![1_u8; 1 << 24]); }"),
          "memory|SIGABRT"),
    Fault("closed descriptors",
          with_c("fn close(fd: i32) -> i32;", "for fd in 0..4096 { unsafe { close(fd) }; }\nprintln!(\"not heard\");"),
          "descriptor|closed"),
    Fault("an alarm that nobody catches",
          with_c("fn alarm(seconds: u32) -> u32;",
                 "unsafe { alarm(1) };\nstd::thread::sleep(std::time::Duration::from_secs(20));"), "signal 14|SIGALRM"),
]

COMPILE_ERRORS = [
    Fault("mismatched types", "let number: i32 = title;", "E0308", "mismatched types", at="let number: i32 = title;"),
    Fault("unknown name", "println!(\"{}\", nummbers.len());", "E0425", "nummbers", at="nummbers.len()"),
    Fault("use after move", "println!(\"{:?}\", moved);", "E0382", "moved"),
    Fault("two mutable borrows", "let one = &mut numbers;\nlet two = &mut numbers;\none.push(1);\ntwo.push(2);", "E0499"),
    Fault("a field that is not there", "point.z = 1.0;", "E0609", "no field `z`"),
    Fault("an open brace", "if true { println!(\"x\");", "error", "unclosed"),
    Fault("an open string", 'println!("never closed);', "unterminated"),
    Fault("a type that is redefined badly", "struct Point { x: NoSuchType }", "E0412|E0425", "NoSuchType"),
    Fault("an import that is not there", "use std::collections::HashMop;", "E0432", "HashMop"),
    Fault("a macro that is not there", "printn!(1);", "printn"),
    Fault("a change of what is not mutable", "alias = Rc::new(RefCell::new(vec![]));", "E0384|E0594", "alias"),
    Fault("a command that is not there", ":dpe regex", "expected|:dpe"),
]

QUESTION_MARKS = [
    Fault("an error behind `?`", '"seven".parse::<i32>()?;', "invalid digit found in string"),
    Fault("an error of the user's own behind `?`",
          'let made: Result<i32, String> = Err("no tea left".to_string());\nlet cups = made?;', "no tea left"),
]
