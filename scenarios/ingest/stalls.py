"""A peer goes silent: before the head of its answer, inside its body, or without reading; or it drips."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import RECOVERY, STOP, TIMEOUT, any_of, cases, drafts, stalls

JUDGES = ("TMO-1", "NBLK-1", "LIVE-2", "LOSS-1", "IDEM-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "enqueue", "wait", "burst", amount_max=6, size_min=2)
    ends = ((TIMEOUT, *RECOVERY), (TIMEOUT, STOP))
    return cases("ingest-stalls", setting, ops, any_of(stalls(), size_max=2), ends=ends)


STALLS = sender_scenario("stalls", "stalled and dripping answers, requests that are never read", JUDGES, draw, counts=any_injected)
