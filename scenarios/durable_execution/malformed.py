"""Creations with bodies that are none, each in a conversation of its own, which must not be there afterwards."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, case, create, send, status
from .base import server_scenario
from .bodies import EXECUTIONS
from .draws import has_conversations, talks

JUDGES = ("CREATE-4",)

GOOD = {"role": "user", "content": "{script:bad}"}
IN_CONVERSATION = {"conversationId": "{conversation:bad}"}


def _with(**fields: Any) -> str:
    return json.dumps({"messages": [GOOD], **IN_CONVERSATION, **fields})


def _message(**fields: Any) -> str:
    return _with(messages=[{**GOOD, **fields}])


BODIES = (
    "",
    "no JSON",
    _with()[:-1],
    _with() + "}",
    "\udcff\udcfe" + _with(),
    json.dumps([GOOD]),
    json.dumps("{script:bad}"),
    "null",
    json.dumps(IN_CONVERSATION),
    _with(messages=None),
    _with(messages=GOOD),
    _with(messages="{script:bad}"),
    _with(messages=[GOOD, "{script:bad}"]),
    _with(messages=[GOOD, None]),
    _message(role="alien"),
    _message(role=7),
    _message(role=None),
    _with(messages=[{"content": "{script:bad}"}]),
    _message(content=7),
    _message(content=[{"type": "text"}]),
    _message(content=[{"type": "text", "text": 7}]),
    _message(content=["{script:bad}"]),
    _with(forwardedHeaders={"x-a": 1}),
    _with(forwardedHeaders={"x-a": "b", "x-c": None}),
    _with(forwardedHeaders=["x-a"]),
    json.dumps({"messages": [GOOD], "conversationId": 7}),
    json.dumps({"messages": [GOOD], "conversationId": {"id": "{conversation:bad}"}}),
    _message(content="{script:bad}\ud800"),
)
"""In each what is right about it would do: a server that looks no further takes it for a creation. The last may be taken."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(bodies: list[str], turns: Turns) -> Case:
        workload: list[Operation] = []
        for number, body in enumerate(bodies):
            text = body.replace(":bad}", f":bad-{number}}}")
            workload.append(send("POST", EXECUTIONS, body=text, meant="malformed"))
            if has_conversations(setting):
                conversation = f"bad-{number}"
                stream = send("GET", f"/run/v1/conversations/{{conversation:{conversation}}}/stream", meant="left behind")
                workload += [("pending", {"conversation": conversation}), stream]
        return case("malformed", setting, [*workload, create(turns), status("rest")])

    return st.builds(build, st.lists(st.sampled_from(BODIES), min_size=1, max_size=6, unique=True), talks())


MALFORMED = server_scenario("malformed", "creations whose bodies are malformed, and what they leave behind", JUDGES, draw)
