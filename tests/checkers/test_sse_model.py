"""The standard's algorithm as the judge has it: what each run of bytes dispatches, commits and sets."""

from __future__ import annotations

import pytest

from streamproof.harness.checkers.sse.model import Key, read_stream


def events(text: str | bytes) -> list[tuple[str, str, str | None]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(step.key.type, step.key.data, step.id) for step in read_stream(data).event_steps if step.key is not None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data: a\n\n", [("message", "a", None)]),
        ("data: a\r\rdata: b\r\n\r\n", [("message", "a", None), ("message", "b", None)]),
        ("data: a\r\n\rdata: b\n\r", [("message", "a", None), ("message", "b", None)]),
        ("\ufeffdata: a\n\n", [("message", "a", None)]),
        ("\ufeff\ufeffdata: a\n\n", []),
        (": comment\n\n:\n\ndata: a\n\n", [("message", "a", None)]),
        ("data: a\ndata\ndata: c\n\n", [("message", "a\n\nc", None)]),
        ("data:a\n\ndata:  b\n\ndata:\tc\n\n", [("message", "a", None), ("message", " b", None), ("message", "\tc", None)]),
        ("data\n\n", [("message", "", None)]),
        ("event: x\n\ndata: a\n\n", [("message", "a", None)]),
        ("event: x\ndata: a\n\ndata: b\n\n", [("x", "a", None), ("message", "b", None)]),
        ("event: x\nevent\ndata: a\n\n", [("message", "a", None)]),
        ("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", [("message", "a", "1"), ("message", "b", "1"), ("message", "c", "")]),
        ("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", [("message", "a", "1"), ("message", "b", "1")]),
        ("id: 1\n\ndata: b\n\n", [("message", "b", "1")]),
        ("Data: a\n data: b\ndata : c\nfoo: d\n\n", []),
        ("data: a:b: c\n\n", [("message", "a:b: c", None)]),
        ("data: a\n", []),
        (b"data: \xf0\x9f\x99\x82\xff\xe2\x82\n\n", [("message", "🙂\ufffd\ufffd", None)]),
        ("data: a\u2028b\x0bc\x85d\n\n", [("message", "a\u2028b\x0bc\x85d", None)]),
    ],
)
def test_what_is_dispatched(text: str | bytes, expected: list[tuple[str, str, str | None]]) -> None:
    """Type, data, and the id that the stream has named so far."""
    assert events(text) == expected


def test_retry_takes_digits_alone() -> None:
    """Anything but ASCII digits is ignored; huge numbers are still numbers."""
    reading = read_stream(b"retry: 50\nretry: 1e3\nretry: -1\nretry:\nretry: \xd9\xa1\nretry:007\nretry: " + b"9" * 5_000 + b"\n")
    assert [ms for _, ms in reading.retries] == [50, 7, 10**18 - 1]


def test_what_is_left_at_the_end_is_half_an_event() -> None:
    """With and without its unfinished line; an id of it is committed by nothing."""
    reading = read_stream(b"id: 1\ndata: a\n\nid: 2\ndata: b\ndata: c")
    assert reading.halves == (Key("message", "b"), Key("message", "b\nc"))
    assert reading.half_ids == ("2", "2")
    assert read_stream(b"id: 1\ndata: a\n\nretry: 5").retries == []
    assert read_stream(b"id: 1\ndata: a\n\n").halves == ()


def test_prefixes_are_read_with_the_whole() -> None:
    """How many events, and which numbers for `retry`, are whole within so many bytes."""
    data = b"data: a\n\nretry: 5\ndata: b\n\n"
    reading = read_stream(data)
    assert [reading.events_within(size) for size in (0, 8, 9, len(data) - 1, len(data))] == [0, 0, 1, 1, 2]
    assert reading.retries_within(17) == []
    assert reading.retries_within(18) == [5]


def test_endless_lines_are_read_in_one_pass() -> None:
    """A megabyte without a line end, behind many short lines, takes no time at all."""
    reading = read_stream(b"data: a\n\n" * 10_000 + b"data: " + b"x" * 1_000_000)
    assert len(reading.keys) == 10_000
    assert len(reading.halves[0].data) == 1_000_000


def test_cursors_move_with_every_empty_line() -> None:
    """An id without an event is committed, too; where the stream has named none, the client's own stands."""
    reading = read_stream(b":\n\nid: 1\n\nid: 2\ndata: a\n\nid\n\ndata: b\n\n")
    assert reading.cursors(0, "0") == ["0", "0", "1"]
    assert reading.cursors(1, "0") == ["2", ""]
    assert reading.counts_at("2", "0") == {1}
    assert reading.counts_at("", "0") == {1, 2}
