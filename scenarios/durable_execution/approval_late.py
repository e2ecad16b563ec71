"""Approvals that come too late: the run goes on or is over."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import (
    CONVERSATION,
    GATED,
    approve,
    can_approve,
    case,
    create,
    follow,
    has_chat,
    plain,
    script,
    status,
    wait,
)
from .base import server_scenario

JUDGES = ("APR-2", "STAT-1", "APR-4", "SSE-3")

GATE = "second-turn"
LATE_MS = 30
"""Whatever lags behind the end of a run has come by then."""
LATE = st.lists(st.tuples(st.booleans(), st.sampled_from(("call-1", "=no-such-call", "call-1"))), min_size=1, max_size=3)
"""What is posted, once while the run goes on and once when it is over: the decided call or one that never was."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("late-approvals", setting)

    def build(decision: bool, while_running: list[tuple[bool, str]], when_over: list[tuple[bool, str]], way: str, fails: bool) -> Case:
        turns = script([[GATED]], **({"gate": GATE, "status": 500} if fails else {"gate": GATE}))
        workload: list[Operation] = [
            create(turns, conversation=CONVERSATION),
            approve(decision),
            follow("seen", wait="head"),
            status(),
            *(approve(approved, call) for approved, call in while_running),
            status(),
            ("open", {"gate": GATE}),
            status("terminal"),
            wait(LATE_MS),
            *(approve(approved, call, via=way) for approved, call in when_over),
            status(),
        ]
        return case("late-approvals", setting, workload)

    way = st.sampled_from(("executions", "executions", "chat")) if has_chat(setting) else st.just("executions")
    return st.builds(build, st.booleans(), LATE, LATE, way, st.booleans())


LATE_APPROVALS = server_scenario("late-approvals", "approvals while the run goes on and when it is over", JUDGES, draw)
