"""The read leg is in trouble: streams cut in the middle of a frame, ended, repeated, and the requests of a bootstrap that fail."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import pipe_scenario
from .draws import cases, read_faults


def draw(setting: Setting) -> SearchStrategy[Case]:
    return cases("pipe-lossy-reads", setting, faults=st.lists(read_faults(), min_size=1, max_size=3))


LOSSY_READS = pipe_scenario("lossy-reads", "cuts, early ends, repeats and 5xx on the read leg", draw, counts=any_injected)
