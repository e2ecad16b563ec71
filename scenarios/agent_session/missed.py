"""It is all over before the stream is open."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.stall import Stall
from ...harness.values.case import Case
from .base import SSE, session_scenario
from .draws import Draft, Drafts, cases, endings, messages

JUDGES = "END-6 COMPLETE-1 LAST-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(rows: Drafts, end: Draft) -> Drafts:
        return [{**row, "gap": 0} for row in (*rows, end)]

    stalled: SearchStrategy[list[Fault]] = st.sampled_from(([], [], [Stall(endpoint="send", for_ms=500)]))
    return cases("missed", setting, st.builds(build, messages(0, 4), endings()), stalled)


MISSED = session_scenario("missed", "everything is recorded before the stream is open", JUDGES, draw, profiles=SSE, worlds=("sim",))
