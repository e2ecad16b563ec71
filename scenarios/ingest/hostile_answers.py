"""Answers that are wrong: statuses before and after the commit, empty, HTML and truncated bodies, early answers."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.content_type import ContentType
from ...harness.faults.gzip_answer import Gzip
from ...harness.values.case import Case
from ..drawing import NTH
from .base import any_injected, sender_scenario
from .draws import AFTER_FAULTS, ENDPOINTS, any_of, cases, drafts, early_answers, spoilt_bodies, statuses

JUDGES = ("ACK-2", "REB-2", "LOSS-1", "ORD-2", "IDEM-1", "ACK-1", "LIVE-2", "RETRY-1", "SYNC-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=5)
    odd = st.one_of(st.builds(ContentType, endpoint=ENDPOINTS, nth=NTH), st.builds(Gzip, endpoint=ENDPOINTS, nth=NTH))
    faults = any_of(statuses(), early_answers(), spoilt_bodies(), statuses(413, 503), odd)
    return cases("ingest-hostile-answers", setting, ops, faults, ends=AFTER_FAULTS)


HOSTILE_ANSWERS = sender_scenario(
    "hostile-answers",
    "false statuses before or after the commit, spoilt bodies, wrong types, gzip, early answers",
    JUDGES,
    draw,
    counts=any_injected,
)
