"""All kinds of faults in one plan, some switched off wholly in each example."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.restart import Restart
from ...harness.values.case import Case
from ..drawing import NTH
from .base import any_injected, sender_scenario
from .draws import (
    AFTER_FAULTS,
    any_of,
    cases,
    connection_faults,
    cuts,
    drafts,
    early_answers,
    forgets,
    lost_answers,
    spoilt_bodies,
    stalls,
    statuses,
)

SERVER_RESTART = st.builds(Restart, endpoint=st.just("upload"), nth=NTH)
JUDGES = ("LOSS-1", "ORD-1", "ORD-2", "IDEM-1", "CMP-1", "STOP-2", "STOP-6")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", "restart", amount_max=6, size_max=10)
    kinds = (lost_answers(), cuts(), connection_faults(), statuses(), stalls(), spoilt_bodies(), early_answers(), forgets(), SERVER_RESTART)
    chosen = st.lists(st.sampled_from(range(len(kinds))), min_size=1, max_size=3, unique=True)
    faults = chosen.flatmap(lambda numbers: any_of(*(kinds[number] for number in numbers), size_max=6))
    flag = st.sampled_from((None, True, False))
    return cases("ingest-swarm", setting, ops, faults, ends=AFTER_FAULTS, persistent=flag)


SWARM = sender_scenario("swarm", "mixtures of all faults, operations and restarts", JUDGES, draw, counts=any_injected)
