"""The write leg is in trouble: answers lost behind their commit, cut uploads, 5xx. The readers must not notice."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import pipe_scenario
from .draws import cases, write_faults


def draw(setting: Setting) -> SearchStrategy[Case]:
    return cases("pipe-lossy-uploads", setting, faults=st.lists(write_faults(), min_size=1, max_size=3))


LOSSY_UPLOADS = pipe_scenario("lossy-uploads", "lost answers, cuts and 5xx on the write leg", draw, counts=any_injected)
