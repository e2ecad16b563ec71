"""The stream turns out to be complete although the sender still has events: give up or back off."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.already_complete import AlreadyComplete
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import STOP, cases, drafts

JUDGES = ("CMP-2", "STOP-2", "STOP-6")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "enqueue", "wait", "burst", amount_max=8, size_min=2)
    done = st.builds(AlreadyComplete, endpoint=st.just("upload"), nth=st.integers(1, 3))
    return cases("ingest-already-complete", setting, ops, done.map(lambda fault: [fault]), end=(("wait", {"ms": 3_000}), STOP))


ALREADY_COMPLETE = sender_scenario("already-complete", "another party has completed the stream", JUDGES, draw, counts=any_injected)
