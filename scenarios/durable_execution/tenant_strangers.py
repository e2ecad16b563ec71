"""Other tenants and projects ask for a run, by every route; and for a run that does not exist."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import (
    CONVERSATION,
    approve,
    can_approve,
    case,
    config,
    create,
    follow,
    has_chat,
    last_word,
    script,
    send,
    status,
)
from .base import server_scenario
from .server_stage import UNKNOWN

JUDGES = ("TEN-1", "STAT-1", "IDX-5")
JSON_TYPE = [["Content-Type", "application/json"]]
DECISION = json.dumps({"approved": True})

STATUS, STREAM, APPROVAL, LATER_STREAM, PENDING = "status", "stream", "approval", "conversation-stream", "pending"


def asked_as(ask: str, tenant: int, run: str, conversation: str) -> Operation:
    """One route, asked by ``tenant``."""
    return {
        STATUS: status(None, run, tenant=tenant),
        STREAM: follow(0, run, tenant=tenant),
        APPROVAL: approve(True, "=call-1", run, tenant=tenant),
        LATER_STREAM: follow(None, run, tenant=tenant, via="conversation"),
        PENDING: ("pending", {"conversation": conversation, "tenant": tenant}),
    }[ask]


def disagreeing(ask: str, run: str) -> Operation:
    """The key of the first tenant under the headers of the second. ``b`` is a run of the second."""
    path = {STATUS: "", STREAM: "/stream", APPROVAL: "/approvals/call-1"}[ask]
    body = {"body": DECISION, "headers": JSON_TYPE} if ask == APPROVAL else {}
    method = "POST" if ask == APPROVAL else "GET"
    return send(method, f"/run/api/executions/{{run:{run}}}{path}", "disagree", meant="foreign", **body)


def draw(setting: Setting) -> SearchStrategy[Case]:
    executions = (STATUS, STREAM, *([APPROVAL] if can_approve(setting) else []))
    asks = (*executions, *([LATER_STREAM, PENDING] if has_chat(setting) else []))

    def build(asked: list[tuple[str, int]], mixed: list[tuple[str, str]], tenants: int, over: bool) -> Case:
        turns = script([["pay"]] if can_approve(setting) else [])
        workload: list[Operation] = [create(turns, conversation=CONVERSATION), *(last_word(turns) if over else [])]
        workload += [create(turns, "b", tenant=1, conversation=CONVERSATION)] if mixed else []
        for ask, stranger in asked:
            tenant = 1 + stranger % (tenants - 1)
            workload += [asked_as(ask, tenant, "a", CONVERSATION), asked_as(ask, tenant, UNKNOWN, UNKNOWN)]
        workload += [disagreeing(ask, run) for ask, run in mixed]
        workload += [status(), *([] if over else last_word(turns))]
        return case("strangers", setting, workload, config_of=config(tenants))

    asked = st.lists(st.tuples(st.sampled_from(asks), st.integers(0, 1)), min_size=1, max_size=5)
    mixed = st.lists(st.tuples(st.sampled_from(executions), st.sampled_from("ba")), max_size=2)
    return st.builds(build, asked, mixed, st.sampled_from((2, 3)), st.booleans())


STRANGERS = server_scenario("strangers", "another tenant or project asks for a run, and for one that does not exist", JUDGES, draw)
