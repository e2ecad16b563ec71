"""Every route without a key and with a wrong one."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.durable_execution_roles import CLASSIC
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import CONVERSATION, GATED, can_approve, case, create, has_chat, last_word, script, send, status
from .base import server_scenario

JUDGES = ("TEN-2", "STAT-1")

HELLO = {"messages": [{"role": "user", "content": "Hello."}]}
JSON_TYPE = [["Content-Type", "application/json"]]

EXECUTIONS: tuple[tuple[str, str, object], ...] = (
    ("GET", "/run/api/executions/{run:a}", None),
    ("GET", "/run/api/executions/{run:a}/stream", None),
    ("POST", "/run/api/executions/{run:a}/approvals/call-1", {"approved": True}),
    ("POST", "/run/api/executions", HELLO),
)
COMPLETIONS = ("POST", "/run/v1/chat/completions", {**HELLO, "executionMode": "durable"})
CHAT: tuple[tuple[str, str, object], ...] = (
    ("POST", "/run/api/chat", {**HELLO, "executionMode": "durable"}),
    ("GET", f"/run/v1/conversations/{{conversation:{CONVERSATION}}}/stream", None),
    ("GET", f"/run/v1/conversations/{{conversation:{CONVERSATION}}}/pending-approvals", None),
)


def _ask(route: tuple[str, str, object], key: str) -> Operation:
    method, path, body = route
    more = {} if body is None else {"body": json.dumps(body), "headers": JSON_TYPE}
    return send(method, path, key, meant="unauthenticated", **more)


def draw(setting: Setting) -> SearchStrategy[Case]:
    routes = [*EXECUTIONS, *([COMPLETIONS] if CLASSIC in setting.capabilities else []), *(CHAT if has_chat(setting) else [])]

    def build(asked: list[tuple[int, str]]) -> Case:
        turns = script([[GATED]] if can_approve(setting) else [])
        asks = [_ask(routes[number], key) for number, key in asked]
        return case("keys", setting, [create(turns, conversation=CONVERSATION), *asks, status(), *last_word(turns)])

    one = st.tuples(st.integers(0, len(routes) - 1), st.sampled_from(("none", "wrong")))
    return st.builds(build, st.lists(one, min_size=1, max_size=6, unique=True))


KEYS = server_scenario("keys", "every route without a key and with a wrong one", JUDGES, draw)
