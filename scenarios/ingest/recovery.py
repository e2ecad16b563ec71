"""Faults of every kind, then they stop, and nothing new is enqueued: everything must still arrive."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import AFTER_FAULTS, any_of, cases, drafts, passing_faults

JUDGES = ("LIVE-2", "LOSS-1", "ORD-2", "NBLK-1", "RETRY-1", "TMO-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=5)
    flag = st.sampled_from((None, True, False))
    return cases("ingest-recovery", setting, ops, any_of(passing_faults(), size_max=4), ends=AFTER_FAULTS, persistent=flag)


RECOVERY = sender_scenario(
    "recovery", "everything outstanding arrives after the faults, without another enqueue", JUDGES, draw, counts=any_injected
)
