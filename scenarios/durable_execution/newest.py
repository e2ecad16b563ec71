"""Runs of one conversation one after the other, of which it is looked up which is the newest."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import GATED, Turns, approve, case, create, follow, plain, status
from .base import server_scenario
from .draws import CALL_IDS, CONVERSATIONS, TEXT, calling, creation_routes, has_conversations, has_tools, spoken, talks

JUDGES = ("STAT-4", "SSE-3")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not (has_tools(setting) and has_conversations(setting)):
        return plain("newest", setting)

    def build(runs: list[tuple[Turns, str]], conversation: str, decided: str | None) -> Case:
        workload: list[Operation] = []
        for label, (turns, via) in zip("abc", runs, strict=False):
            workload += [create(turns, label, conversation=conversation, via=via), status("rest", label)]
            workload += [("pending", {"conversation": conversation}), follow(None, label, via="conversation")]
        if decided is not None:
            newest = "abc"[len(runs) - 1]
            workload += [approve(run=newest, via=decided), status("rest", newest), ("pending", {"conversation": conversation})]
        return case("newest", setting, workload)

    suspended = st.builds(lambda text, id: [calling(text, id, GATED), spoken(text)], TEXT, CALL_IDS)
    pairs = st.tuples(st.one_of(suspended, talks()), creation_routes(setting))
    runs = st.lists(pairs, min_size=2, max_size=3)
    return st.builds(build, runs, CONVERSATIONS, st.sampled_from((None, "chat", "chat-content")))


NEWEST = server_scenario("newest", "several runs of a conversation, some suspended, looked up by conversation", JUDGES, draw)
