"""The Python driver library as a real process: every rule of the protocol from the driver's side, by hand and through the target."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HANG_S = 60
LINE_BYTES_MAX = 16 * 1024 * 1024
TOY = """
import asyncio, os, subprocess, sys, threading
from streamproof import Failed, Unknown, Unsupported
from streamproof.driver import serve

class Toy:
    def __init__(self, config, note):
        print("a stray print")
        os.write(1, b"a write to descriptor 1\\n")
        subprocess.run([sys.executable, "-c", "print('a child prints')"])
        if config.get("refuse"):
            raise ValueError("bad config")
        self.note = note
        self.closing_s = config.get("closing_s", 0)

    def enqueue(self, event):
        self.note("log", {"event": event})
        return {"accepted": True}

    def fail(self):
        raise Failed("full", "buffer")

    def crash(self):
        raise KeyError("seq")

    def later(self):
        threading.Thread(target=lambda: self.note("log", {"from": "thread"})).start()

    async def stop(self, complete):
        await asyncio.sleep(60)

    async def soon(self):
        await asyncio.sleep(0)
        raise Unknown("gave up")

    async def close(self):
        await asyncio.sleep(self.closing_s)

serve(Toy, name="toy", version="2", serves=[{"contract": "ingest", "role": "sender", "capabilities": ["timing"]}])
"""


class Driver:
    """A driver process and what it said. One that hangs is killed, so that a read ends and the test fails."""

    def __init__(self, command: list[str], cwd: Path) -> None:
        self._errors = (cwd / "stderr.txt").open("w+b")
        self.process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors)
        self._watchdog = threading.Timer(HANG_S, self.process.kill)
        self._watchdog.start()
        self._id = 0

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, op: str, **fields: Any) -> int:
        self._id += 1
        self.write(json.dumps({"id": self._id, "op": op, **fields}).encode() + b"\n")
        return self._id

    def read(self) -> dict[str, Any]:
        """The next message; every line must be one."""
        assert self.process.stdout is not None
        message: dict[str, Any] = json.loads(self.process.stdout.readline())
        return message

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """The reply, which must be the next message."""
        number = self.send(op, **fields)
        reply = self.read()
        assert reply.pop("id") == number
        return reply

    def open(self, handle: str = "s1", **config: Any) -> dict[str, Any]:
        return self.ask("open", handle=handle, contract="ingest", role="sender", config=config)

    def end(self) -> int:
        """Ends its input; returns the exit status. It must say nothing more."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        assert self.process.stdout.read() == b""
        return self.process.wait()

    def stderr(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode()

    def clean_up(self) -> None:
        self._watchdog.cancel()
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self._errors):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Driver]:
    (tmp_path / "toy.py").write_text(textwrap.dedent(TOY))
    driver = Driver([sys.executable, "toy.py"], tmp_path)
    yield driver
    driver.clean_up()


def kind_of(reply: dict[str, Any]) -> tuple[str, str]:
    return reply["outcome"], reply["error"]["kind"]


def test_a_conversation_from_hello_to_shutdown(toy: Driver) -> None:
    """Replies and notes are the only thing on standard output; what is printed in any way goes to standard error."""
    serves = [{"contract": "ingest", "role": "sender", "capabilities": ["timing"]}]
    assert toy.ask("hello", protocol=[1, 3], more=1) == {
        "outcome": "ok",
        "value": {"protocol": 1, "name": "toy", "version": "2", "language": "python", "serves": serves},
    }
    assert toy.open() == {"outcome": "ok", "value": {}}
    number = toy.send("call", handle="s1", verb="enqueue", args={"event": {"t": "é\u2028🙂"}})
    assert toy.read() == {"handle": "s1", "n": 1, "note": "log", "data": {"event": {"t": "é\u2028🙂"}}}
    assert toy.read() == {"id": number, "outcome": "ok", "value": {"accepted": True}}
    toy.ask("call", handle="s1", verb="later", args={})
    assert toy.read() == {"handle": "s1", "n": 2, "note": "log", "data": {"from": "thread"}}
    assert toy.ask("close", handle="s1") == {"outcome": "ok", "value": {}}
    assert toy.ask("shutdown") == {"outcome": "ok", "value": {}}
    assert toy.end() == 0
    for printed in ("a stray print", "a write to descriptor 1", "a child prints"):
        assert printed in toy.stderr()


def test_outcomes_are_those_of_the_target_in_process(toy: Driver) -> None:
    """One set of rules for both."""
    toy.open()
    told = {
        verb: kind_of(toy.ask("call", handle="s1", verb=verb, args={}))
        for verb in ("fail", "crash", "soon", "nothing", "close", "_x", "enqueue")
    }
    assert told == {
        "fail": ("fail", "buffer"),
        "crash": ("unknown", "KeyError"),
        "soon": ("unknown", "unknown"),
        "nothing": ("unsupported", "unknown-verb"),
        "close": ("unsupported", "unknown-verb"),
        "_x": ("unsupported", "unknown-verb"),
        "enqueue": ("driver_error", "bad-signature"),
    }


def test_a_call_that_is_pending_at_close_is_unknown(toy: Driver) -> None:
    """It is answered before the close is, once, and the handle may be opened again; its notes count from 1 again."""
    toy.open()
    pending = toy.send("call", handle="s1", verb="stop", args={"complete": True})
    closing = toy.send("close", handle="s1")
    first, second = toy.read(), toy.read()
    assert (first["id"], kind_of(first)) == (pending, ("unknown", "closed"))
    assert (second["id"], second["outcome"]) == (closing, "ok")
    assert kind_of(toy.ask("call", handle="s1", verb="fail", args={})) == ("driver_error", "not-open")
    assert toy.open()["outcome"] == "ok"
    toy.send("call", handle="s1", verb="enqueue", args={"event": 1})
    assert toy.read()["n"] == 1


def test_what_it_cannot_try_is_driver_error(toy: Driver) -> None:
    """Versions, handles, roles and forms that are wrong; the conversation goes on behind each."""
    toy.open()
    asked: list[tuple[str, dict[str, Any]]] = [
        ("hello", {"protocol": [2, 9]}),
        ("hello", {"protocol": ["1", "1"]}),
        ("hello", {}),
        ("open", {"handle": "s1", "contract": "ingest", "role": "sender", "config": {}}),
        ("open", {"handle": "s2", "contract": "ingest", "role": "server", "config": {}}),
        ("open", {"handle": 7, "contract": "ingest", "role": "sender", "config": {}}),
        ("open", {"handle": "s3", "contract": "ingest", "role": "sender", "config": [1]}),
        ("open", {"handle": "s4", "contract": "ingest", "role": "sender", "config": {"refuse": True}}),
        ("call", {"handle": "s9", "verb": "fail", "args": {}}),
        ("call", {"handle": "s1", "verb": "fail", "args": "x"}),
        ("close", {"handle": "s9"}),
        ("dance", {}),
    ]
    told = [kind_of(toy.ask(op, **fields)) for op, fields in asked]
    assert {outcome for outcome, _ in told} == {"driver_error"}
    assert [kind for _, kind in told] == [
        "protocol-version",
        "protocol-version",
        "protocol-version",
        "already-open",
        "not-served",
        "bad-request",
        "bad-request",
        "open-failed",
        "not-open",
        "bad-request",
        "not-open",
        "unknown-op",
    ]
    assert toy.open("s4")["outcome"] == "ok"
    assert "ValueError: bad config" in toy.stderr()


def test_lines_without_an_id_are_told_on_standard_error_and_skipped(toy: Driver) -> None:
    """No JSON, no object, no id, and a line beyond 16 MiB; blank lines and CR say nothing."""
    toy.write(b'garbage\n[1]\n{"op": "hello"}\n\n \r\n' + b"x" * (LINE_BYTES_MAX + 1) + b"\n")
    assert toy.ask("hello", protocol=[1, 1])["outcome"] == "ok"
    assert toy.stderr().count("is no JSON object with a positive integer id") == 3
    assert f"skipped a request of {LINE_BYTES_MAX + 1} bytes" in toy.stderr()


@pytest.mark.parametrize("closing_s", [0, 60])
def test_the_end_of_input_is_its_end_whatever_is_under_way(toy: Driver, closing_s: int) -> None:
    """It exits with 0, also when a call is pending or a close hangs."""
    toy.open(closing_s=closing_s)
    toy.send("call", handle="s1", verb="stop", args={"complete": True})
    assert toy.process.stdin is not None
    toy.process.stdin.close()
    answered = toy.read()
    assert kind_of(answered) == ("unknown", "closed")
    assert toy.process.wait() == 0


# --- ours behind the protocol ---------------------------------------------------------------------------------------


def test_our_reference_runs_behind_the_protocol(tmp_path: Path) -> None:
    """Both its roles; the server is really there."""
    driver = Driver([sys.executable, "-m", "streamproof.driver", "reference"], tmp_path)
    try:
        hello = driver.ask("hello", protocol=[1, 1])
        assert {(row["contract"], row["role"]) for row in hello["value"]["serves"]} >= {("ingest", "sender"), ("ingest", "server")}
        config = {"runs": [{"project_id": 7, "task_id": "t", "run_id": "r", "token": "T"}], "profile": "proxy"}
        opened = driver.ask("open", handle="v1", contract="ingest", role="server", config=config)
        url = opened["value"]["url"]
        sender = {"api_url": url, "ingest_url": url, "project_id": 7, "task_id": "t", "run_id": "r", "token": "T"}
        assert driver.open("s1", **sender)["outcome"] == "ok"
        assert driver.ask("call", handle="s1", verb="enqueue", args={"event": {"k": 1}})["value"] == {"accepted": True}
        assert driver.ask("call", handle="s1", verb="stop", args={"complete": True})["outcome"] == "ok"
        assert driver.ask("close", handle="s1")["outcome"] == "ok"
        assert driver.end() == 0
    finally:
        driver.clean_up()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mutant:no-such", "unknown mutant 'no-such'"),
        ("nowhere:factory", "there is no module 'nowhere'"),
        ("reference:x", "there is no module"),
    ],
)
def test_a_name_that_is_none_is_one_message(tmp_path: Path, name: str, message: str) -> None:
    """On standard error, without a traceback, and the process ends."""
    done = subprocess.run([sys.executable, "-m", "streamproof.driver", name], cwd=tmp_path, capture_output=True, text=True, timeout=HANG_S)
    assert done.returncode == 1
    assert done.stderr.startswith("streamproof.driver: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_factory_of_the_user_runs_behind_the_protocol(tmp_path: Path) -> None:
    """From the current directory; declaring nothing, it is offered for every role with timing and limits."""
    (tmp_path / "mine.py").write_text("class Sender:\n    def __init__(self, config, note): pass\n    def enqueue(self, event): pass\n")
    driver = Driver([sys.executable, "-m", "streamproof.driver", "mine:Sender"], tmp_path)
    try:
        assert {"contract": "ingest", "role": "sender", "capabilities": ["timing", "limits"]} in driver.ask("hello", protocol=[1, 1])[
            "value"
        ]["serves"]
        assert driver.open()["outcome"] == "ok"
        assert driver.ask("call", handle="s1", verb="enqueue", args={"event": {}}) == {"outcome": "ok", "value": {}}
        assert driver.end() == 0
    finally:
        driver.clean_up()
