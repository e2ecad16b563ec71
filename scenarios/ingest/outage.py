"""The server is gone for a long while: attempts are spaced, enqueue goes on, and afterwards all arrives."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.refuse import Refuse
from ...harness.faults.status import Status
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import ATTEMPTS, RECOVERY, cases, drafts, event

JUDGES = ("RETRY-1", "NBLK-1", "LIVE-2", "LOSS-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    many = st.integers(3, 12)
    down = st.one_of(
        st.builds(
            Status, endpoint=st.sampled_from(("upload", "any")), nth=st.integers(1, 3), times=many, status=st.sampled_from((503, 500, 429))
        ),
        st.builds(Refuse, nth=st.integers(1, 3), times=many),
        st.builds(LoseAnswer, endpoint=st.sampled_from(("any", "sync")), nth=st.integers(1, 3), times=many),
    )
    ops = drafts("step", "enqueue", "wait", "burst", amount_max=8, size_min=2)
    end = (ATTEMPTS, ("enqueue", {"event": event(900_001)}), *RECOVERY)
    return cases("ingest-outage", setting, ops, down.map(lambda fault: [fault]), end=end)


OUTAGE = sender_scenario("outage", "a long outage: 5xx, refused connections or resets for many attempts", JUDGES, draw, counts=any_injected)
