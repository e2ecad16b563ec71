"""The session goes on while its list is read: every page behind the first begins with events that the page before it showed, too."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, OTHER, RUNNING, cases, message

JUDGES = "PAGE-1 COMPLETE-1 LAST-1"
MEANWHILE = (RUNNING, OTHER, IDLE)
"""Says nothing, so that both ends of the session have the same messages in front of them."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Tokens that count events, so that whatever comes in front shifts the pages."""
    drafts = st.sampled_from((5, 12, 24)).map(lambda count: [*[message("event", gap=0)] * count, IDLE])
    return cases("shifted-pages", setting, drafts, between_pages=MEANWHILE, page_size=st.sampled_from((4, 20, 7)), paging="offset")


SHIFTED_PAGES = session_scenario("shifted-pages", "the list grows while its pages are read, so that they overlap", JUDGES, draw)
