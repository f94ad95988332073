"""Five hundred cells in one session: the process tree may not grow."""

import json
import pathlib
import unittest

from cells import Kernel, tree, wait_until

CELLS = 500
# When the tree is looked at first: by then everything has been started that ever will be.
EARLY = 100
# What a few cells more may need: a lazily started thread, a file that is just being read.
FEW = 4
# Each cell's code stays loaded, some 20 to 100 KB; variables are replaced.
MEGABYTES = 250

# {n} is the cell's number, {m} a number that comes again.
ROUND = [
    "let v{m}: Vec<u64> = (0..1000).map(|n| n * {m}).collect();",
    "v{m}.iter().sum::<u64>()",
    'println!("cell {n} of the soak");',
    "fn step_{m}(x: u64) -> u64 {{ x + {m} }}\nstep_{m}(1)",
    "let text_{m} = format!(\"{{}}\", v{m}.len());",
    "#[derive(Debug, Clone)]\nstruct S{m} {{ at: usize }}\nlet s{m} = vec![S{m} {{ at: {m} }}; 3];",
    "let f{m} = move |x: u64| x * {m};",
    "f{m}(3) + text_{m}.len() as u64",
    "let shadow = {n};",
    "for n in 0..50 {{ println!(\"{{n}}\"); }}",
    "std::thread::spawn(|| (0..100_u64).sum::<u64>()).join().unwrap()",
    'std::process::Command::new("true").status()?.success()',
    "{{ let mut big = vec![1_u8; 8 << 20]; big[{m}] = 2; big.len() }}",
    "%who",
    'std::fs::read_to_string("/proc/self/comm")?.len() > 1',
    "let opened = std::fs::File::open(\"/dev/null\")?;",
]
# Each so many cells something goes wrong; the last two end the process.
EVERY = 23
WRONG = ["let x: i32 = true;", "no_such_name", 'panic!("soaked");', "std::process::abort();"]


def look(pid):
    """Processes, threads, descriptors and memory of a kernel and all that it started."""
    found = {"processes": 0, "threads": 0, "descriptors": 0, "megabytes": 0}
    for member in tree(pid):
        folder = pathlib.Path(f"/proc/{member}")
        try:
            threads = len(list((folder / "task").iterdir()))
            descriptors = len(list((folder / "fd").iterdir()))
            shared = next(line for line in (folder / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
        found["processes"] += 1
        found["threads"] += threads
        found["descriptors"] += descriptors
        found["megabytes"] += int(shared.split()[1]) / 1024
    return found


class SoakTests(unittest.TestCase):
    def test_five_hundred_cells_leave_nothing_behind(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        seen, wrong = [], 0
        for n in range(CELLS):
            if n and n % EVERY == 0:
                cell = kernel.run(WRONG[wrong % len(WRONG)])
                self.assertEqual(len(cell.of("error")), 1, n)
                wrong += 1
            else:
                m = n // len(ROUND) % 7
                cell = kernel.run(ROUND[n % len(ROUND)].format(n=n, m=m))
                # Where a variable of this round was to be made, the fault may have come instead.
                if not cell.ok:
                    self.assertIn("E0425", cell.error(), f"cell {n}")
            if n + 1 in (EARLY, CELLS):
                wait_until("no compiler works ahead", lambda: not any("rustc" in name for name in tree(kernel.pid).values()))
                seen.append(look(kernel.pid))
        early, late = seen
        print(json.dumps({"after 100": early, "after 500": late}))
        self.assertEqual(kernel.run("1 + 1").result(), "2")
        for what in ("processes", "threads", "descriptors"):
            self.assertLessEqual(late[what], early[what] + FEW, what)
        self.assertLessEqual(late["megabytes"], early["megabytes"] + MEGABYTES)


if __name__ == "__main__":
    unittest.main()
