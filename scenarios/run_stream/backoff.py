"""Connections fail in a row: the pauses between them, and when it is enough."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.interject import Interject
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import ALL, reader_scenario
from .draws import COUNTED_FAILURES_MAX, END, RECOVER, Timing, begun, case, config, fixed, streak_ms, timings, wait
from .stream_faults import FAILURES, FRAME_LINES, cut_behind, failed_connections

JUDGES = ("BACK-1", "KA-1", "LOSS-1", "RES-1")
OLD = 1

Streak = tuple[str, int, int]
"""(what the last connection of it brings, how many fail before it, in which way)."""


def faults_of(streaks: list[Streak]) -> list[Fault]:
    """A first stream with one event, then the streaks one after the other. All streams are cut."""
    faults: list[Fault] = [cut_behind(1, 1, "rst")]
    nth = 1
    for what, failures, kind in streaks:
        faults += [failed_connections(nth + number, kind) for number in range(1, failures + 1)]
        nth += failures + 1
        faults += _last(what, nth)
    return faults


def _last(what: str, nth: int) -> list[Fault]:
    if what == "event":
        return [cut_behind(1, nth, "rst")]
    if what == "keepalive":
        return [Interject(nth=nth, what="keepalive"), cut_behind(0, nth, "fin", FRAME_LINES)]
    return []


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, streaks: list[Streak]) -> Case:
        events = 2 + sum(what == "event" for what, _, _ in streaks)
        pauses_ms = streak_ms(timing, 1) + sum(streak_ms(timing, failures + 1) for _, failures, _ in streaks)
        workload = [*begun(OLD), fixed(OLD + 1, events), wait(pauses_ms), RECOVER, *END]
        return case("backoff", setting, config(timing), workload, faults_of(streaks))

    longest = COUNTED_FAILURES_MAX if "timing" in setting.capabilities or setting.world == "sim" else 1
    failures = st.one_of(st.integers(0, 3), st.integers(0, longest)).map(lambda number: min(number, longest))
    one = st.tuples(st.sampled_from(("none", "event", "keepalive")), failures, st.integers(0, len(FAILURES) - 1))
    return st.builds(build, timings(setting), st.lists(one, min_size=1, max_size=2))


BACKOFF = reader_scenario(
    "backoff", "streaks of failed connections, with keepalives and events in between", JUDGES, draw, counts=any_injected, profiles=ALL
)
