"""Approvals posted as soon as the request for them is read, before the body of the round has ended."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import CONVERSATION, Turns, approve, can_approve, case, create, follow, gated_calls, last_word, plain, routes, scripts
from .base import server_scenario

JUDGES = ("APR-5", "STAT-2", "APR-1", "SSE-3")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("early-approvals", setting)

    def build(turns: Turns, first: str, decisions: list[bool], ways: list[str]) -> Case:
        calls = gated_calls(turns)
        workload: list[Operation] = [create(turns, conversation=CONVERSATION, wait=first)]
        for number, (call, approved, way) in enumerate(zip(calls, decisions, ways, strict=False)):
            if number:
                workload.append(follow("seen", wait="head"))
            workload.append(approve(approved, call, via=way))
        return case("early-approvals", setting, [*workload, *last_word(turns)])

    decisions = st.lists(st.booleans(), min_size=1, max_size=4)
    return st.builds(build, scripts(1, 3), st.sampled_from(("head", "none")), decisions, st.lists(routes(setting), min_size=4, max_size=4))


EARLY_APPROVALS = server_scenario(
    "early-approvals", "each approval is posted with the first byte of its request, while the body is open", JUDGES, draw
)
