"""Cuts before the first event, before the first id, and several in a row before anything new."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.values.case import Case
from ..drawing import HOW
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import STREAM, WATCH, case, config, ending, event, retries, send, with_retry

JUDGES = ("RES-1", "LOSS-1", "DUP-1", "REC-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    cut: SearchStrategy[Fault] = st.builds(
        Cut,
        endpoint=STREAM,
        nth=st.integers(1, 3),
        times=st.integers(1, 2),
        direction=st.just("answer"),
        after_bytes=st.integers(0, 60),
        how=HOW,
    )

    def build(without_id: int, plan: list[Fault], retry_ms: int | None) -> Case:
        rows = [event(mark, id=None if mark <= without_id else "") for mark in range(1, 5)]
        return case(
            "early-cuts", setting, config(setting), [*with_retry([send(*rows)], retry_ms), WATCH, send(event(5)), *ending(setting)], plan
        )

    return st.builds(build, st.integers(0, 4), st.lists(cut, min_size=1, max_size=3), retries(setting))


EARLY_CUTS = sse_scenario("early-cuts", "cuts before the first id, and in a row before any new event", JUDGES, draw, counts=any_injected)
