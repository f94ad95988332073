"""Measures a snippet on request.

Requests and answers are lines of JSON on two descriptors of their own, so that a snippet may print
what it likes. argv: number of the descriptor with requests, number of that for answers.
"""

import ast
import gc
import json
import linecache
import os
import sys
import traceback
import types
from time import perf_counter

NAME = "<snippet>"
MARK = "# timed from here"
LONGEST = 20_000


class Unserialisable(Exception):
    pass


def divide(code):
    """Set-up and timed part; the latter keeps its line numbers."""
    lines = code.split("\n")
    for number, line in enumerate(lines):
        if line.strip() == MARK:
            return "\n".join(lines[:number]), "\n" * (number + 1) + "\n".join(lines[number + 1 :])
    return "", code


def assigns_result(tree):
    return any(
        isinstance(node, ast.Name) and node.id == "result" and isinstance(node.ctx, ast.Store)
        for node in ast.walk(tree)
    )


def as_function(tree, scope):
    """The snippet as the body of a function, as timeit does it, so that its names are fast."""
    body = list(tree.body)
    if assigns_result(tree):
        body.append(ast.Return(ast.Name("result", ast.Load())))
    elif body and isinstance(body[-1], ast.Expr):
        body[-1] = ast.copy_location(ast.Return(body[-1].value), body[-1])
    shell = ast.parse("def snippet():\n    pass")
    shell.body[0].body = body or [ast.Pass()]
    ast.fix_missing_locations(shell)
    exec(compile(shell, NAME, "exec"), scope)
    function = scope.pop("snippet")
    function.__code__ = function.__code__.replace(co_name="<module>")
    return function


def as_module(tree, scope):
    """The snippet as it is: for code that changes names of the set-up, or uses `import *`."""
    last = None
    if not assigns_result(tree) and tree.body and isinstance(tree.body[-1], ast.Expr):
        last = compile(ast.Expression(tree.body[-1].value), NAME, "eval")
        tree = ast.Module(tree.body[:-1], [])
    code = compile(tree, NAME, "exec")

    def run():
        exec(code, scope)
        return eval(last, scope) if last else scope.get("result")

    return run


class Snippet:
    def __init__(self, code):
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        linecache.cache[NAME] = (len(code), None, code.splitlines(True), NAME)
        setup, timed = divide(code)
        self.scope = module.__dict__
        exec(compile(setup, NAME, "exec"), self.scope)
        self.tree = ast.parse(timed, NAME)
        try:
            self.function = as_function(self.tree, self.scope)
        except SyntaxError:
            self.function = as_module(self.tree, self.scope)

    def first(self):
        start = perf_counter()
        try:
            value = self.function()
        except UnboundLocalError:
            self.function = as_module(self.tree, self.scope)
            start = perf_counter()
            value = self.function()
        seconds = perf_counter() - start
        text, complete = describe(value)
        return {"seconds": seconds, "text": text, "complete": complete}

    def batch(self, loops):
        function = self.function
        collecting = gc.isenabled()
        gc.disable()
        try:
            start = perf_counter()
            for _ in range(loops):
                function()
            return {"seconds": perf_counter() - start}
        finally:
            if collecting:
                gc.enable()


def describe(value):
    """The value as JSON, and whether all of it is there."""
    room = [LONGEST]
    return json.dumps(plain(value, room), ensure_ascii=True), room[0] > 0


def plain(value, room):
    """The value in terms of JSON; numbers that JSON cannot hold become objects."""
    room[0] -= 1
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else {"$int": str(value)}
    if isinstance(value, float):
        return value if value - value == 0 else {"$float": str(value)}
    if isinstance(value, dict):
        pairs = [(key_text(key), plain(item, room)) for key, item in value.items() if room[0] > 0]
        return dict(pairs)
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=repr)
    if hasattr(value, "tolist"):
        return plain(value.tolist(), room)
    if isinstance(value, (bytes, bytearray)):
        value = list(value)
    if isinstance(value, (list, tuple, range)):
        return [plain(item, room) for item in value[: max(room[0], 0)]]
    raise Unserialisable(type(value).__qualname__)


def key_text(key):
    if isinstance(key, (str, int, float, bool)) or key is None:
        return key if isinstance(key, str) else str(key)
    raise Unserialisable("dict with keys of type " + type(key).__qualname__)


def trace_of(error):
    """The traceback from the snippet's first frame on."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename != NAME:
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace)).rstrip()


def silence():
    """Repeated runs do not repeat what they print."""
    sys.stdout.flush()
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def answer(state, request):
    if request["do"] == "load":
        state["snippet"] = Snippet(request["code"])
        found = state["snippet"].first()
        silence()
        return found
    return state["snippet"].batch(request["loops"])


def main():
    for number in sys.argv[1:3]:
        os.set_inheritable(int(number), False)
    requests = os.fdopen(int(sys.argv[1]), "r", encoding="utf-8")
    answers = os.fdopen(int(sys.argv[2]), "w", encoding="utf-8")
    sys.argv = [NAME]
    state = {}
    for line in requests:
        try:
            found = answer(state, json.loads(line))
        except Unserialisable as error:
            found = {"unserialisable": str(error)}
        except BaseException as error:
            found = {"raised": trace_of(error)}
        answers.write(json.dumps(found) + "\n")
        answers.flush()


main()
