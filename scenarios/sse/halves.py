"""Streams that end in the middle of an event: half of it is nothing, and its id is not committed."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.values.case import Case
from ..drawing import HOW
from .base import sse_scenario
from .draws import END, PAUSE_MS, STREAM, WATCH, case, config, ending, event, raw, retries, send, wait, with_retry

JUDGES = ("HALF-1", "RES-1", "LOSS-1", "TELL-1")
HALVES = (
    "id: half\ndata: half\n",
    "data: half\n",
    "data: half",
    "id: half\ndata: ha",
    "id: half\n",
    "event: x\ndata: half\r",
    "id: half",
    "data: half\r\n:",
)


def draw(setting: Setting) -> SearchStrategy[Case]:
    cut: SearchStrategy[Fault] = st.builds(
        Cut,
        endpoint=STREAM,
        nth=st.integers(1, 2),
        direction=st.just("answer"),
        inside=st.just("line"),
        at=st.integers(3, 7),
        after_bytes=st.integers(1, 12),
        how=HOW,
    )

    def build(halves: list[str], plan: list[Fault], retry_ms: int | None) -> Case:
        pause = wait(2 * PAUSE_MS[setting.world])
        ends = [op for number, half in enumerate(halves) for op in (send(event(3 + number)), raw(half), END, pause)]
        ops = [*with_retry([send(event(1), event(2))], retry_ms), WATCH, *ends, send(event(90)), *ending(setting)]
        return case("halves", setting, config(setting), ops, plan)

    return st.builds(build, st.lists(st.sampled_from(HALVES), min_size=1, max_size=3), st.lists(cut, max_size=1), retries(setting))


HALVES_AT_THE_END = sse_scenario("halves", "half an event at the end of an answer", JUDGES, draw)
