"""Streams by conversation, behind the index that was seen last."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, approve, case, create, follow, gated_calls, plain, status, together
from .base import server_scenario
from .draws import CONVERSATIONS, OPEN, creation_routes, frames_about, has_conversations, held_scripts, scripts

JUDGES = ("IDX-1", "IDX-3", "HDR-1", "SSE-3")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not has_conversations(setting):
        return plain("conversation-indexes", setting)

    def build(turns: Turns, conversation: str, via: str, during: list[int | None]) -> Case:
        by_conversation: list[Operation] = [follow(index, via="conversation", wait="head") for index in during]
        everywhere = together(follow(index, via="conversation") for index in (None, *range(frames_about(turns)), 2**31 - 2))
        workload: list[Operation] = [create(turns, conversation=conversation, via=via, wait="head"), *by_conversation, OPEN, status("rest")]
        workload += [follow("seen", via="conversation"), everywhere]
        if gated_calls(turns):
            workload += [approve(), follow("seen", via="conversation"), status("rest"), everywhere]
        return case("conversation-indexes", setting, workload)

    during = st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=3)
    return st.builds(build, st.one_of(held_scripts(setting), scripts(setting)), CONVERSATIONS, creation_routes(setting), during)


CONVERSATION_INDEXES = server_scenario("conversation-indexes", "streams by conversation, from every index", JUDGES, draw)
