"""Nothing goes wrong: events come one by one and in bursts, with pauses, then the run ends."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import ALL, reader_scenario
from .draws import END, TOLD, cases, completed, drafts, wait

JUDGES = ("TOK-1", "URL-1", "AUTH-1", "LOSS-1", "DUP-1", "ORD-1", "END-1", "SNAP-1", "CTL-1")
ENDS: tuple[tuple[Operation, ...], ...] = (END, (TOLD, *END), (completed("cancelled"), wait(100), ("finish", {})))


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("append", "burst", "wait", "step", amount_max=6, size_max=8)
    return cases("steady", setting, ops, old=st.sampled_from((0, 1, 2, 12)), ends=ENDS)


STEADY = reader_scenario("steady", "no fault: single events, bursts and pauses, then the end", JUDGES, draw, profiles=ALL)
