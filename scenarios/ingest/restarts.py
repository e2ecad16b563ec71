"""The process is killed, between operations or at a point of the protocol, and a new one goes on with the same ids."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.crash import Crash
from ...harness.values.case import Case, Operation
from ..drawing import NTH
from .base import sender_scenario
from .draws import ENDPOINTS, RECOVER, STOP, cases, cuts, drafts, event

POINTS = ("before-answer", "after-answer", "head", "after-lines")
JUDGES = ("RST-1", "SYNC-1", "LOSS-1", "ORD-2", "CMP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("burst", "step", "wait", "restart", "enqueue", amount_max=5, size_min=2)
    crash = st.builds(
        Crash, endpoint=ENDPOINTS, nth=NTH, point=st.sampled_from(POINTS),
        lines=st.integers(1, 3),
    )  # fmt: skip
    begin = (("burst", 2, 0), ("wait", 4, 0))
    end: tuple[Operation, ...] = (("restart", {}), ("enqueue", {"event": event(900_001)}), RECOVER, STOP)
    return cases("ingest-restarts", setting, ops, st.lists(st.one_of(crash, cuts()), max_size=2), begin=begin, end=end)


RESTARTS = sender_scenario("restarts", "kill -9 between operations and at points of the protocol, then a new process", JUDGES, draw)
