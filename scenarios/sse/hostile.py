"""Bytes that are no events: binary, broken UTF-8, endless lines, megabytes of comments; and then a good event."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import sse_scenario
from .draws import WATCH, case, config, ending, event, raw, retries, send, with_retry

JUDGES = ("ROB-1", "LOSS-1", "PARSE-1")
KNOWN = (
    b"\xff\xfe\x00\x01",
    b"\x00" * 100,
    b"data: \xc3\n",
    b"data: \xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf",
    b"id: \xff\ndata: x",
    b"data: " + b"x" * 200_000,
    b"event: \xff\n",
    b"x" * 100_000,
    b": comment\n" * 20_000,
    b"\r" * 1_000,
    b"\n" * 1_000,
    b"data\n" * 500,
    b"\xef\xbb\xbf" * 3,
    b"retry: -1\nretry: 9e9\nretry:\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b":" * 5_000,
    b"data: \xe2\x80",
    b"event: " + b"e" * 5_000,
    b"id: " + b"\x01\x02" + b"\ndata: x",
    b"\xe2\x80\xa8data: x\xe2\x80\xa9",
)


def draw(setting: Setting) -> SearchStrategy[Case]:
    rubbish = st.one_of(st.sampled_from(KNOWN), st.binary(min_size=1, max_size=60))

    def build(pieces: list[bytes], retry_ms: int | None) -> Case:
        written = [raw(piece) for piece in pieces]
        ops = [*with_retry([send(event(1))], retry_ms), WATCH, *written, raw(b"\n\n"), send(event(2)), send(event(3)), *ending(setting)]
        return case("hostile", setting, config(setting), ops)

    return st.builds(build, st.lists(rubbish, min_size=1, max_size=3), retries(setting))


HOSTILE = sse_scenario("hostile", "rubbish of every kind, and then a good event", JUDGES, draw)
