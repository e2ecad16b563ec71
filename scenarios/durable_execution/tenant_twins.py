"""One conversation id in two tenants or projects, with a run and a pending approval in each, and a later run in each."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import CONVERSATION, GATED, approve, can_approve, case, config, create, follow, has_chat, plain, script, status
from .base import server_scenario

JUDGES = ("TEN-3", "STAT-4")


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Without the routes of a conversation only what a later run is given of the past can tell them apart."""
    if not can_approve(setting):
        return plain("twins", setting)
    chat = has_chat(setting)

    def looked_up(tenant: int) -> list[Operation]:
        return [("pending", {"conversation": CONVERSATION, "tenant": tenant})] if chat else []

    def build(decisions: tuple[bool, bool], order: list[int], via: str, other: int, streams: bool) -> Case:
        who = {"a": 0, "b": other}
        workload: list[Operation] = [create(script([[GATED]]), run, tenant=who[run], conversation=CONVERSATION) for run in who]
        for number in order:
            run = "ab"[number]
            workload += [*looked_up(who[run]), approve(decisions[number], run=run, via=via), status("terminal", run)]
            workload += [operation for tenant in who.values() for operation in looked_up(tenant)]
        later = [
            create(script([], (("Again.",),)), run, tenant=tenant, conversation=CONVERSATION) for run, tenant in (("c", 0), ("d", other))
        ]
        workload += [*later, status("terminal", "c"), status("terminal", "d")]
        if chat and streams:
            workload += [follow(0, run, via="conversation") for run in ("c", "d")]
        return case("twins", setting, workload, config_of=config(3))

    decisions = st.tuples(st.booleans(), st.booleans())
    via = st.sampled_from(("chat", "executions", "chat-content") if chat else ("executions",))
    return st.builds(build, decisions, st.permutations((0, 1)), via, st.integers(1, 2), st.booleans())


TWINS = server_scenario("twins", "the same conversation in two tenants, with pending approvals and a later run in each", JUDGES, draw)
