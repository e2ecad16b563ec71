"""The link: numbers, entries, and each decision performed at its exact position."""

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


def test_without_faults_bytes_pass_unchanged_and_at_once(link_bench: MakeBench) -> None:
    """What arrives together goes out together, and the entries tell of a connection and a delivered answer."""
    bench = link_bench()
    wire, connection = bench.connect()
    connection.received("client", UPLOAD)
    connection.received("server", ANSWER)
    assert wire.log == [("send", "server", UPLOAD), ("send", "client", ANSWER)]
    assert bench.entries("connect", "delivered", "closed") == [
        {"kind": "connect", "connection": 1, "server": "proxy"},
        {"kind": "delivered", "request": 1, "certain": True},
    ]


def test_numbers_go_over_connections(link_bench: MakeBench) -> None:
    """Requests are numbered in the order in which their heads pass, and told to the server by its peer name."""
    bench = link_bench()
    first, one = bench.connect()
    second, two = bench.connect()
    one.received("client", SYNC)
    two.received("client", SYNC + UPLOAD)
    assert bench.link.request_number(second.address) == (2, 2)
    assert bench.link.request_number(first.address) == (1, 1)
    assert bench.link.request_number(second.address) == (3, 2)


def test_a_request_that_the_link_could_not_read_gets_a_number(link_bench: MakeBench) -> None:
    """A server may make sense of what the link did not: it is never left without a number."""
    bench = link_bench()
    wire, connection = bench.connect()
    connection.received("client", b"\x00 raw")
    assert wire.sent("server") == b"\x00 raw"
    assert bench.link.request_number(wire.address) == (1, 1)
    assert bench.link.request_number(("10.0.0.1", 1)) == (2, 0)


def test_positions_count_by_endpoint(link_bench: MakeBench) -> None:
    """The second upload is the second upload, however many other requests went before."""
    bench = link_bench(fault("lose-answer", endpoint="upload", nth=2))
    _wire, connection = bench.connect()
    for request in (SYNC, UPLOAD, SYNC):
        connection.received("client", request)
        connection.received("server", ANSWER)
    assert bench.entries("fault") == []
    connection.received("client", UPLOAD)
    connection.received("server", ANSWER)
    assert bench.entries("fault", "closed") == [
        {"kind": "fault", "index": 0, "fault": "lose-answer", "connection": 1, "request": 4},
        {"kind": "closed", "connection": 1, "by": "link", "how": "rst"},
    ]


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
    assert bench.kinds == ["connect", "fault", "closed"]


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
    assert bench.kinds == ["connect", "fault", "closed"]
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
    assert bench.kinds == ["connect", "fault", "closed"]


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


@pytest.mark.parametrize(("side", "by"), [("client", "target"), ("server", "server")])
def test_who_ends_a_connection(link_bench: MakeBench, side: str, by: str) -> None:
    """The first FIN names who closed; it is passed on, and both ends are closed when both have come."""
    bench = link_bench()
    wire, connection = bench.connect()
    other = "server" if side == "client" else "client"
    connection.finished(side)
    assert wire.log == [("finish", other)]
    connection.finished(other)
    assert wire.log[1:] == [("finish", side), ("close", "client"), ("close", "server")]
    assert bench.entries("closed") == [{"kind": "closed", "connection": 1, "by": by, "how": "fin"}]


def test_an_answer_to_a_client_that_has_gone_is_not_certain(link_bench: MakeBench) -> None:
    """Behind the client's FIN nobody may be left to read it."""
    bench = link_bench()
    _, connection = bench.connect()
    connection.received("client", SYNC)
    connection.finished("client")
    connection.received("server", ANSWER)
    assert bench.entries("delivered") == [{"kind": "delivered", "request": 1, "certain": False}]


def test_an_answer_until_the_close_is_delivered_with_the_close(link_bench: MakeBench) -> None:
    """Its last byte is known only from the FIN."""
    bench = link_bench()
    _, connection = bench.connect()
    connection.received("client", SYNC)
    connection.received("server", b"HTTP/1.1 200 OK\r\n\r\n{}")
    assert "delivered" not in bench.kinds
    connection.finished("server")
    assert bench.kinds == ["connect", "closed", "delivered"]


def test_a_server_restart_resets_every_connection(link_bench: MakeBench) -> None:
    """Both sides of each connection get RST, by the server."""
    bench = link_bench()
    wires = [bench.connect()[0] for _ in range(2)]
    bench.link.restart()
    assert [wire.log for wire in wires] == [[("reset", "client"), ("reset", "server")]] * 2
    assert [(row["by"], row["how"]) for row in bench.entries("closed")] == [("server", "rst")] * 2


def test_after_the_heal_no_fault_acts(link_bench: MakeBench) -> None:
    """Also not on a request whose head came before."""
    bench = link_bench(fault("cut", after_lines=2), fault("refuse", nth=2))
    wire, connection = bench.connect()
    connection.received("client", HEAD + LINE_1)
    bench.plan.heal()
    connection.received("client", LINE_2 + LAST)
    bench.connect()
    assert wire.sent("server") == UPLOAD
    assert bench.kinds == ["connect", "heal", "connect"]


def test_a_websocket_passes_in_both_directions(link_bench: MakeBench) -> None:
    """Behind a 101 the client's frames are no requests."""
    bench = link_bench()
    wire, connection = bench.connect()
    connection.received("client", b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
    connection.received("server", b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00")
    connection.received("client", b"GET / HTTP/1.1\r\n\r\n")
    assert bench.link.numbers.requests == 1
    assert wire.segments("server")[-1] == b"GET / HTTP/1.1\r\n\r\n"
