"""The completion meets trouble: its answer is lost, it is refused, or the server has lost state before it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.forget import Forget
from ...harness.values.case import Case
from .base import sender_scenario
from .draws import any_of, cases, cuts, drafts, lost_answers, statuses

JUDGES = ("CMP-1", "STOP-3", "STOP-1", "LOSS-1", "STOP-5")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("burst", "step", "enqueue", "wait", amount_max=4, size_max=4)
    lost = st.builds(Forget, endpoint=st.just("upload"), nth=st.integers(1, 3), count=st.sampled_from((1, 2, None)))
    faults = any_of(lost_answers(), statuses(503, 500, 413), cuts(), lost, size_max=2)
    return cases("ingest-completion", setting, ops, faults)


COMPLETION = sender_scenario("completion", "lost, refused and mismatching completions", JUDGES, draw)
