"""The buffer is full while the network is down: the newest events are dropped, at the exact count."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.stall import Stall
from ...harness.faults.status import Status
from ...harness.values.case import Case
from .base import sender_scenario
from .draws import RECOVER, STOP, any_of, cases, drafts, event

JUDGES = ("DROP-1", "DROP-3", "LOSS-1", "ORD-2", "NBLK-1", "CMP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    room = 5
    ops = drafts("burst", "enqueue", "wait", amount_max=6, size_min=2, size_max=5)
    outage = st.one_of(
        st.builds(Stall, endpoint=st.just("upload"), nth=st.integers(1, 2), where=st.just("before-head")),
        st.builds(Status, endpoint=st.just("upload"), nth=st.integers(1, 2), times=st.integers(1, 4), status=st.just(503)),
        st.builds(LoseAnswer, endpoint=st.just("upload"), nth=st.integers(1, 2), times=st.integers(1, 3)),
    )
    end = (RECOVER, ("enqueue", {"event": event(900_001)}), STOP)
    return cases(
        "ingest-backpressure",
        setting,
        ops,
        any_of(outage, size_max=2),
        end=end,
        limit={"max_buffered_events": room},
        begin=(("burst", 4, 0),),
    )


BACKPRESSURE = sender_scenario("backpressure", "a full buffer during an outage, then recovery", JUDGES, draw)
