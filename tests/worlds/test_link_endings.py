"""The link under faults that end a connection or lose bytes: each at its exact position."""

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


def test_a_fault_acts_on_several_requests_in_a_row(link_bench: MakeBench) -> None:
    """``times`` 2 from ``nth`` 2: the second and the third, and no other."""
    bench = link_bench(fault("lose-answer", nth=2, times=2))
    for _ in range(4):
        _, connection = bench.connect()
        connection.received("client", SYNC)
        connection.received("server", ANSWER)
    assert [row["request"] for row in bench.entries("fault")] == [2, 3]


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize(
    ("where", "passed"),
    [
        ({"after_bytes": 0}, HEAD),
        ({"after_bytes": 6}, HEAD + LINE_1[:-2]),
        ({"after_bytes": 8}, HEAD + LINE_1 + LINE_2[:5]),
        ({"after_lines": 1}, HEAD + LINE_1[:-2]),
        ({"after_lines": 2}, HEAD + LINE_1 + LINE_2[:-2]),
        ({"part": "head", "after_bytes": 0}, b""),
        ({"part": "head", "after_bytes": 7}, HEAD[:7]),
        ({"part": "head", "after_bytes": 7_000}, HEAD[:-1]),
        ({"inside": "line", "at": 1}, HEAD + LINE_1[:4]),
        ({"inside": "line", "at": 2, "after_bytes": 3}, HEAD + LINE_1 + LINE_2[:6]),
        ({"inside": "line", "at": 2, "after_bytes": 99}, HEAD + LINE_1 + LINE_2[:-3]),
        ({"inside": "chunk-header", "at": 1}, HEAD + b"6"),
        ({"inside": "chunk-header", "at": 3, "after_bytes": 2}, HEAD + LINE_1 + LINE_2 + b"0\r"),
        ({"inside": "character", "at": 1, "after_bytes": 3}, HEAD + LINE_1 + LINE_2[:5]),
    ],
)
def test_a_cut_of_a_request(link_bench: MakeBench, where: dict[str, Any], passed: bytes, how: str) -> None:
    """The server gets exactly the bytes before the position and then the end; the client gets the end."""
    for segments in ([UPLOAD], [HEAD, LINE_1, LINE_2, LAST], [bytes([byte]) for byte in UPLOAD]):
        bench = link_bench(fault("cut", how=how, **where))
        wire, connection = bench.connect()
        for segment in segments:
            connection.received("client", segment)
        assert wire.sent("server") == passed
        verb = "close" if how == "fin" else "reset"
        assert wire.did("close", "reset") == [(verb, "client"), (verb, "server")]
        assert bench.kinds == ["connect", "fault", "closed"]


def test_a_cut_acts_before_the_next_bytes_come(link_bench: MakeBench) -> None:
    """A position between two segments is reached with the first: a sender that goes quiet is cut all the same."""
    bench = link_bench(fault("cut", after_lines=1))
    wire, connection = bench.connect()
    connection.received("client", HEAD + LINE_1)
    assert wire.did("reset")


def test_a_cut_beyond_the_message_does_not_act(link_bench: MakeBench) -> None:
    """A fault that found no place is not injected."""
    bench = link_bench(fault("cut", after_bytes=14), fault("cut", after_lines=3), fault("cut", inside="character", at=2))
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    assert wire.log == [("send", "server", UPLOAD)]
    assert bench.kinds == ["connect"]


@pytest.mark.parametrize("segments", [[HEAD, LINE_1, LINE_2, LAST], [UPLOAD]])
@pytest.mark.parametrize(
    ("where", "passed"),
    [
        ({"after_bytes": 10, "lost_bytes": 3}, HEAD + LINE_1 + LINE_2[:4]),
        ({"after_bytes": 10, "lost_bytes": 9}, HEAD + b"6\r\nl"),
        ({"after_bytes": 10, "lost_bytes": 90}, HEAD),
        ({"after_bytes": 20, "lost_bytes": 9}, HEAD + LINE_1 + LINE_2[:8]),
        ({"after_lines": 2, "lost_bytes": 2}, HEAD + LINE_1 + LINE_2[:8]),
        ({"after_lines": 2, "lost_bytes": 90}, HEAD + LINE_1 + LINE_2[:3]),
    ],
)
def test_lost_bytes_before_a_cut(link_bench: MakeBench, where: dict[str, Any], passed: bytes, segments: list[bytes]) -> None:
    """Bytes that were sent before the cut and never arrive, also when they lie in an earlier segment."""
    bench = link_bench(fault("cut", **where))
    wire, connection = bench.connect()
    for segment in segments:
        connection.received("client", segment)
    assert wire.sent("server") == passed
    assert wire.did("reset") == [("reset", "client"), ("reset", "server")]
    assert bench.kinds == ["connect", "fault", "closed"]


def test_the_heal_ends_a_connection_that_lost_bytes(link_bench: MakeBench) -> None:
    """Between the first lost byte and the cut the faults stop: the request could never end, so the connection is reset."""
    bench = link_bench(fault("cut", after_bytes=13, lost_bytes=7))
    wire, connection = bench.connect()
    connection.received("client", HEAD + LINE_1 + LINE_2[:5])
    assert not wire.did("reset")
    bench.plan.heal()
    assert wire.did("reset") == [("reset", "client"), ("reset", "server")]


@pytest.mark.parametrize(("how", "certain"), [("fin", True), ("rst", False)])
def test_delivered_and_then_closed(link_bench: MakeBench, how: str, certain: bool) -> None:
    """Behind a whole answer a FIN takes nothing away; an RST may take what was not read."""
    for where in ("close-after", "cut"):
        fields = {"direction": "answer", "after_bytes": 10} if where == "cut" else {}
        bench = link_bench(fault(where, how=how, **fields))
        _, connection = bench.connect()
        connection.received("client", SYNC)
        connection.received("server", ANSWER)
        assert bench.kinds == ["connect", "delivered", "fault", "closed"]
        assert bench.entries("delivered") == [{"kind": "delivered", "request": 1, "certain": certain}]


@pytest.mark.parametrize("answer_bytes", [0, 5, len(ANSWER_HEAD), len(ANSWER) - 1])
def test_a_lost_answer(link_bench: MakeBench, answer_bytes: int) -> None:
    """The request passes whole, the client gets so many raw bytes of its answer, and nothing is delivered."""
    bench = link_bench(fault("lose-answer", answer_bytes=answer_bytes, how="fin"))
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    connection.received("server", ANSWER)
    assert wire.sent("server") == UPLOAD
    assert wire.sent("client") == ANSWER[:answer_bytes]
    assert wire.did("close") == [("close", "client"), ("close", "server")]
    assert bench.kinds == ["connect", "fault", "closed", "broken"]


def test_an_answer_that_is_not_longer_is_not_lost(link_bench: MakeBench) -> None:
    """As many bytes as the answer has: it is whole, and the fault did not act."""
    bench = link_bench(fault("lose-answer", answer_bytes=len(ANSWER)))
    _, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    assert bench.kinds == ["connect", "delivered"]


def test_an_interim_answer_is_not_the_answer(link_bench: MakeBench) -> None:
    """100 Continue passes untouched; the fault sits at the answer behind it."""
    bench = link_bench(fault("lose-answer"))
    wire, connection = bench.connect()
    connection.received("client", HEAD)
    connection.received("server", b"HTTP/1.1 100 Continue\r\n\r\n")
    connection.received("client", LINE_1 + LAST)
    connection.received("server", ANSWER)
    assert wire.sent("client") == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert bench.entries("fault")[0]["request"] == 1


def test_refused_connections(link_bench: MakeBench, fake_wire: Callable[[object], Any]) -> None:
    """The nth connection and those after it, ``times`` in all, with an entry each."""
    bench = link_bench(fault("refuse", nth=2, times=1))
    bench.connect()
    wire = fake_wire(("127.0.0.1", 1))
    assert bench.link.accept(wire) is None
    assert wire.log == []  # to refuse is the wire's part
    bench.connect()
    assert bench.entries("refuse", "fault") == [
        {"kind": "refuse", "connection": 2, "server": "proxy"},
        {"kind": "fault", "index": 0, "fault": "refuse", "connection": 2},
    ]


def test_the_nearest_of_two_cuts_acts(link_bench: MakeBench) -> None:
    """The order in the plan does not matter, the position does."""
    bench = link_bench(fault("cut", after_lines=2), fault("cut", after_lines=1))
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    assert wire.sent("server") == HEAD + LINE_1[:-2]
    assert [row["index"] for row in bench.entries("fault")] == [1]


def test_a_half_close_of_the_answer(link_bench: MakeBench) -> None:
    """FIN towards the client in the middle of the answer; what it still sends is passed on."""
    bench = link_bench(fault("half-close", after_bytes=3))
    wire, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    assert wire.log == [
        ("send", "server", SYNC),
        ("send", "client", ANSWER_HEAD + b'{"o'),
        ("finish", "client"),
        ("send", "server", SYNC),
    ]
    assert bench.kinds == ["connect", "fault", "closed", "broken", "broken"]
    assert [row["bytes"] for row in bench.entries("broken")] == [3, 0]
    connection.finished("client")
    connection.finished("server")
    assert wire.log[4:] == [("finish", "server"), ("close", "client"), ("close", "server")]


def test_a_half_close_in_mid_upload(link_bench: MakeBench) -> None:
    """The client gets FIN while it uploads; the server gets the whole request, and its answer is lost."""
    bench = link_bench(fault("half-close", direction="request", after_bytes=6))
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    connection.received("server", ANSWER)
    assert (wire.sent("server"), wire.sent("client")) == (UPLOAD, b"")
    assert bench.kinds == ["connect", "fault", "closed", "broken"]


def test_garbage_in_place_of_an_answer(link_bench: MakeBench) -> None:
    """The client gets the garbage and the end; the answer is not delivered."""
    bench = link_bench(fault("garbage", what="text", how="rst"))
    wire, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", ANSWER)
    assert wire.sent("client").startswith(b"upstream")
    assert wire.did("reset") == [("reset", "client"), ("reset", "server")]
    assert "delivered" not in bench.kinds


@pytest.mark.parametrize(
    ("fields", "to_server", "to_client", "delivered"),
    [
        ({"point": "head"}, HEAD, b"", []),
        ({"point": "after-lines", "lines": 1}, HEAD + LINE_1[:-2], b"", []),
        ({"point": "before-answer"}, UPLOAD, b"", []),
        ({"point": "after-answer"}, UPLOAD, ANSWER, [{"kind": "delivered", "request": 1, "certain": False}]),
    ],
)
def test_a_crash(link_bench: MakeBench, fields: dict[str, Any], to_server: bytes, to_client: bytes, delivered: list[Any]) -> None:
    """The play is told at the point, once, and nothing passes any more in either direction."""
    bench = link_bench(fault("crash", **fields))
    crashes: list[int] = []
    bench.plan.on_crash = lambda: crashes.append(len(bench.history.entries))
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    connection.received("server", ANSWER)
    connection.received("client", SYNC)
    assert (wire.sent("server"), wire.sent("client")) == (to_server, to_client)
    assert len(crashes) == 1
    assert bench.entries("delivered") == delivered
    connection.was_reset("client")
    assert wire.did("reset") == [("reset", "server")]


def test_a_crash_may_reset_its_connections_at_once(link_bench: MakeBench) -> None:
    """A target in process dies inside the call: the connection ends under the hands of the link."""
    bench = link_bench(fault("crash", point="head"))
    wire, connection = bench.connect()
    bench.plan.on_crash = lambda: connection.was_reset("client")
    connection.received("client", UPLOAD)
    assert wire.log == [("send", "server", HEAD), ("reset", "server")]
    assert bench.kinds == ["connect", "fault", "closed"]
