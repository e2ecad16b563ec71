"""A passing failure hits just the stop: it must be tried again before the deadline."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.cut import Cut
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..drawing import HOW, TIMES
from .base import any_injected, sender_scenario
from .draws import cases, drafts

JUDGES = ("STOP-5", "STOP-1", "LOSS-1", "CMP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("enqueue", "burst", amount_max=3, size_max=2)
    first = st.integers(1, 2)
    faults = st.one_of(
        st.builds(Status, endpoint=st.just("upload"), nth=first, times=TIMES, status=st.sampled_from((503, 500))),
        st.builds(LoseAnswer, endpoint=st.just("upload"), nth=first, times=TIMES, how=HOW),
        st.builds(Cut, endpoint=st.just("upload"), nth=first, times=TIMES, after_lines=st.integers(0, 2), how=HOW),
    )
    return cases("ingest-stop-retried", setting, ops, faults.map(lambda fault: [fault]))


STOP_RETRIED = sender_scenario(
    "stop-retried", "the first attempts behind stop fail, later ones would pass", JUDGES, draw, counts=any_injected
)
