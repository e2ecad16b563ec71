"""Cuts in the head, before the first frame and right behind it, several in a row."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.values.case import Case
from ..drawing import HOW
from ..preconditions import any_injected
from .client_base import client_scenario
from .client_draws import lives, rounds

JUDGES = (1, 3)


def draw(setting: Setting) -> SearchStrategy[Case]:
    cut: SearchStrategy[Fault] = st.builds(
        Cut, endpoint=st.just("stream"), nth=st.integers(1, 3), times=st.integers(1, 3), direction=st.just("answer"),
        part=st.sampled_from(("body", "body", "head")), after_bytes=st.integers(0, 300), how=HOW,
    )  # fmt: skip
    return lives("early-cuts", setting, st.lists(cut, min_size=1, max_size=3), rounds(size_min=1))


EARLY_CUTS = client_scenario("early-cuts", "cuts before and around the first frame, in a row", JUDGES, draw, counts=any_injected)
