"""The backend answers from a replica that lags: an older state, or a history without its newest entries."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import led_by
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import event_cuts, stale_histories, stale_states

JUDGES = ("DUP-1", "ORD-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("state", "step", "burst", "append", "watch", amount_max=4, size_min=2)
    return cases("stale", setting, ops, led_by(stale_histories(), stale_states(), event_cuts()), old=st.sampled_from((3, 1, 7)), ends=ENDS)


STALE = reader_scenario("stale", "histories and states that lag", JUDGES, draw, counts=injected("stale"))
