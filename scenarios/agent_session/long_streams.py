"""A stream that is open for longer than a request may take, with and without a cut."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.end_stream import EndStreamFault
from ...harness.values.case import Case
from .base import SSE, session_scenario
from .draws import IDLE, Drafts, cases, messages, timings

JUDGES = "TIMEOUT-1 COMPLETE-1 END-5 TX-1 TX-2"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(rows: Drafts, hidden: bool) -> Drafts:
        first = {**rows[0], "gap": 2, "listed": not hidden}
        return [first, *rows[1:], {**IDLE, "gap": 3}]

    ends: SearchStrategy[list[Fault]] = st.sampled_from(([], [], [EndStreamFault(after_events=2)]))
    beat_ms = st.sampled_from((12_000, 31_000, 65_000))
    drafts = st.builds(build, messages(2, 4), st.booleans())
    more: dict[str, Any] = {"heartbeat_ms": st.sampled_from((None, 15_000)), "timing_ms": timings(setting, poll_max_min=60_000)}
    return cases("long-streams", setting, drafts, ends, beat_ms=beat_ms, beat_polls_max=2, **more)


LONG_STREAMS = session_scenario(
    "long-streams", "streams of minutes, with heartbeats and without", JUDGES, draw, profiles=SSE, worlds=("sim",)
)
