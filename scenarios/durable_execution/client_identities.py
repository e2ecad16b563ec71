"""Ids of runs and tool calls, full of characters that mean something in a URL, and headers of the application's own."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import URL_SPECIAL_IDS, texts
from .client_base import client_scenario
from .client_draws import AUTHORIZATION, SCOPE, approve, begin, case, create, follow, round_of, words

JUDGES = (5, 3)
HEADER_SAFE = tuple(id for id in URL_SPECIAL_IDS if id.isascii())
"""The id of a run that is created travels in a header."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(created: str, found: str, call: str, scope: bool, approved: bool) -> Case:
        drawn = [round_of(words(2), "suspended", call=call), round_of(words(1))]
        ops = [create(drawn, id=created), follow(1), approve(approved=approved, reason=None if approved else "é"), follow()]
        ops += [begin(drawn, run="b", id=found), follow(0, run="b"), approve(run="b"), follow(run="b")]
        return case("identities", setting, ops, headers={**AUTHORIZATION, **(SCOPE if scope else {})})

    ids = st.one_of(st.sampled_from(URL_SPECIAL_IDS), texts(1, 8).filter(lambda id: id.strip(".") != ""))
    return st.builds(build, st.sampled_from(HEADER_SAFE), ids, ids, st.booleans(), st.booleans())


IDENTITIES = client_scenario("identities", "ids with URL-special characters", JUDGES, draw)
