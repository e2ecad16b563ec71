"""The server is killed upon the 200 of an approval, while approvals are pending, and while nobody asks anything."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import (
    CONVERSATION,
    CRASH,
    Turns,
    approve,
    can_approve,
    case,
    create,
    follow,
    gated_calls,
    plain,
    routes,
    scripts,
    status,
)
from .base import server_scenario

JUDGES = ("APR-5", "APR-10", "RCV-1", "STAT-1", "IDX-1")
WHEN = ("after-approval", "pending", "both")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("crash-at-approvals", setting)

    def build(turns: Turns, decisions: list[bool], when: list[str], ways: list[str]) -> Case:
        workload: list[Operation] = [create(turns, conversation=CONVERSATION)]
        for place, _ in enumerate(gated_calls(turns)):
            crash = when[place % len(when)]
            workload.append(status("rest"))
            if crash != "after-approval":
                workload += [CRASH, status("rest"), follow(0)]
            workload.append(approve(decisions[place % len(decisions)], via=ways[place % len(ways)]))
            if crash != "pending":
                workload += [CRASH, status()]
        return case("crash-at-approvals", setting, [*workload, status("terminal"), follow(0)])

    some = st.lists(st.booleans(), min_size=1, max_size=3)
    return st.builds(
        build,
        scripts(1, 2),
        some,
        st.lists(st.sampled_from(WHEN), min_size=1, max_size=3),
        st.lists(routes(setting), min_size=1, max_size=3),
    )


CRASH_AT_APPROVALS = server_scenario(
    "crash-at-approvals", "the server is killed upon the answer to an approval, and while one is pending", JUDGES, draw
)
