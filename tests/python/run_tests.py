"""Runs a file of unittest classes, prints a table and, last, a line of JSON."""

import importlib.util
import json
import pathlib
import sys
import time
import unittest


class Table(unittest.TestResult):
    """Prints one row a test. Parts of a test (`subTest`) that fail or are skipped count as the whole."""

    def __init__(self):
        super().__init__()
        self.outcomes = {}
        self.details = {}

    def startTest(self, test):
        super().startTest(test)
        self.began = time.perf_counter()
        self.outcomes[test.id()] = "passed"

    def stopTest(self, test):
        super().stopTest(test)
        took = time.perf_counter() - self.began
        print(f"{self.outcomes[test.id()]:8} {took:6.2f} s  {test.id()}", flush=True)

    def note(self, test, outcome, detail):
        whole = getattr(test, "test_case", test).id()
        self.outcomes[whole] = outcome
        self.details.setdefault(whole, []).append(f"{test}: {detail}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failed", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "failed", self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(subtest, "failed", self._exc_info_to_string(err, test))


def main():
    file = pathlib.Path(__file__).with_name(sys.argv[1])
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    # The loader asks for the module by its name.
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    if len(sys.argv) > 2:
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[2:], module)
    else:
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    table = Table()
    suite.run(table)
    for details in table.details.values():
        print("\n".join(details))
    print(json.dumps(table.outcomes), flush=True)


if __name__ == "__main__":
    main()
