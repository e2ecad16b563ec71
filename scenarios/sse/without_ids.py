"""Streams without ids: the server sends everything again, or only what is new, and the client has no say in it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import breaks, cases, drafts

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1", "REC-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "step", "burst", "wait", amount_max=4)

    def drawn(replay: str) -> SearchStrategy[Case]:
        return cases("without-ids", setting, ops, any_of(breaks()), before=(("burst", 2, 0),), ids=False, replay=replay)

    return st.sampled_from(("id", "new")).flatmap(drawn)


WITHOUT_IDS = sse_scenario("without-ids", "no ids: a replay of everything, or of nothing", JUDGES, draw, counts=any_injected)
