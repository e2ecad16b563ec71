"""The token is refused in mid-run, or the run is gone: give up or back off, never hammer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.status import Status
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import STOP, cases, drafts

JUDGES = ("AUTH-1", "STOP-2", "STOP-6")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "enqueue", "wait", "burst", amount_max=8, size_min=2)
    refused = st.builds(
        Status,
        endpoint=st.just("any"),
        nth=st.integers(1, 3),
        times=st.just(10_000),
        status=st.sampled_from((401, 403, 404)),
        commit=st.just("none"),
    )
    return cases("ingest-turned-away", setting, ops, refused.map(lambda fault: [fault]), end=(("wait", {"ms": 3_000}), STOP))


TURNED_AWAY = sender_scenario("turned-away", "401, 403 or 404 from some request on", JUDGES, draw, counts=any_injected)
