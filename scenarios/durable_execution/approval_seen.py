"""Approvals given as soon as a run shows `suspended`: whoever sees that may decide."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import CONVERSATION, Turns, approve, can_approve, case, create, follow, gated_calls, plain, routes, scripts, status
from .base import server_scenario

JUDGES = ("STAT-2", "APR-5", "STAT-1", "IDX-1", "SSE-6", "CREATE-3")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("seen-suspended", setting)

    def build(turns: Turns, first: str, decisions: list[bool], ways: list[str], reads: bool) -> Case:
        workload: list[Operation] = [create(turns, conversation=CONVERSATION, wait=first)]
        for approved, way in zip(decisions, ways, strict=False):
            workload += [status("suspended"), approve(approved, via=way), *([status(), follow("seen")] if reads else [])]
        return case("seen-suspended", setting, [*workload, status("terminal")])

    def with_decisions(turns: Turns) -> SearchStrategy[Case]:
        count = len(gated_calls(turns))
        decisions = st.lists(st.booleans(), min_size=count, max_size=count)
        ways = st.lists(routes(setting), min_size=count, max_size=count)
        return st.builds(build, st.just(turns), st.sampled_from(("rest", "head", "none")), decisions, ways, st.booleans())

    return scripts(1, 3).flatmap(with_decisions)


SEEN_SUSPENDED = server_scenario("seen-suspended", "approvals given as soon as `suspended` is seen, and what follows is read", JUDGES, draw)
