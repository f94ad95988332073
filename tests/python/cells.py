"""A kernel under test, as a front end sees it: runs cells, interrupts them, looks at its processes."""

import json
import os
import pathlib
import queue
import re
import time
import unittest

from jupyter_client.manager import KernelManager

LIMIT = 40
COLOURS = re.compile("\x1b\\[[0-9;]*[A-Za-z]")


class Cell:
    """A cell that was run: its reply, and what was published for it, in order."""

    def __init__(self, reply, messages):
        self.reply = reply
        self.messages = messages

    def of(self, *kinds):
        return [m["content"] for m in self.messages if m["msg_type"] in kinds]

    def stream(self, name="stdout"):
        return "".join(c["text"] for c in self.of("stream") if c["name"] == name)

    def kinds(self):
        """Kinds of the outputs, with neighbours of one kind told once."""
        kinds = [m["msg_type"] for m in self.messages if m["msg_type"] not in ("status", "execute_input")]
        return [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]

    @property
    def ok(self):
        return self.reply["status"] == "ok"

    def result(self):
        """The value of the last expression as text; nothing when there is none."""
        return "".join(c["data"].get("text/plain", "") for c in self.of("execute_result"))

    def shown(self):
        """All plain text but for errors: streams, displays, the result."""
        texts = [c["text"] if "text" in c else c["data"].get("text/plain", "") for c in self.of(
            "stream", "display_data", "execute_result")]
        return COLOURS.sub("", "".join(texts))

    def error(self):
        """The text of all errors, without colours."""
        lines = [line for c in self.of("error") for line in (c["evalue"], *c["traceback"])]
        return COLOURS.sub("", "\n".join(lines))

    def said(self):
        """Everything that a person would read."""
        return self.shown() + self.error()


class Kernel:
    """A running kernel and a client of it."""

    def __init__(self, name="ferrolab", folder=None, environment=None):
        self.km = KernelManager(kernel_name=name)
        # What the kernelspec says would win over what is handed to `start_kernel`.
        self.km.kernel_spec.env.update(environment or {})
        self.km.start_kernel(cwd=folder)
        self.kc = self.km.client()
        self.kc.start_channels()
        try:
            self.kc.wait_for_ready(timeout=120)
        except RuntimeError:
            self.stop()
            raise

    def stop(self):
        self.kc.stop_channels()
        self.km.shutdown_kernel(now=False)
        self.km.cleanup_resources()

    @property
    def pid(self):
        return self.km.provisioner.pid

    def interrupt(self):
        self.km.interrupt_kernel()

    def send(self, code, **options):
        return self.kc.execute(code, **options)

    def reply_to(self, msg_id, limit=LIMIT):
        until = time.monotonic() + limit
        while True:
            reply = self.kc.get_shell_msg(timeout=max(0.01, until - time.monotonic()))
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply

    def next_for(self, msg_id, limit=LIMIT):
        """The next message that is published for a request."""
        until = time.monotonic() + limit
        while True:
            message = self.kc.get_iopub_msg(timeout=max(0.01, until - time.monotonic()))
            if message["parent_header"].get("msg_id") == msg_id:
                return message

    def finish(self, msg_id, limit=LIMIT):
        messages = []
        until = time.monotonic() + limit
        while True:
            messages.append(self.next_for(msg_id, max(0.01, until - time.monotonic())))
            content = messages[-1]["content"]
            if messages[-1]["msg_type"] == "status" and content["execution_state"] == "idle":
                return Cell(self.reply_to(msg_id, limit)["content"], messages)

    def run(self, code, limit=LIMIT, **options):
        msg_id = self.send(code, **options)
        try:
            return self.finish(msg_id, limit)
        except queue.Empty:
            raise AssertionError(f"no end of this cell within {limit} s:\n{code}") from None

    def until_it_prints(self, msg_id, text, limit=LIMIT):
        """Waits until a running cell has printed a text."""
        printed = ""
        while text not in printed:
            message = self.next_for(msg_id, limit)
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
            elif message["msg_type"] == "error":
                raise AssertionError("\n".join(message["content"]["traceback"]))

    def drain(self, patience=0.05):
        """What waits to be read on iopub, of any request."""
        messages = []
        while True:
            try:
                messages.append(self.kc.get_iopub_msg(timeout=patience))
            except queue.Empty:
                return messages


class KernelTestCase(unittest.TestCase):
    """Tests of one class share a kernel."""

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def run_ok(self, code, **options):
        """Runs a cell that must not fail."""
        cell = self.kernel.run(code, **options)
        self.assertTrue(cell.ok, f"{code}\n{cell.error()}")
        return cell


def support_crate():
    """The line that loads the support crate of this course."""
    crate = pathlib.Path(__file__).resolve().parents[2] / "kernel-support" / "ferrolab"
    # JSON's strings are TOML's.
    return f":dep ferrolab = {{ path = {json.dumps(str(crate))} }}"


def stat(pid):
    """Parent and name of a process, none when it is gone or has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    name, rest = text[text.index("(") + 1:].rsplit(")", 1)
    state, parent = rest.split()[:2]
    return None if state in "ZX" else (int(parent), name)


def tree(root):
    """The living descendants of a process, and itself, with their names."""
    every = {int(name): stat(name) for name in os.listdir("/proc") if name.isdigit()}
    every = {pid: found for pid, found in every.items() if found}
    members = {root: every[root][1]} if root in every else {}
    while True:
        more = {pid: found[1] for pid, found in every.items() if found[0] in members and pid not in members}
        if not more:
            return members
        members.update(more)


def wait_until(what, holds, limit=LIMIT):
    """Waits until something holds, and fails when it does not in time."""
    until = time.monotonic() + limit
    while not (found := holds()):
        if time.monotonic() > until:
            raise AssertionError(f"waited {limit} s in vain: {what}")
        time.sleep(0.02)
    return found
