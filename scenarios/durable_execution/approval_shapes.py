"""Approvals in every shape of the chat: for the run, for an unknown conversation, and without a conversation."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import CONVERSATION, GATED, approve, can_approve, case, create, has_chat, last_word, plain, script, status
from .base import server_scenario
from .server_stage import UNKNOWN

JUDGES = ("APR-8", "APR-9", "APR-5")

SHAPES = st.sampled_from(("chat", "chat-content", "chat-text"))
ASK = st.tuples(SHAPES, st.sampled_from(("own", "unknown", "none")), st.booleans())
STRANGE = st.tuples(st.sampled_from(("chat", "chat-content")), st.sampled_from(("unknown", "none")), st.booleans())
ASKS = st.builds(lambda before, strange, behind: [*before, strange, *behind], st.lists(ASK, max_size=2), STRANGE, st.lists(ASK, max_size=2))
"""Each example has one that concerns no conversation there is."""


def _part(approved: bool) -> dict[str, object]:
    return {
        "type": "tool-pay",
        "toolCallId": "call-1",
        "state": "approval-responded",
        "approval": {"id": "aitxt-call-1", "approved": approved},
    }


def _without_conversation(shape: str, approved: bool) -> Operation:
    part = _part(approved)
    fields: dict[str, dict[str, Any]] = {
        "chat": {"content": "", "parts": [part]},
        "chat-content": {"content": [part]},
        "chat-text": {"content": json.dumps([part])},
    }
    return approve(approved, "call-1", via=shape, body=json.dumps({"messages": [{"role": "assistant", **fields[shape]}]}))


def _ask(shape: str, conversation: str, approved: bool) -> Operation:
    if conversation == "none":
        return _without_conversation(shape, approved)
    more = {"conversation": UNKNOWN} if conversation == "unknown" else {}
    return approve(approved, "call-1", via=shape, **more)


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting) or not has_chat(setting):
        return plain("approval-shapes", setting)

    def build(asks: list[tuple[str, str, bool]], via: str) -> Case:
        turns = script([[GATED]])
        workload = [
            create(turns, conversation=CONVERSATION, via=via),
            *(_ask(*ask) for ask in asks),
            status(),
            approve(True, "call-1", via="chat"),
            *last_word(turns),
        ]
        return case("approval-shapes", setting, workload)

    return st.builds(build, ASKS, st.sampled_from(("executions", "chat")))


APPROVAL_SHAPES = server_scenario(
    "approval-shapes", "approvals in every shape of the chat, also for unknown conversations and without one", JUDGES, draw
)
