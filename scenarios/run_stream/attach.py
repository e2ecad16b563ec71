"""The reader attaches while the run goes on: events fall between the reading of the history and the stream."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.stall import Stall
from ...harness.values.case import Case, Operation
from ..preconditions import injected
from .base import ALL, reader_scenario
from .draws import END, RECOVER, TOLD, WATCH, Timing, case, config, fixed, timings, wait

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "SNAP-1")
HELD_MS = 120
ENDS: tuple[tuple[Operation, ...], ...] = ((TOLD, *END), (RECOVER, *END))


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, old: int, held: list[Fault], pauses: list[int], end: tuple[Operation, ...]) -> Case:
        events = [operation for mark, ms in enumerate(pauses, old + 1) for operation in (fixed(mark, 1), wait(ms))]
        workload = [*([fixed(1, old)] if old else []), WATCH, wait(20), *events, *end]
        return case("attach", setting, config(timing), workload, held)

    pauses = st.lists(st.sampled_from((0, 30, 60)), min_size=1, max_size=6)
    return st.builds(build, timings(setting), st.sampled_from((0, 1, 5)), held_requests(), pauses, st.sampled_from(ENDS))


def held_requests() -> SearchStrategy[list[Fault]]:
    """One of the two requests is held, on its way or in its answer; or the stream first, and what is read of the history behind it."""
    endpoint = st.sampled_from(("history", "stream"))
    where = st.sampled_from(("before-head", "never-read", "in-body"))
    one = st.builds(Stall, endpoint=endpoint, nth=st.sampled_from((1, 1, 2)), where=where, for_ms=st.just(HELD_MS))
    way = st.sampled_from(("never-read", "before-head"))
    tail = st.just(Stall(endpoint="history", nth=2, for_ms=HELD_MS // 2))
    both = st.tuples(st.builds(Stall, endpoint=st.just("stream"), where=way, for_ms=st.just(HELD_MS // 2)), tail)
    return st.one_of(st.tuples(one), both).map(list)


ATTACH = reader_scenario(
    "attach", "events appended between the reading of the history and the attach", JUDGES, draw, counts=injected("stall"), profiles=ALL
)
