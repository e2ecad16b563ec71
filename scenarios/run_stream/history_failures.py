"""The history cannot be read at once: 5xx, nonsense, cut pages."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.spoilt_body import SpoiltBody
from ...harness.faults.status import Status
from ...harness.values.case import Case, Operation
from ..drawing import HOW
from ..preconditions import any_injected
from .base import reader_scenario
from .draws import COUNTED_FAILURES_MAX, END, RECOVER, RETRY, TOLD, WATCH, Timing, case, config, fixed, streak_ms, timings, until_over

JUDGES = ("SNAP-1", "LOSS-1", "DUP-1", "RETRY-1", "ORD-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    few = setting.world != "sim" and "timing" not in setting.capabilities

    def build(timing: Timing | None, old: int, fault: Fault, live: int, after: tuple[Operation, ...]) -> Case:
        patience = until_over(streak_ms(timing, fault.times))
        workload = [fixed(1, old), WATCH, *([fixed(old + 1, live)] if live else []), patience, *after, *END]
        return case("history-failures", setting, config(timing), workload, [fault])

    history, nth = st.just("history"), st.sampled_from((1, 1, 2))
    times = st.sampled_from((1, 2) if few else (1, 2, 3, COUNTED_FAILURES_MAX, 10_000))
    statuses = st.builds(Status, endpoint=history, nth=nth, times=times, status=st.sampled_from((503, 500, 429, 404)))
    spoilt = st.builds(SpoiltBody, endpoint=history, nth=nth, times=times, body=st.sampled_from(("html", "empty", "truncated")))
    cuts = st.builds(Cut, endpoint=history, nth=nth, times=times, direction=st.just("answer"), after_bytes=st.integers(0, 30), how=HOW)
    after = st.sampled_from(((RECOVER,), (RECOVER, RETRY, TOLD)))
    return st.builds(build, timings(setting), st.integers(1, 5), st.one_of(statuses, spoilt, cuts), st.integers(0, 3), after)


HISTORY_FAILURES = reader_scenario(
    "history-failures", "history requests fail, a few times or always", JUDGES, draw, counts=any_injected, profiles=("proxy",)
)
