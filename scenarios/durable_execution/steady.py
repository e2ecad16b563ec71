"""Runs of every kind and route, asked about from the head of the creation on."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, approve, case, create, follow, status, together
from .base import server_scenario
from .draws import CONVERSATIONS, OPEN, creation_routes, has_conversations, held_scripts, is_ours, scripts

JUDGES = ("CREATE-1", "CREATE-3", "HDR-1", "SSE-1", "SSE-3", "SSE-4", "STAT-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(turns: Turns, conversation: str | None, via: str, operations: bool, before: int, streams: int) -> Case:
        first = create(turns, conversation=conversation, via=via, operations=operations, messages_before=before, wait="head")
        at_once: list[Operation] = [status(), *(follow(index, wait="head") for index in range(streams))]
        if is_ours(setting):
            at_once.append(approve(True, "=no-such-call"))
        later: list[Operation] = [OPEN, status("rest"), follow(0), status()]
        if has_conversations(setting) and conversation is not None:
            later.append(follow(None, via="conversation"))
        return case("steady", setting, [first, together(at_once), *later])

    conversations = st.one_of(CONVERSATIONS, st.none())
    turns = st.one_of(held_scripts(setting), scripts(setting))
    return st.builds(build, turns, conversations, creation_routes(setting), st.booleans(), st.integers(0, 3), st.integers(1, 2))


STEADY = server_scenario("steady", "a run, with status, stream and approval asked for as soon as its id is told", JUDGES, draw)
