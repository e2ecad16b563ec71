"""The link finds the frames behind a switch to WebSocket, and faults sit at them."""

from __future__ import annotations

from streamproof.harness.faults.black_hole import BlackHole
from streamproof.harness.faults.cut_frame import CutFrame
from streamproof.harness.faults.decisions import BlackHole as BlackHoleDecision
from streamproof.harness.faults.decisions import Cut
from streamproof.harness.worlds.http_scan import Scanner

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
SHORT = b"\x81\x05hello"
MASKED = b"\x81\x83\x01\x02\x03\x04abc"
LONG = b"\x82\x7e\x01\x00" + bytes(256)
PING = b"\x89\x00"


def pieces_of(stream: bytes, step: int) -> list[tuple[int, str, bytes]]:
    """(frame, kind, data) with neighbours of one frame and kind joined, however the bytes come."""
    scanner = Scanner("answer")
    joined: list[tuple[int, str, bytes]] = []
    for start in range(0, len(stream), step):
        for piece in scanner.feed(stream[start : start + step]):
            key = (piece.frame, piece.kind)
            if joined and joined[-1][:2] == key and piece.kind == "payload":
                joined[-1] = (*key, joined[-1][2] + piece.data)
            else:
                joined.append((*key, piece.data))
    return joined


def test_frames_are_found_however_the_bytes_are_divided() -> None:
    """Header and payload of each frame, for every size of the segments."""
    expected = [
        (0, "head", UPGRADED),
        (1, "framing", b"\x81\x05"), (1, "payload", b"hello"),
        (2, "framing", MASKED[:6]), (2, "payload", b"abc"),
        (3, "framing", PING),
        (4, "framing", LONG[:4]), (4, "payload", bytes(256)),
    ]  # fmt: skip
    for step in (1, 2, 3, 7, 100, 1_000):
        assert pieces_of(UPGRADED + SHORT + MASKED + PING + LONG, step) == expected


def test_a_switch_to_something_else_passes_raw() -> None:
    """A tunnel has no frames."""
    assert pieces_of(UPGRADED.replace(b"websocket", b"other") + SHORT, 1_000)[-1] == (0, "payload", SHORT)


def decisions(fault: CutFrame | BlackHole, stream: bytes) -> list[object]:
    """What the fault answers to each piece behind the switch."""
    scanner = Scanner("answer")
    return [found for piece in scanner.feed(UPGRADED + stream) if (found := fault.on_answer_piece(piece)) is not None]


def test_a_cut_sits_inside_its_frame() -> None:
    """Behind the bytes that are asked for, in the header or the payload, and never behind the whole frame."""
    assert decisions(CutFrame(direction="answer", frame=2, after_bytes=3), PING + SHORT)[0] == Cut(1, "rst")
    assert decisions(CutFrame(direction="answer", frame=1, after_bytes=1), SHORT) == [Cut(1, "rst")]
    assert decisions(CutFrame(direction="answer", frame=1, after_bytes=99), SHORT) == [Cut(4, "rst")]
    assert decisions(CutFrame(direction="answer", frame=3), PING + SHORT) == []


def test_a_black_hole_begins_in_front_of_its_frame() -> None:
    """Not a byte of the frame passes."""
    assert decisions(BlackHole(direction="answer", frame=2), PING + SHORT)[0] == BlackHoleDecision(0)
