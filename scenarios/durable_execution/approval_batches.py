"""Several decisions in one message of the chat, some of them bad."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .approval_draws import CONVERSATION, GATED, can_approve, case, create, has_chat, last_word, plain, script, status
from .base import server_scenario

JUDGES = ("APR-7", "APR-4", "APR-5", "HDR-1")

BAD = st.sampled_from(("=no-such-call", "=call-1x", "=a/b?c", "=another"))
MIXED = st.one_of(
    st.tuples(st.just("call-1"), BAD),
    st.tuples(BAD, st.just("call-1")),
    st.tuples(BAD, st.just("call-1"), BAD),
    st.tuples(st.just("call-1"), BAD, st.just("call-2")),
)
"""``call-1`` is pending, ``call-2`` is the next call of the turn: good only once the first is decided."""
ALIKE = st.one_of(
    st.just(()),
    st.tuples(st.just("call-2")),
    st.tuples(st.just("call-2"), st.just("call-3")),
    st.lists(BAD, min_size=1, max_size=3, unique=True).map(tuple),
)


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting) or not has_chat(setting):
        return plain("batches", setting)

    def build(batches: tuple[tuple[str, ...], ...], decisions: list[bool], shape: str, via: str) -> Case:
        turns = script([[GATED, GATED, GATED]])
        workload = [create(turns, conversation=CONVERSATION, via=via), status("suspended")]
        for calls in batches:
            items: list[dict[str, Any]] = [{"call": call, "approved": approved} for call, approved in zip(calls, decisions, strict=False)]
            workload += [("batch", {"run": "a", "items": items, "shape": shape}), status("rest")] if items else []
        return case("batches", setting, [*workload, *last_word(turns)])

    decisions = st.lists(st.booleans(), min_size=3, max_size=3)
    batches = st.one_of(st.tuples(MIXED, ALIKE), st.tuples(MIXED, ALIKE), st.tuples(ALIKE, MIXED))
    return st.builds(build, batches, decisions, st.sampled_from(("parts", "content")), st.sampled_from(("executions", "chat")))


BATCHED_APPROVALS = server_scenario("batches", "several decisions in one message of the chat, with bad ones among them", JUDGES, draw)
