"""A sender that never has anything to send is stopped, on a fresh run or on one that another process has fed."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import sender_scenario
from .draws import cases

JUDGES = ("STOP-4", "STOP-3", "STOP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    fed = st.lists(st.tuples(st.just("burst"), st.integers(1, 4), st.just(0)), max_size=1)
    then = [("wait", 4, 0), ("restart", 0, 0)]
    return cases("ingest-empty-stop", setting, fed.map(lambda drafts: [*drafts, *then] if drafts else []))


EMPTY_STOP = sender_scenario("empty-stop", "stop without any event, on a fresh run and after a restart", JUDGES, draw)
