"""Page tokens that come again for ever."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, cases, message

JUDGES = "PAGE-1 COMPLETE-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    drafts = st.builds(lambda count: [*[message("event", gap=0)] * count, IDLE], st.sampled_from((1, 4, 19, 25)))
    config: dict[str, Any] = {"page_size": st.sampled_from((20, 5, 1)), "paging": st.sampled_from(("cursor", "offset"))}
    return cases("tokens", setting, drafts, cyclic=True, **config)


TOKENS = session_scenario("tokens", "the last page names a page that was read already, for ever", JUDGES, draw)
