"""What comes after an approval is read on the stream of the run: by readers that wait, by late ones, from any index."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, approve, can_approve, case, create, follow, gated_calls, plain, scripts, status, wait
from .base import server_scenario

PAUSE_MS = 20
JUDGES = ("SSE-6", "IDX-1", "IDX-4", "SSE-3", "SSE-1", "SSE-2")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("followed-approvals", setting)

    def build(turns: Turns, decisions: list[bool], early: bool, indexes: list[int], left: int) -> Case:
        workload: list[Operation] = [create(turns)]
        if left:  # the client goes away in mid text, and comes back in the middle of what it has missed
            turns[0]["pause_ms"] = PAUSE_MS
            workload = [create(turns, leave={"frames": left}), wait(PAUSE_MS), follow("seen", leave={"frames": 1}), follow("seen")]
        for place, _ in enumerate(gated_calls(turns)):
            workload.append(status("suspended"))
            if early:  # at the end of a suspended stream: it may be told at once that there is no more
                workload.append(follow("seen"))
            workload.append(approve(decisions[place % len(decisions)]))
            workload.append(follow("seen", wait="head" if early else "rest"))
            workload += [status("rest"), follow(indexes[place % len(indexes)]), follow("seen")]
        return case("followed-approvals", setting, [*workload, status("terminal"), follow(0)])

    decisions = st.lists(st.booleans(), min_size=1, max_size=3)
    return st.builds(build, scripts(1, 2), decisions, st.booleans(), st.lists(st.integers(0, 6), min_size=1, max_size=3), st.integers(0, 2))


FOLLOWED_APPROVALS = server_scenario("followed-approvals", "the stream of the run is read before and after each approval", JUDGES, draw)
