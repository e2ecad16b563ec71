"""More events and bytes than one upload may hold."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import sender_scenario
from .draws import cases, cuts, drafts, lost_answers

JUDGES = ("ROLL-1", "ORD-1", "LOSS-1", "ORD-2", "CMP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    limit = st.sampled_from(({"max_upload_events": 3}, {"max_upload_bytes": 400}, {"max_upload_events": 2, "max_upload_bytes": 300}))
    ops = drafts("burst", "step", "enqueue", "wait", amount_max=9, size_min=2)
    faults = st.lists(st.one_of(cuts(), lost_answers()), max_size=1)
    return limit.flatmap(lambda given: cases("ingest-rolling", setting, ops, faults, limit=given))


ROLLING = sender_scenario("rolling", "batches at every limit of an upload", JUDGES, draw)
