"""Commit, then lose the answer: the server has stored the events, the sender cannot know it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import injected, sender_scenario
from .draws import AFTER_FAULTS, cases, cuts, drafts, lost_answers

JUDGES = ("LOSS-1", "ORD-2", "IDEM-1", "ACK-1", "CMP-1", "RETRY-1", "LIVE-2")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=4)
    faults = st.builds(lambda lost, more: [lost, *more], lost_answers(), st.lists(st.one_of(lost_answers(), cuts()), max_size=2))
    return cases("ingest-lost-answers", setting, ops, faults, ends=AFTER_FAULTS)


LOST_ANSWERS = sender_scenario(
    "lost-answers",
    "the answer to a sync or an upload is lost after its commit, then perhaps the retry is cut",
    JUDGES,
    draw,
    counts=injected("lose-answer"),
)
