"""The stream has nothing but heartbeats, though the session goes on and ends."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import SSE, session_scenario
from .draws import IDLE, Drafts, cases, messages, timings

JUDGES = "END-4 COMPLETE-1 END-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(rows: Drafts, ends: bool) -> Drafts:
        silent = [{**row, "streamed": False} for row in rows]
        return [*silent, {**IDLE, "streamed": False}] if ends else silent

    drafts = st.builds(build, messages(1, 3), st.sampled_from((*[True] * 7, False)))
    patient = timings(setting, poll_max_min=60_000)
    return cases("heartbeats", setting, drafts, heartbeat_ms=st.sampled_from((60_000, 300_000)), timing_ms=patient)


HEARTBEATS = session_scenario("heartbeats", "a stream of nothing but heartbeats", JUDGES, draw, profiles=SSE, worlds=("sim",))
