"""A server that sends events again, or in another order: the client hands on what it is served."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.duplicate import Duplicate
from ...harness.faults.reorder import Reorder
from ...harness.values.case import Case
from ..drawing import led_by
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import STREAM, cases, clean_ends, cuts, drafts

FIRST = st.sampled_from((1, 1, 1, 2))
JUDGES = ("DUP-1", "ORD-1", "LOSS-1", "RES-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "burst", "step", amount_max=5, size_min=2)
    again = st.builds(Duplicate, endpoint=STREAM, nth=FIRST, after_events=st.integers(1, 4), count=st.integers(1, 4))
    turned = st.builds(Reorder, endpoint=STREAM, nth=FIRST, after_events=st.integers(0, 4), window=st.integers(2, 4))
    return cases("repeats", setting, ops, led_by(st.one_of(again, turned), cuts(), clean_ends(), again), before=(("burst", 3, 0),))


REPEATS = sse_scenario("repeats", "events repeated and reordered by the server", JUDGES, draw, counts=any_injected)
