"""Everything at once, on every leg."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import pipe_scenario
from .draws import both_faults, cases, read_faults, write_faults


def draw(setting: Setting) -> SearchStrategy[Case]:
    fault = st.one_of(write_faults(), read_faults(), both_faults(setting))
    return cases("pipe-storm", setting, faults=st.lists(fault, min_size=2, max_size=6))


STORM = pipe_scenario("storm", "faults of all families on all legs at once", draw, counts=any_injected)
