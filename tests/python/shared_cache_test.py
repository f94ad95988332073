"""Two kernels share the cache of cells, and one of them is killed again and again."""

import os
import pathlib
import random
import signal
import tempfile
import threading
import time
import unittest

from cells import Kernel, wait_until
from jupyter_client.manager import KernelManager

KILLS = 50
SEED = 20260728
# The victim's cells; the survivor runs the same ones at the same time.
CELLS_A_ROUND = 3
# Longer than the kernel leaves alone what looks half written.
LONG_AGO = 24 * 3600


def cell(number):
    """A cell that no other test has, and its value."""
    code = f"(0..1000_u64).map(|n| n * {number} % 7919).sum::<u64>()"
    return code, str(sum(n * number % 7919 for n in range(1000)))


class Victim:
    """A kernel that is killed with its whole group before it has answered."""

    def __init__(self, environment, cells):
        self.km = KernelManager(kernel_name="ferrolab")
        self.km.kernel_spec.env.update(environment)
        self.km.start_kernel()
        self.kc = self.km.client()
        self.kc.start_channels()
        for code, _ in cells:
            self.kc.execute(code)

    def kill(self):
        pid = self.km.provisioner.pid
        os.killpg(pid, signal.SIGKILL)
        wait_until("it is dead", lambda: not self.km.is_alive(), 10)
        self.kc.stop_channels()
        self.km.cleanup_resources()


class SharedCacheTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ferrolab-shared-")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        self.environment = {"FERROLAB_HOME": folder.name, "TMPDIR": folder.name}
        self.survivor = Kernel(environment=self.environment)
        self.addCleanup(self.survivor.stop)

    def entries(self):
        return [path for path in (self.home / "cells").iterdir() if path.is_file()]

    def half_written(self):
        """What is neither an entry (a hash) nor meant to stay."""
        return [path for path in self.entries() if len(path.name) < 40]

    def assert_right(self, kernel, cells):
        for code, value in cells:
            got = kernel.run(code)
            self.assertTrue(got.ok, got.error())
            self.assertEqual(got.result(), value, code)

    def test_fifty_kills_at_random_points_harm_nobody(self):
        chance = random.Random(SEED)
        self.assert_right(self.survivor, [cell(1)])
        began, all_cells = time.monotonic(), []
        for round in range(KILLS):
            cells = [cell(1000 + round * CELLS_A_ROUND + n) for n in range(CELLS_A_ROUND)]
            all_cells += cells
            victim = Victim(self.environment, cells)
            killer = threading.Timer(chance.uniform(0.02, 1.2), victim.kill)
            killer.start()
            # Most wanted are moments in which both write, so the survivor begins from behind.
            self.assert_right(self.survivor, cells[::-1])
            killer.join()
            self.assertTrue(self.survivor.km.is_alive())
        print(f"{KILLS} kills in {time.monotonic() - began:.0f} s, {len(self.entries())} entries, "
              f"{len(self.half_written())} half written")
        # All of it once more, by a kernel that has seen none of it.
        late = Kernel(environment=self.environment)
        self.addCleanup(late.stop)
        self.assert_right(late, chance.sample(all_cells, 40))

        # What was left half written goes, once it is old.
        for path in self.half_written():
            os.utime(path, (time.time() - LONG_AGO, time.time() - LONG_AGO))
        planted = self.home / "cells" / "new-planted"
        planted.write_bytes(b"ferrocc1")
        os.utime(planted, (time.time() - LONG_AGO, time.time() - LONG_AGO))
        sweeper = Kernel(environment=self.environment)
        self.addCleanup(sweeper.stop)
        self.assert_right(sweeper, [cell(n) for n in range(500, 503)])
        wait_until("the cache is swept", lambda: not self.half_written(), 10)
        # And nothing else grows with each kernel that was killed.
        for folder in (self.home, self.home / "sessions", self.home / "runtime"):
            if folder.is_dir():
                names = [path.name for path in folder.iterdir()]
                self.assertLessEqual(len(names), 12, f"{folder.name}: {names}")

    def test_damaged_entries_are_compiled_anew(self):
        cells = [cell(n) for n in range(20, 32)]
        self.assert_right(self.survivor, cells)
        kept = [path for path in self.entries() if path not in self.half_written()]
        self.assertGreaterEqual(len(kept), len(cells))
        for number, path in enumerate(kept):
            data = bytearray(path.read_bytes())
            damage = number % 5
            if damage == 0:
                del data[len(data) // 2:]
            elif damage == 1:
                data[len(data) - 100] ^= 0xFF
            elif damage == 2:
                data = bytearray()
            elif damage == 3:
                data += b"more"
            else:
                data[3] ^= 1
            path.write_bytes(data)
        fresh = Kernel(environment=self.environment)
        self.addCleanup(fresh.stop)
        self.assert_right(fresh, cells)
        self.assert_right(self.survivor, cells)


if __name__ == "__main__":
    unittest.main()
