"""The link without faults: numbers, positions, entries, and how a connection ends."""

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


@pytest.mark.parametrize(("frames", "expected"), [(b"\x81\x81\0\0\0\0x\x81\x01x\x81\x01x", [2]), (b"\x81\x81\0\0\0\0x", [])])
def test_a_client_that_masks_no_frame_is_told_of(link_bench: MakeBench, frames: bytes, expected: list[int]) -> None:
    """Once, by its first such frame, which passes as it is. A server masks none."""
    bench = link_bench()
    wire, connection = bench.connect()
    connection.received("client", b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
    connection.received("server", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00")
    for byte in frames:
        connection.received("client", bytes([byte]))
    assert b"".join(wire.segments("server")).endswith(frames)
    assert [(row["request"], row["frame"]) for row in bench.entries("unmasked")] == [(1, frame) for frame in expected]
