"""Answers end whole, though the stream goes on: rotation, a proxy without patience, a server that polls."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.idle_timeout import IdleTimeoutFault
from ...harness.values.case import Case
from ..drawing import TIMES, any_of
from .base import sse_scenario
from .draws import STREAM, cases, clean_ends, drafts

JUDGES = ("REC-1", "RES-1", "LOSS-1", "DUP-1", "TELL-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "step", "end", "burst", "wait", amount_max=4, size_min=2)
    idle = st.builds(IdleTimeoutFault, endpoint=STREAM, times=TIMES, after_ms=st.sampled_from((20, 100)))
    faults = any_of(clean_ends(), idle, size_min=0, size_max=2)
    return cases("clean-ends", setting, ops, faults, before=(("burst", 1, 0),))


CLEAN_ENDS = sse_scenario("clean-ends", "answers that end cleanly in the midst of the stream", JUDGES, draw)
