"""The link under faults that hold bytes back or pace them: nothing is lost, and the heal lets go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamproof.harness.faults import FAULTS
from streamproof.harness.faults.base import Fault

SYNC = b"POST /i HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
HEAD = b"POST /i HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
LINE_1 = b"6\r\nline1\n\r\n"
LINE_2 = b"7\r\nl\xc3\xa9ne2\n\r\n"
LAST = b"0\r\n\r\n"
UPLOAD = HEAD + LINE_1 + LINE_2 + LAST
ANSWER_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
ANSWER = ANSWER_HEAD + b'{"ok":123}'
assert len(ANSWER) == 49

Bench = Any
MakeBench = Callable[..., Bench]


def fault(name: str, **fields: Any) -> Fault:
    return FAULTS[name](**fields)


@pytest.mark.parametrize(
    ("where", "sent"),
    [("before-head", b""), ("in-body", ANSWER_HEAD + b'{"o')],
)
def test_a_stalled_answer_goes_on(link_bench: MakeBench, where: str, sent: bytes) -> None:
    """The answer is held, its source is not read meanwhile, and all of it comes when the time is over."""
    bench = link_bench(fault("stall", where=where, after_bytes=3, for_ms=700))
    wire, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    assert wire.sent("client") == sent
    assert wire.did("pause", "resume") == [("pause", "server")]
    assert bench.kinds == ["connect", "fault"]
    assert wire.fire() == 700
    assert wire.sent("client") == ANSWER
    assert wire.did("pause", "resume") == [("pause", "server"), ("resume", "server")]
    assert bench.kinds == ["connect", "fault", "delivered"]


def test_a_stall_without_an_end_lasts_until_the_heal(link_bench: MakeBench) -> None:
    """Without ``for_ms`` no timer runs, and the heal lets go."""
    bench = link_bench(fault("stall", where="never-read", after_bytes=2))
    wire, connection = bench.connect()
    connection.received("client", HEAD + LINE_1)
    connection.received("client", LINE_2 + LAST)
    assert wire.sent("server") == HEAD + LINE_1[:5]
    assert wire.timers == []
    assert wire.did("pause") == [("pause", "client")]
    bench.plan.heal()
    assert wire.sent("server") == UPLOAD
    assert wire.did("resume") == [("resume", "client")]


def test_never_read_begins_with_the_head(link_bench: MakeBench) -> None:
    """Behind 0 bytes nothing at all of the request is read."""
    bench = link_bench(fault("stall", where="never-read"))
    wire, connection = bench.connect()
    connection.received("client", SYNC)
    assert wire.log == [("pause", "client")]


def test_a_stall_with_nothing_behind_it_does_not_act(link_bench: MakeBench) -> None:
    """Once the whole answer has gone there is nothing to hold."""
    bench = link_bench(fault("stall", where="in-body", after_bytes=10))
    wire, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    assert bench.kinds == ["connect", "delivered"]
    assert not wire.did("pause")


def test_a_fin_waits_behind_a_stall(link_bench: MakeBench) -> None:
    """The end of a held direction comes behind its bytes."""
    bench = link_bench(fault("stall", for_ms=5))
    wire, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    connection.finished("server")
    assert not wire.did("finish")
    wire.fire()
    assert wire.did("send", "finish")[1:] == [("send", "client", ANSWER), ("finish", "client")]


def test_a_reset_does_not_wait(link_bench: MakeBench) -> None:
    """A reset passes over what is held, and the timer is gone."""
    bench = link_bench(fault("stall", for_ms=5))
    wire, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    connection.was_reset("client")
    assert wire.did("reset") == [("reset", "server")]
    assert wire.fire() is None
    assert wire.sent("client") == b""
    assert bench.entries("closed") == [{"kind": "closed", "connection": 1, "by": "target", "how": "rst"}]


def test_a_drip(link_bench: MakeBench) -> None:
    """So many bytes at a time, then a wait; the answer is delivered with its last drop, and the next one is not dripped."""
    bench = link_bench(fault("drip", size_bytes=20, every_ms=30))
    wire, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    waits = []
    while (wait := wire.fire()) is not None:
        waits.append(wait)
    assert wire.segments("client") == [ANSWER[:20], ANSWER[20:40], ANSWER[40:]]
    assert waits == [30, 30]
    assert bench.kinds == ["connect", "fault", "delivered"]
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    assert wire.segments("client")[-1] == ANSWER


def test_a_drip_stops_with_the_heal(link_bench: MakeBench) -> None:
    """The rest comes at once."""
    bench = link_bench(fault("drip", direction="request"))
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    assert wire.sent("server") == UPLOAD[:1]
    bench.plan.heal()
    assert wire.sent("server") == UPLOAD


def test_slices_in_both_directions_count_as_one_injection(link_bench: MakeBench) -> None:
    """Sizes are used in turn, over the edges of pieces, and the fault is recorded once."""
    bench = link_bench(fault("slice", sizes=(50, 3)))
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    while wire.fire() is not None:
        pass
    assert wire.segments("server") == [UPLOAD[:50], UPLOAD[50:53], UPLOAD[53:]]
    connection.received("server", ANSWER)
    while wire.fire() is not None:
        pass
    assert wire.segments("client") == [ANSWER]
    assert bench.kinds.count("fault") == 1


def test_a_sliced_message_has_an_end_of_slices(link_bench: MakeBench) -> None:
    """Behind a thousand segments the rest of the message passes whole."""
    bench = link_bench(fault("slice", direction="request", sizes=(1,)))
    wire, connection = bench.connect()
    body = b"a" * 5_000
    connection.received("client", b"POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + body)
    while wire.fire() is not None:
        pass
    assert len(wire.segments("server")) == 1_001
    assert wire.sent("server").endswith(body)


def test_a_cut_inside_a_drip(link_bench: MakeBench) -> None:
    """Two faults on one message: the cut waits for the bytes before it."""
    bench = link_bench(fault("drip", direction="request", size_bytes=40), fault("cut", after_lines=1))
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    assert wire.sent("server") == UPLOAD[:40]
    while wire.fire() is not None:
        pass
    assert wire.sent("server") == HEAD + LINE_1[:-2]
    assert bench.kinds == ["connect", "fault", "fault", "closed"]
