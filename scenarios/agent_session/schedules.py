"""Runs that poll for long, at delays that a real scheduler takes, with trouble in between."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.status import Status
from ...harness.values.case import Case
from .base import session_scenario
from .draws import cases, messages, timings
from .fault_draws import ALWAYS, READING, answered

JUDGES = "SCHED-1 SCHED-2 COMPLETE-1 END-3 TX-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    no_stream: list[Fault] = [Status(endpoint="stream", times=ALWAYS, status=503)] if setting.profile == "sse" else []
    trouble = st.lists(answered(READING, nth=st.integers(2, 6), times=st.integers(1, 2)), max_size=2)
    drafts = st.builds(lambda rows, gap: [*rows, {"type": "idle", "gap": gap}], messages(0, 2), st.sampled_from((3, 12, 40)))
    beat_ms = st.sampled_from((3_000, 20_000, 120_000))
    return cases(
        "schedules", setting, drafts, trouble.map(lambda plan: [*no_stream, *plan]), beat_ms=beat_ms,
        timing_ms=timings(setting, first_poll_min=1_000),
    )  # fmt: skip


SCHEDULES = session_scenario("schedules", "runs that poll for long", JUDGES, draw, worlds=("sim",))
