"""The body grammar: bytes to lines, lines to events and completions."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproof.fake_servers.ingest.lines import BadLine, CompletionLine, EventLine, LineSplitter, parse_line


@settings(deadline=None)
@given(st.binary(max_size=60).map(lambda raw: raw.replace(b"\x00", b"\n")), st.lists(st.integers(0, 60), max_size=8))
def test_lines_do_not_depend_on_how_the_body_was_cut(body: bytes, cuts: list[int]) -> None:
    """Whatever the pieces, the lines are those of the whole body, and the tail is what has no LF."""
    splitter = LineSplitter()
    at = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    lines = [line for start, end in pairwise(at) for line in splitter.feed(body[start:end])]
    assert [*lines, splitter.end()] == body.split(b"\n")


def test_the_tail_is_measured_before_its_end() -> None:
    """tail_bytes counts since the last LF, so that a line without end can be refused in time."""
    splitter = LineSplitter()
    splitter.feed(b"abc\nde")
    splitter.feed(b"f")
    assert splitter.tail_bytes == 3
    splitter.feed(b"\n")
    assert splitter.tail_bytes == 0


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        (b'{"seq":1,"event":{"a":"\xc3\xa9"}}', EventLine(1, {"a": "é"})),
        (b' \t{"event":{},"seq":7,"extra":null}\r', EventLine(7, {})),
        (b'{"type":"_posthog/stream_complete","final_seq":0}', CompletionLine(0)),
        (b'{"type":"_posthog/stream_complete","final_seq":3,"seq":1,"event":{}}', CompletionLine(3)),
        (b'{"type":"other","seq":1,"event":{}}', EventLine(1, {})),
        (b" \t\r", None),
    ],
)
def test_what_a_line_says(line: bytes, parsed: object) -> None:
    """White space is stripped, unknown keys are ignored, the type decides before the number does."""
    assert parse_line(line) == parsed


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"1",
        b"null",
        b'{"seq":0,"event":{}}',
        b'{"seq":-1,"event":{}}',
        b'{"seq":true,"event":{}}',
        b'{"seq":1.0,"event":{}}',
        b'{"seq":"1","event":{}}',
        b'{"event":{}}',
        b'{"seq":1}',
        b'{"seq":1,"event":[]}',
        b'{"seq":1,"event":{"a":NaN}}',
        b'{"seq":1,"event":{"a":"\xff"}}',
        b'{"seq":1,"event":{}} x',
        b'{"type":"_posthog/stream_complete"}',
        b'{"type":"_posthog/stream_complete","final_seq":-1}',
        b'{"type":"_posthog/stream_complete","final_seq":true}',
        b"[" * 100_000,
        b'{"seq":' + b"1" * 5_000 + b',"event":{}}',
    ],
)
def test_what_is_no_line(line: bytes) -> None:
    """Bad JSON, bad UTF-8, bad types and absurd nesting or numbers are refused, and nothing else is raised."""
    with pytest.raises(BadLine):
        parse_line(line)
