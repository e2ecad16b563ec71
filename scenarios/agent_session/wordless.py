"""Sessions that end without a word, terminated or idle."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import OTHER, RUNNING, cases, endings

JUDGES = "END-3 END-1 DEL-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    silence = st.lists(st.sampled_from((OTHER, {"type": "blank"}, RUNNING)), max_size=3)
    drafts = st.builds(lambda rows, end: [*rows, end], silence, endings({"type": "terminated", "lag": 2}))
    return cases("wordless", setting, drafts)


WORDLESS = session_scenario("wordless", "sessions that end without a message, or with blank ones", JUDGES, draw)
