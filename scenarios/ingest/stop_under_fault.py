"""Stop is called while things go wrong, and they go on going wrong, perhaps until its deadline."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.refuse import Refuse
from ...harness.faults.stall import Stall
from ...harness.faults.status import Status
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import any_of, cases, drafts, passing_faults

JUDGES = ("STOP-1", "STOP-2", "STOP-3", "STOP-6", "RETRY-1", "CMP-1", "LOSS-1", "TMO-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=4, size_max=4)
    lasting = st.one_of(
        st.builds(
            Stall,
            endpoint=st.just("any"),
            nth=st.integers(1, 3),
            times=st.just(200),
            where=st.sampled_from(("before-head", "in-body", "never-read")),
        ),
        st.builds(Refuse, nth=st.integers(1, 3), times=st.just(200)),
        st.builds(Status, endpoint=st.just("any"), nth=st.integers(1, 3), times=st.just(200), status=st.just(503)),
    )
    return cases("ingest-stop-under-fault", setting, ops, any_of(lasting, passing_faults(), size_max=2))


STOP_UNDER_FAULT = sender_scenario(
    "stop-under-fault", "stop during every kind of fault, for a while or beyond its deadline", JUDGES, draw, counts=any_injected
)
