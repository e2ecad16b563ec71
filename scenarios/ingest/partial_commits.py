"""A failing answer that tells how far the server got: the prefix is stored and must not be sent again."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.early_answer import EarlyAnswer
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..drawing import NTH, TIMES
from .base import any_injected, sender_scenario
from .draws import AFTER_FAULTS, any_of, cases, drafts

JUDGES = ("ACK-2", "REB-2", "LOSS-1", "ORD-2")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=6)
    committed = st.builds(
        Status, endpoint=st.just("upload"), nth=NTH, times=TIMES, status=st.sampled_from((413, 503, 500, 429)),
        commit=st.just("all"), acknowledge=st.just(True),
    )  # fmt: skip
    early = st.builds(
        EarlyAnswer,
        endpoint=st.just("upload"),
        nth=NTH,
        status=st.sampled_from((413, 503)),
        after_lines=st.integers(1, 3),
        acknowledge=st.just(True),
    )
    return cases("ingest-partial-commits", setting, ops, any_of(committed, early, size_max=2), ends=AFTER_FAULTS)


PARTIAL_COMMITS = sender_scenario(
    "partial-commits", "413, 4xx and 5xx that carry the position of a committed prefix", JUDGES, draw, counts=any_injected
)
