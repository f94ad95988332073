"""The cells of `compat/` in our kernel and in stock evcxr: what evcxr accepts gives the same result here."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import tomllib
import unittest

from cells import Kernel

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "compat"
# Stock compiles each crate anew.
LIMIT = 120
AT_LEAST = 100

PLAIN = """use std::sync::atomic::{AtomicU32, Ordering};
static HELD: AtomicU32 = AtomicU32::new(0);
#[derive(Debug, Clone)]
pub struct Leaf { pub name: String }
pub fn make() -> Leaf { Leaf { name: "green".into() } }
pub fn twenty() -> u32 { 20 }
pub fn set(value: u32) { HELD.store(value, Ordering::SeqCst); }
pub fn get() -> u32 { HELD.load(Ordering::SeqCst) }
"""


def stock_knows_types():
    """Stock evcxr tells the types of variables from the standard library's source."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    folders = [os.environ.get("RUST_SRC_PATH", ""), f"{sysroot}/lib/rustlib/src/rust/library"]
    return any(pathlib.Path(folder, "core").is_dir() for folder in folders if folder)


def make_crate(folder, name, source):
    folder = folder / name
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n')
    (folder / "src" / "lib.rs").write_text(source)
    return str(folder)


class Side(threading.Thread):
    """One kernel, with its own copies of the crates, that runs all sessions."""

    def __init__(self, name, sessions, folder):
        super().__init__()
        self.kernel_name, self.sessions, self.ran, self.trouble = name, sessions, [], None
        folder = pathlib.Path(folder) / name
        self.crates = {
            "{plain}": make_crate(folder, "plain", PLAIN),
            "{hyphens}": make_crate(folder, "two-words", "pub fn two() -> u32 { 2 }\n"),
        }

    def run(self):
        kernel = None
        try:
            kernel = Kernel(self.kernel_name)
            for session in self.sessions:
                kernel.run(":clear", limit=LIMIT)
                self.ran.append([self.one(kernel, cell["code"]) for cell in session["cell"]])
        except Exception as error:
            self.trouble = error
        finally:
            if kernel:
                kernel.stop()

    def one(self, kernel, code):
        for name, folder in self.crates.items():
            code = code.replace(name, folder)
        cell = kernel.run(code, limit=LIMIT)
        shown = cell.of("display_data", "execute_result")
        plain = [c["data"].get("text/plain", "") for c in cell.of("execute_result")]
        return {
            "fails": bool(cell.of("error")) or not cell.ok,
            "error": [c["ename"] for c in cell.of("error")],
            # Stock shows the value of a loop.
            "result": "".join(text for text in plain if text != "()") or None,
            "html": "".join(c["data"].get("text/html", "") for c in shown),
            "printed": cell.stream(),
            "said": cell.said(),
        }


class CompatTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        files = sorted(CORPUS.glob("*.toml"))
        cls.sessions = [session for file in files for session in tomllib.loads(file.read_text())["session"]]
        with tempfile.TemporaryDirectory(prefix="ferrolab-compat-") as folder:
            names = ["ferrolab"]
            if stock_knows_types():
                names.append("evcxr")
            else:
                print("NOT COMPARED with stock evcxr: the standard library's source (rust-src) is missing; "
                      "our kernel is held to the results in compat/")
            cls.sides = [Side(name, cls.sessions, folder) for name in names]
            for side in cls.sides:
                side.start()
            for side in cls.sides:
                side.join()
        for side in cls.sides:
            if side.trouble:
                raise side.trouble

    def cells(self):
        """Each cell with its session's name, and what the two kernels made of it."""
        ours = self.sides[0].ran
        # What the corpus says of stock was seen there.
        stock = self.sides[1].ran if len(self.sides) > 1 else None
        for session, our_cells, stock_cells in zip(self.sessions, ours, stock or ours):
            printed = "".join(cell["printed"] for cell in stock_cells)
            for cell, our, theirs in zip(session["cell"], our_cells, stock_cells):
                # Stock may publish what a cell prints under the next one.
                yield session["name"], cell, our, theirs | {"printed": printed}

    def test_the_corpus_is_as_large_as_it_should_be(self):
        self.assertGreaterEqual(sum(len(session["cell"]) for session in self.sessions), AT_LEAST)
        known = {"code", "result", "prints", "html", "fails", "error", "differs", "stock_result", "stock_fails", "stock_lost"}
        for name, cell, _, _ in self.cells():
            self.assertLessEqual(set(cell), known, name)
            self.assertEqual("differs" in cell, any(key.startswith("stock_") for key in cell), cell)

    def complaints(self, wanted, got):
        if wanted.get("fails", False) != got["fails"]:
            yield f"fails: {got['fails']}"
        if not got["fails"] and wanted.get("result") != got["result"]:
            yield f"shows {got['result']!r}, expected {wanted.get('result')!r}"
        for key, where in (("prints", "printed"), ("html", "html")):
            if key in wanted and wanted[key] not in got[where]:
                yield f"`{wanted[key]}` is not among {got[where]!r}"

    def test_our_kernel_gives_what_the_corpus_says(self):
        wrong = []
        for name, cell, our, _ in self.cells():
            found = list(self.complaints(cell, our))
            if "error" in cell and our["error"] != [cell["error"]]:
                found.append(f"the error is {our['error']}, expected {cell['error']}")
            wrong += [f"{name}: {cell['code']!r}: {what}\n{our['said'][:600]}" for what in found]
        self.assertFalse(wrong, "\n".join(wrong))

    def test_stock_evcxr_gives_the_same_but_for_what_is_meant_to_differ(self):
        wrong, differences = [], {}
        if len(self.sides) == 1:
            return
        for name, cell, _, theirs in self.cells():
            wanted = dict(cell)
            if "differs" in cell:
                differences.setdefault(cell["differs"], []).append(cell["code"])
                if cell.get("stock_lost"):
                    continue
                for key in ("fails", "result"):
                    wanted.pop(key, None)
                    if f"stock_{key}" in cell:
                        wanted[key] = cell[f"stock_{key}"]
            if any(line.startswith(":") for line in cell["code"].splitlines()) and not theirs["fails"]:
                # Stock shows what a command says as a result too, in front of the cell's own.
                own = wanted.get("result")
                theirs["result"] = own if own is None or theirs["result"].endswith(own) else theirs["result"]
            wrong += [f"{name}: {cell['code']!r}: {what}\n{theirs['said'][:600]}" for what in self.complaints(wanted, theirs)]
        print(json.dumps({"meant to differ": differences}, indent=1))
        self.assertFalse(wrong, "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
