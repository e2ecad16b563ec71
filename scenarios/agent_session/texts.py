"""Messages under their old name, of several blocks, blank ones, and some that are alike."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import TEXTS, Draft, cases, endings, message

JUDGES = "COMPLETE-1 LAST-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    blocks = st.lists(st.sampled_from((*TEXTS, "", " \n", "x")), min_size=1, max_size=4)
    rows: SearchStrategy[Draft] = st.one_of(
        st.builds(lambda type, texts: {"type": type, "texts": texts}, st.sampled_from(("message", "assistant")), blocks),
        st.builds(lambda text: {"type": "assistant", "text": text}, st.sampled_from(TEXTS)),
        st.sampled_from((message("alike"), {"type": "assistant", "text": "alike"}, {"type": "blank"})),
    )
    drafts = st.builds(lambda said, end: [*said, end], st.lists(rows, min_size=1, max_size=6), endings())
    return cases("texts", setting, drafts)


SAID = session_scenario("texts", "the legacy alias, several blocks, blank ones, messages that are alike", JUDGES, draw)
