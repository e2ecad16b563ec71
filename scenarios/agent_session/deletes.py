"""The DELETE fails: that changes nothing of the result, and what can be deleted is."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import session_scenario
from .draws import cases, turns
from .fault_draws import ALWAYS, FIRST, answered, lost, lost_requests

JUDGES = "DEL-2 DEL-1 DEL-4 END-1 COMPLETE-1"
DELETE = st.just("delete")


def draw(setting: Setting) -> SearchStrategy[Case]:
    times = st.sampled_from((1, 2, ALWAYS))
    faults = st.one_of(
        answered(DELETE, 409, nth=FIRST, times=times),
        answered(DELETE, 500, 503, 429, 404, 403, nth=FIRST, times=times, commit=True),
        lost(DELETE, times, FIRST),
        lost_requests(DELETE, FIRST),
    )
    return cases("deletes", setting, turns(1, 3), faults.map(lambda fault: [fault]), persist_session=False)


DELETES = session_scenario("deletes", "deletes that are refused, fail, or are lost", JUDGES, draw, counts=any_injected)
