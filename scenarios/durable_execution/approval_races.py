"""Approve and deny for one call at the same time, round after round."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import (
    CONVERSATION,
    Turns,
    approve,
    can_approve,
    case,
    create,
    gated_calls,
    last_word,
    plain,
    routes,
    scripts,
    status,
    together,
)
from .base import server_scenario

JUDGES = ("APR-4", "APR-1", "APR-5", "APR-6", "STAT-1")

Race = list[tuple[bool, str]]
"""Decisions for one call and the ways by which they are posted."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("races", setting)

    def build(turns: Turns, races: list[Race], opposite_later: bool) -> Case:
        workload: list[Operation] = [create(turns, conversation=CONVERSATION)]
        for call, race in zip(gated_calls(turns), races, strict=False):
            workload += [status("rest"), together(approve(approved, via=way) for approved, way in race)]
            if opposite_later:
                workload += [approve(approved, call) for approved in (True, False)]
        return case("races", setting, [*workload, *last_word(turns)])

    both = st.permutations((True, False, True)).flatmap(
        lambda order: st.tuples(*(st.tuples(st.just(one), routes(setting)) for one in order))
    )
    races = st.lists(both.flatmap(lambda race: st.sampled_from((list(race[:2]), list(race)))), min_size=1, max_size=3)
    return st.builds(build, scripts(1, 3), races, st.booleans())


RACES = server_scenario("races", "approve against deny at the same time, in several rounds, and both again later", JUDGES, draw)
