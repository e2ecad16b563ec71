"""The server has lost state or somebody else has written: a 409 tells where it stands, and the sender renumbers."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.early_answer import EarlyAnswer
from ...harness.faults.forget import Forget
from ...harness.faults.second_writer import SecondWriter
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..drawing import NTH
from .base import any_injected, sender_scenario
from .draws import AFTER_FAULTS, cases, cuts, drafts

JUDGES = ("REB-1", "ORD-1", "ORD-2", "LIVE-2", "CMP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=5, size_min=2)
    lost = st.builds(Forget, endpoint=st.just("upload"), nth=st.sampled_from((2, 2, 3)), count=st.sampled_from((1, 2, None)))
    writer = st.builds(SecondWriter, endpoint=st.just("upload"), nth=st.sampled_from((2, 1, 3)), count=st.integers(1, 4))
    gap = st.builds(
        Status, endpoint=st.just("upload"), nth=NTH, status=st.just(409), commit=st.sampled_from(("all", "none")), acknowledge=st.just(True)
    )
    part = st.builds(
        EarlyAnswer, endpoint=st.just("upload"), nth=NTH, status=st.just(409), after_lines=st.integers(1, 2), acknowledge=st.just(True)
    )
    faults = st.builds(
        lambda first, more: [first, *more], st.one_of(lost, gap, part, writer), st.lists(st.one_of(lost, cuts()), max_size=1)
    )
    return cases("ingest-rebase", setting, ops, faults, begin=(("burst", 3, 0), ("wait", 4, 0)), ends=AFTER_FAULTS)


REBASE = sender_scenario("rebase", "lost state and second writers lead to 409s", JUDGES, draw, counts=any_injected)
