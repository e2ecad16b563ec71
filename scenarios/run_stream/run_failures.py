"""GET run fails: at the watch, behind the snapshot, or at the end."""

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
from .draws import END, HEAL, RETRY, TOLD, WATCH, Timing, case, config, fixed, timings, until_over

JUDGES = ("RETRY-1", "ORD-1", "END-1", "LOSS-1", "SNAP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, old: int, fault: Fault, again: Operation) -> Case:
        """Where the first one fails the reader says so, and is asked again once the faults have stopped."""
        before = [fixed(1, old)] if old else []
        failed = [until_over(500), HEAL, again] if fault.nth == 1 else []
        workload = [*before, WATCH, *failed, TOLD, fixed(old + 1, 2), TOLD, *END]
        return case("run-failures", setting, config(timing), workload, [fault])

    run, nth, times = st.just("run"), st.sampled_from((1, 1, 2, 1)), st.integers(1, 2)
    statuses = st.builds(Status, endpoint=run, nth=nth, times=times, status=st.sampled_from((503, 500, 429, 401, 403, 404)))
    spoilt = st.builds(SpoiltBody, endpoint=run, nth=nth, times=times, body=st.sampled_from(("html", "empty", "truncated")))
    cuts = st.builds(
        Cut,
        endpoint=run,
        nth=nth,
        direction=st.just("answer"),
        part=st.sampled_from(("head", "body")),
        after_bytes=st.integers(0, 20),
        how=HOW,
    )
    return st.builds(build, timings(setting), st.integers(0, 3), st.one_of(statuses, spoilt, cuts), st.sampled_from((RETRY, WATCH)))


RUN_FAILURES = reader_scenario(
    "run-failures",
    "GET run fails at the watch or later, and is asked again",
    JUDGES,
    draw,
    counts=any_injected,
    profiles=("proxy", "legacy"),
)
