"""Events with equal contents, where their order says which is which: both live, or the history holds the first of two."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.stall import Stall
from ...harness.values.case import Case, Operation
from .base import reader_scenario
from .draws import END, RECOVER, TOLD, WATCH, Timing, begun, case, config, event, timings, wait
from .stream_faults import event_cuts, in_a_row

JUDGES = ("LOSS-1", "DUP-1", "ORD-1")
ENDS: tuple[tuple[Operation, ...], ...] = ((TOLD, *END), (RECOVER, *END))


def live(setting: Setting) -> SearchStrategy[Case]:
    """All equal events come after the snapshot."""

    def build(timing: Timing | None, marks: list[int], cuts: list, end: tuple[Operation, ...]) -> Case:  # type: ignore[type-arg]
        events: list[Operation] = [("append", {"events": [event(10 + mark)]}) for mark in marks]
        return case("twins", setting, config(timing), [*begun(2), *events, *end], cuts)

    marks = st.lists(st.integers(0, 1), min_size=2, max_size=8)
    return st.builds(build, timings(setting), marks, in_a_row(event_cuts(), size_min=0, size_max=2), st.sampled_from(ENDS))


def attached(setting: Setting) -> SearchStrategy[Case]:
    """The request for the history arrives late, and its answer later still: one twin was appended before, one in between."""

    def build(timing: Timing | None, old: int, nth: int, end: tuple[Operation, ...]) -> Case:
        held = [Stall(endpoint="history", nth=nth, where=where, for_ms=200) for where in ("never-read", "before-head")]
        twin: Operation = ("append", {"events": [event(10)]})
        before: list[Operation] = [("append", {"events": [event(mark) for mark in range(1, old + 1)]})] if old else []
        return case("twins", setting, config(timing), [*before, WATCH, wait(100), twin, wait(200), twin, wait(200), *end], held)

    return st.builds(build, timings(setting), st.integers(0, 3), st.integers(1, 2), st.sampled_from(ENDS))


def draw(setting: Setting) -> SearchStrategy[Case]:
    # Only the simulation can tell what came between the two halves of an exchange.
    return st.one_of(live(setting), attached(setting)) if setting.world == "sim" else live(setting)


TWINS = reader_scenario("twins", "events with equal contents: all of them are told, each as often as it was appended", JUDGES, draw)
