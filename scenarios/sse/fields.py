"""Streams written by hand: every kind of line, in any order, with any line end, and no server would write them so."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.slice import Slice
from ...harness.values.case import Case
from .base import sse_scenario
from .draws import STREAM, WATCH, case, config, ending, event, raw, retries, send, with_retry

JUDGES = ("PARSE-1", "ID-1", "LOSS-1", "DUP-1")
LINES = (
    "data: one",
    "",
    "data:two",
    "id: 7",
    "event: kind",
    "data",
    "data:  two spaces",
    ":",
    ": comment",
    "id",
    "id: a\0b",
    "event",
    "event:",
    "data: \u2028 \x85 \x0b",
    "data: é 日本 🙂",
    "id: é 日本",
    "foo: bar",
    "data : x",
    " data: x",
    "Data: x",
    "retry: 1e3",
    "retry: 5x",
    "retry",
    "data: a: b",
    "data:\ttab",
    "id:x y",
    "\ufeffdata: x",
    "data: \ufeff",
    "event: kind two",
    "ids: 1",
    "data: \0",
)
LINE_ENDS = ("\n", "\r\n", "\r")


def draw(setting: Setting) -> SearchStrategy[Case]:
    line = st.tuples(st.sampled_from(LINES), st.sampled_from(LINE_ENDS)).map("".join)
    text = st.lists(line, min_size=1, max_size=16).map("".join)
    sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)
    slices: SearchStrategy[Fault] = st.builds(Slice, endpoint=STREAM, direction=st.just("answer"), sizes=sizes)

    def build(texts: list[str], plan: list[Fault], retry_ms: int | None) -> Case:
        written = [raw(text) for text in texts]
        # Behind each comes an empty line, and an event that shows where things stand.
        shown = [send(event(2 + number, id=None)) for number in range(len(texts))]
        ops = [op for pair in zip(written, [raw("\n\n")] * len(texts), shown, strict=True) for op in pair]
        return case("fields", setting, config(setting), [*with_retry([send(event(1))], retry_ms), WATCH, *ops, *ending(setting)], plan)

    return st.builds(build, st.lists(text, min_size=1, max_size=3), st.lists(slices, max_size=1), retries(setting))


FIELDS = sse_scenario("fields", "lines of every kind, in any order, with any line end", JUDGES, draw)
