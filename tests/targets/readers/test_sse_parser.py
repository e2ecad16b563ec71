"""The parser of the reference readers: the algorithm of the standard, in any division of the bytes, in linear time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproof.harness.targets.references.sse_parser import A_LONG_TIME_MS, Frame, SseParser


def parsed(*pieces: bytes) -> list[Frame]:
    parser = SseParser()
    return [frame for piece in pieces for frame in parser.feed(piece)]


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        (b"data: a\n\n", [Frame("", "a", None)]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\r", [Frame("", "a", None), Frame("", "b", None), Frame("", "c", None)]),
        (b"\xef\xbb\xbfdata: a\n\n", [Frame("", "a", None)]),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\ndata: c\n\n", [Frame("", "a", None), Frame("", "c", None)]),
        (b"data:  a\ndata:b\ndata\n\n", [Frame("", " a\nb\n", None)]),
        (b"data:\n\n", [Frame("", "", None)]),
        (b": comment\ndata: a\nnobody: x\n\n", [Frame("", "a", None)]),
        (b"event: e\nid: 1\ndata: a:b\n\n", [Frame("e", "a:b", "1")]),
        (b"id: 1\n\nid\n\n", [Frame("", None, "1"), Frame("", None, "")]),
        (b"id: 1\x002\ndata: a\n\n", [Frame("", "a", None)]),
        (b"event: e\n\ndata: a\n\n", [Frame("e", None, None), Frame("", "a", None)]),
        (b"data: a\n\ndata: half\n", [Frame("", "a", None)]),
        (b"data: \xff\xe2\x82\n\n", [Frame("", "\ufffd\ufffd", None)]),
        (b"\n\n\n: nothing\n\n", []),
        (b"", []),
    ],
)
def test_frames(data: bytes, frames: list[Frame]) -> None:
    """Whole, byte by byte, and in two pieces, the frames are those of the standard."""
    assert parsed(data) == frames
    assert parsed(*(bytes([byte]) for byte in data)) == frames
    for at in range(len(data)):
        assert parsed(data[:at], b"", data[at:]) == frames


TOKENS = st.sampled_from(["data", "id", "event", "retry", ":", " ", "\r", "\n", "\r\n", "x", "é", "🙂", "\0", "\ufeff", "1"])


@settings(max_examples=150, deadline=None)
@given(st.lists(TOKENS, max_size=30), st.lists(st.integers(0, 60), max_size=5))
def test_the_division_of_the_bytes_does_not_matter(tokens: list[str], cuts: list[int]) -> None:
    """Any text, cut anywhere, gives the same frames and the same reconnection time."""
    data = "".join(tokens).encode()
    bounds = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    whole, divided = SseParser(), SseParser()
    frames = [frame for start, end in pairwise(bounds) for frame in divided.feed(data[start:end])]
    assert frames == whole.feed(data)
    assert divided.retry_ms == whole.retry_ms


@pytest.mark.parametrize(
    ("line", "retry_ms"),
    [
        (b"retry: 10\n", 10),
        (b"retry:0\n", 0),
        (b"retry: 1.5\n", None),
        (b"retry: -1\n", None),
        (b"retry\n", None),
        ("retry: ٣\n".encode(), None),
    ],
)
def test_a_reconnection_time_counts_at_once(line: bytes, retry_ms: int | None) -> None:
    """Also without the empty line, and only when it is all ASCII digits."""
    parser = SseParser()
    assert parser.feed(line) == []
    assert parser.retry_ms == retry_ms


def test_a_reconnection_time_of_thousands_of_digits_is_a_long_time() -> None:
    """No number is too long."""
    parser = SseParser()
    parser.feed(b"retry: " + b"9" * 10_000 + b"\n")
    assert parser.retry_ms == A_LONG_TIME_MS


def test_a_long_line_is_put_together_once() -> None:
    """8 MB in pieces of 64 KiB: no piece is copied more than a few times, so the work is linear."""
    parser = SseParser()
    payload = b"x" * 8_000_000
    data = b"data: " + payload + b"\n\n"
    pieces = [data[at : at + 65_536] for at in range(0, len(data), 65_536)]
    for piece in pieces[:-1]:
        assert parser.feed(piece) == []
    (frame,) = parser.feed(pieces[-1])
    assert frame.data == payload.decode()
