"""The shared part of Node drivers, spoken to over a real pipe as Streamproof would."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamproof.harness.targets.npm import NODE_FOLDER

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

HANG_S = 30
LINE_BYTES_MAX = 16 * 1024 * 1024
TOY = Path(__file__).parent.parent / "data" / "toy_driver.mjs"


class Driver:
    """A driver process and what it said. A driver that hangs is killed, so that a read ends and the test fails."""

    def __init__(self, path: Path, cwd: Path) -> None:
        assert NODE is not None
        self._errors = (cwd / "stderr.txt").open("w+b")
        self.process = subprocess.Popen([NODE, str(path)], cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors)
        self.notes: list[dict[str, Any]] = []
        self.replies: dict[int, dict[str, Any]] = {}
        self.order: list[int] = []
        self._watchdog = threading.Timer(HANG_S, self.process.kill)
        self._watchdog.start()
        self._ids = 0

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, op: str, **fields: Any) -> int:
        self._ids += 1
        self.send_bytes(json.dumps({"id": self._ids, "op": op, **fields}, ensure_ascii=False).encode() + b"\n")
        return self._ids

    def read(self) -> bool:
        """Takes in one line; False at the end."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            return False
        message = json.loads(line)
        if "note" in message:
            self.notes.append(message)
        else:
            assert message["id"] not in self.replies
            self.replies[message["id"]] = message
            self.order.append(message["id"])
        return True

    def reply(self, request: int) -> dict[str, Any]:
        while request not in self.replies:
            assert self.read(), f"the driver ended without a reply: {self.stderr()}"
        return self.replies[request]

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        return self.reply(self.send(op, **fields))

    def open(self, handle: str = "s1", **config: Any) -> dict[str, Any]:
        return self.ask("open", handle=handle, contract="ingest", role="sender", config=config)

    def call(self, verb: str, **args: Any) -> dict[str, Any]:
        return self.ask("call", handle="s1", verb=verb, args=args)

    def stderr(self) -> str:
        self._errors.flush()
        return Path(self._errors.name).read_text("utf-8")

    def end(self) -> int:
        """Closes its standard input, takes in what it still says and returns its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        while self.read():
            pass
        return self.process.wait()

    def dispose(self) -> None:
        self._watchdog.cancel()
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            assert stream is not None
            stream.close()


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Driver]:
    """The toy driver, running beside a copy of the shared part."""
    shutil.copy(NODE_FOLDER / "streamproof-driver.mjs", tmp_path)
    driver = Driver(Path(shutil.copy(TOY, tmp_path)), tmp_path)
    yield driver
    driver.dispose()


def outcome_and_kind(reply: dict[str, Any]) -> tuple[str, str]:
    assert isinstance(reply["error"]["message"], str)
    return reply["outcome"], reply["error"]["kind"]


def test_hello_tells_what_the_driver_serves(toy: Driver) -> None:
    """The answer to hello holds the version spoken, the name and every role with its capabilities."""
    assert toy.ask("hello", protocol=[1, 3]) == {
        "id": 1,
        "outcome": "ok",
        "value": {
            "protocol": 1,
            "name": "toy",
            "version": "1.0.0",
            "language": "javascript",
            "serves": [
                {"contract": "ingest", "role": "sender", "capabilities": ["limits"]},
                {"contract": "durable-execution", "role": "server", "capabilities": []},
            ],
        },
    }


@pytest.mark.parametrize("versions", [[2, 3], [0, 0], [], None, "1"])
def test_hello_outside_the_versions_is_a_driver_error(toy: Driver, versions: object) -> None:
    """A range of versions that does not hold 1 is answered with driver_error, and the driver stays usable."""
    assert outcome_and_kind(toy.ask("hello", protocol=versions)) == ("driver_error", "protocol-version")
    assert toy.ask("hello", protocol=[1, 1])["outcome"] == "ok"


def test_a_whole_conversation(toy: Driver) -> None:
    """Open, call, close and shutdown are answered ok, a verb's object is the value, and the process exits 0."""
    assert toy.ask("hello", protocol=[1, 1])["outcome"] == "ok"
    assert toy.open(run_id="a/b?c")["value"] == {}
    assert toy.call("echo", text="é🙂\u2028\r")["value"] == {"text": "é🙂\u2028\r"}
    assert toy.call("nothing") == {"id": 4, "outcome": "ok", "value": {}}
    assert toy.ask("close", handle="s1")["value"] == {}
    assert toy.ask("shutdown")["value"] == {}
    assert toy.end() == 0


def test_a_server_answers_open_with_its_url(toy: Driver) -> None:
    """For a server the value of open is its url."""
    reply = toy.ask("open", handle="d", contract="durable-execution", role="server", config={})
    assert reply["value"] == {"url": "http://127.0.0.1:1"}


@pytest.mark.parametrize("verb", ["frobnicate", "toString", "constructor", "close", "", None])
def test_an_unknown_verb_is_unsupported(toy: Driver, verb: object) -> None:
    """A verb without a method of its own is unsupported; what every object inherits is no verb."""
    toy.open()
    assert outcome_and_kind(toy.ask("call", handle="s1", verb=verb, args={})) == ("unsupported", "unknown-verb")


@pytest.mark.parametrize(
    ("verb", "outcome", "kind"),
    [
        ("fail", "fail", "closed"),
        ("lost", "unknown", "unknown"),
        ("lacks", "unsupported", "unsupported"),
        ("boom", "unknown", "TypeError"),
        ("bigint", "driver_error", "bad-value"),
    ],
)
def test_what_a_verb_throws_becomes_its_outcome(toy: Driver, verb: str, outcome: str, kind: str) -> None:
    """Failed, Unknown and Unsupported say their outcome, any other exception is unknown, and the driver lives on."""
    toy.open()
    assert outcome_and_kind(toy.call(verb)) == (outcome, kind)
    assert toy.call("echo", still=True)["value"] == {"still": True}


def test_a_handle_is_opened_once(toy: Driver) -> None:
    """A second open of an open handle is a driver error that leaves the first alone; after close it may be opened again."""
    toy.open()
    assert toy.call("count")["value"] == {"calls": 1}
    assert outcome_and_kind(toy.open()) == ("driver_error", "already-open")
    assert toy.call("count")["value"] == {"calls": 2}
    toy.ask("close", handle="s1")
    assert toy.open()["outcome"] == "ok"
    assert toy.call("count")["value"] == {"calls": 1}


def test_requests_for_a_handle_that_is_not_open_are_driver_errors(toy: Driver) -> None:
    """A call or close before open, and after close, cannot be tried."""
    assert outcome_and_kind(toy.call("echo")) == ("driver_error", "not-open")
    toy.open()
    toy.ask("close", handle="s1")
    assert outcome_and_kind(toy.call("echo")) == ("driver_error", "not-open")
    assert outcome_and_kind(toy.ask("close", handle="s1")) == ("driver_error", "not-open")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"handle": "s1", "contract": "ingest", "role": "reader", "config": {}}, "not-served"),
        ({"handle": 5, "contract": "ingest", "role": "sender", "config": {}}, "bad-request"),
        ({"handle": "s1", "contract": "ingest", "role": "sender", "config": {"broken": True}}, "open-failed"),
    ],
)
def test_an_open_that_cannot_be_done_is_a_driver_error(toy: Driver, fields: dict[str, Any], kind: str) -> None:
    """What is not served, no handle, and an exception while opening are driver errors, after which the handle is free."""
    assert outcome_and_kind(toy.ask("open", **fields)) == ("driver_error", kind)
    assert toy.open()["outcome"] == "ok"


def test_an_unknown_op_is_a_driver_error(toy: Driver) -> None:
    """An op that the protocol does not know is answered, also one that is a method of every object."""
    assert outcome_and_kind(toy.ask("frobnicate")) == ("driver_error", "unknown-op")
    assert outcome_and_kind(toy.ask("constructor")) == ("driver_error", "unknown-op")


def test_notes_are_numbered_for_each_handle(toy: Driver) -> None:
    """Notes count 1, 2, 3 .. for a handle from its open on, whatever other handles do."""
    toy.open()
    toy.open("s2")
    toy.call("note", times=3)
    toy.ask("call", handle="s2", verb="note", args={"times": 1})
    assert [(note["handle"], note["n"], note["note"]) for note in toy.notes] == [
        ("s1", 1, "opened"),
        ("s2", 1, "opened"),
        ("s1", 2, "tick"),
        ("s1", 3, "tick"),
        ("s1", 4, "tick"),
        ("s2", 2, "tick"),
    ]
    assert toy.notes[3]["data"] == {"i": 1}


def test_no_note_of_a_closed_handle_follows(toy: Driver) -> None:
    """What an object says while and after it is closed is not passed on; a new life of the handle counts from 1."""
    toy.open()
    toy.ask("close", handle="s1")
    toy.open()
    assert [(note["n"], note["note"]) for note in toy.notes] == [(1, "opened"), (1, "opened")]


def test_replies_come_in_the_order_of_the_answers(toy: Driver) -> None:
    """A call that waits does not hold up the ones behind it."""
    toy.open()
    waiting = toy.send("call", handle="s1", verb="wait", args={"name": "gate"})
    quick = toy.send("call", handle="s1", verb="echo", args={})
    toy.reply(quick)
    toy.call("release", name="gate")
    assert toy.reply(waiting)["value"] == {"late": True}
    assert toy.order.index(quick) < toy.order.index(waiting)


def test_a_pending_call_is_unknown_at_close(toy: Driver) -> None:
    """Close answers what is pending with unknown, before its own reply; the late end of that call says nothing more."""
    toy.open()
    toy.open("s2")
    waiting = toy.send("call", handle="s1", verb="wait", args={"name": "gate"})
    closing = toy.send("close", handle="s1")
    assert outcome_and_kind(toy.reply(waiting)) == ("unknown", "closed")
    assert toy.reply(closing)["outcome"] == "ok"
    toy.ask("call", handle="s2", verb="release", args={"name": "gate"})
    assert toy.end() == 0
    assert toy.order == [1, 2, waiting, closing, 5]


def test_a_close_that_throws_is_a_driver_error_and_the_handle_is_gone(toy: Driver) -> None:
    """An object that cannot be released does not keep its handle."""
    toy.open(bad_close=True)
    assert outcome_and_kind(toy.ask("close", handle="s1")) == ("driver_error", "close-failed")
    assert toy.open()["outcome"] == "ok"


def test_calls_may_be_sent_before_open_is_answered(toy: Driver) -> None:
    """Calls behind an open take effect after it, in their order."""
    requests = [toy.send("open", handle="s1", contract="ingest", role="sender", config={})]
    requests += [toy.send("call", handle="s1", verb="count", args={}) for _ in range(3)]
    assert [toy.reply(request)["value"] for request in requests] == [{}, {"calls": 1}, {"calls": 2}, {"calls": 3}]


def test_a_handle_closed_while_it_opens_is_released(toy: Driver) -> None:
    """The open is unknown then, calls behind it too, and the handle may be opened again."""
    opening = toy.send("open", handle="s1", contract="ingest", role="sender", config={"slow": True})
    calling = toy.send("call", handle="s1", verb="count", args={})
    closing = toy.send("close", handle="s1")
    assert toy.reply(opening)["outcome"] == "unknown"
    assert toy.reply(calling)["outcome"] == "unknown"
    assert toy.reply(closing)["outcome"] == "ok"
    toy.open()
    toy.call("release", name="open")
    assert toy.call("count")["value"] == {"calls": 1}


def test_what_is_printed_goes_to_standard_error(toy: Driver) -> None:
    """console.log and process.stdout.write of an implementation never reach the protocol."""
    toy.open()
    toy.call("print")
    assert toy.end() == 0
    assert "printed while loading" in toy.stderr()
    assert "a stray line" in toy.stderr()


@pytest.mark.parametrize("line", [b"garbage", b"[1,2]", b"null", b'{"op":"hello"}', b'{"id":"7","op":"hello"}', b'{"id":0}', b"\xff\xfe"])
def test_a_request_that_nobody_can_answer_is_told_on_standard_error(toy: Driver, line: bytes) -> None:
    """What is no JSON object with an id is skipped and told; the next request is answered."""
    toy.send_bytes(line + b"\n \r\n")
    assert toy.ask("hello", protocol=[1, 1])["outcome"] == "ok"
    assert toy.end() == 0
    assert toy.stderr().count("streamproof-driver: a request") == 1


def test_lines_are_split_at_lf_alone_however_they_arrive(toy: Driver) -> None:
    """A line in pieces, with CR before its LF and U+2028 inside a string, is one request."""
    toy.open()
    line = '{"id":50,"op":"call","handle":"s1","verb":"echo","args":{"text":"a\u2028b\u2029é🙂"}}\r\n'.encode()
    for index in range(len(line)):
        toy.send_bytes(line[index : index + 1])
    assert toy.reply(50)["value"] == {"text": "a\u2028b\u2029é🙂"}


def test_a_line_beyond_16_mib_is_skipped(toy: Driver) -> None:
    """The longest line allowed is answered, one byte more is told and skipped."""
    toy.open()
    head, tail = b'{"id":60,"op":"call","handle":"s1","verb":"count","args":{"t":"', b'"}}'
    filling = b"x" * (LINE_BYTES_MAX - len(head) - len(tail))
    toy.send_bytes(head + filling + tail + b"\n")
    assert toy.reply(60)["value"] == {"calls": 1}
    toy.send_bytes(head + filling + b"x" + tail + b"\n")
    assert toy.call("count")["value"] == {"calls": 2}
    assert f"longer than {LINE_BYTES_MAX}" in toy.stderr()


def test_nothing_beyond_16_mib_is_sent(toy: Driver) -> None:
    """A reply that would be too long is a driver error; a note that would be is thrown back and leaves no hole."""
    toy.open()
    assert outcome_and_kind(toy.call("huge", bytes=LINE_BYTES_MAX)) == ("driver_error", "bad-value")
    assert outcome_and_kind(toy.call("huge_note", bytes=LINE_BYTES_MAX)) == ("unknown", "RangeError")
    toy.call("note", times=1)
    assert [note["n"] for note in toy.notes] == [1, 2]


def test_the_end_of_standard_input_ends_the_driver(toy: Driver) -> None:
    """At the end of its input a driver with an open handle and a waiting call answers it and exits 0."""
    toy.open()
    waiting = toy.send("call", handle="s1", verb="wait", args={"name": "never"})
    assert toy.end() == 0
    assert toy.replies[waiting]["outcome"] == "unknown"


def test_shutdown_answers_what_is_pending_and_exits(toy: Driver) -> None:
    """Shutdown is answered last, with the input still open, and the process ends with 0."""
    toy.open()
    waiting = toy.send("call", handle="s1", verb="wait", args={"name": "never"})
    ending = toy.send("shutdown")
    while toy.read():
        pass
    assert toy.process.wait() == 0
    assert toy.replies[waiting]["outcome"] == "unknown"
    assert toy.order[-1] == ending
