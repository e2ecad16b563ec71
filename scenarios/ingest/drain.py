"""Stop without completion: what is left is drained, and the stream stays open."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import sender_scenario
from .draws import DRAIN, cases, cuts, drafts, lost_answers, statuses

JUDGES = ("STOP-3", "STOP-1", "STOP-2", "STOP-6", "LOSS-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=4)
    return cases("ingest-drain", setting, ops, st.lists(st.one_of(lost_answers(), cuts(), statuses()), max_size=2), end=(DRAIN,))


DRAINED = sender_scenario("drain", "stop(complete: false), with and without faults", JUDGES, draw)
