"""All kinds of operations and faults in one history, some switched off wholly in each example."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation
from .approval_draws import (
    CRASH,
    Turns,
    approve,
    can_approve,
    case,
    config,
    crashes,
    create,
    follow,
    gated_calls,
    has_chat,
    plain,
    scripts,
    settle,
    status,
    together,
    wait,
)
from .base import server_scenario
from .model_faults import model_faults
from .tool_faults import tool_faults

JUDGES = ("APR-1", "APR-5", "APR-6", "RCV-1", "STAT-1", "IDX-1", "SSE-1", "SSE-3", "TEN-1")
KINDS = (model_faults(), tool_faults(), crashes(st.sampled_from(("tool", "completion"))))

Draft = tuple[str, int, int]
"""(kind of operation, which run, a small number that its details depend on)."""


def operation_of(draft: Draft, runs: int, *, chat: bool) -> list[Operation]:
    kind, which, number = draft
    run = "abc"[which % runs]
    approved = number % 2 == 0
    way = ("executions", "chat", "chat-content")[number % 3] if chat else "executions"
    if kind == "approve":
        return [status("rest", run), approve(approved, run=run, via=way)]
    if kind == "blind":
        return [approve(approved, f"call-{1 + number % 3}", run, wait=("answer", "none")[number % 2])]
    if kind == "race":
        return [together([approve(True, run=run), approve(False, run=run, via=way), status(None, run)])]
    if kind == "read":
        return [follow(("seen", 0, number)[number % 3], run, wait=("rest", "head")[number % 2])]
    if kind == "stranger":
        return [status(None, run, tenant=1), follow(0, run, tenant=1), approve(approved, run=run, tenant=1)]
    return {"status": [status(None, run)], "wait": [wait(20 * number)], "crash": [CRASH]}[kind]


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("swarm", setting)
    kinds = ("approve", "approve", "read", "race", "blind", "status", "wait", "stranger", "crash")

    def build(scripts_of: list[Turns], first: Sequence[str], drafts: list[Draft], faults: list[Fault]) -> Case:
        labels = "abc"[: len(scripts_of)]
        workload: list[Operation] = [
            create(turns, label, conversation=f"talk-{label}", wait=wait_for)
            for label, turns, wait_for in zip(labels, scripts_of, first, strict=False)
        ]
        for draft in drafts:
            workload += operation_of(draft, len(labels), chat=has_chat(setting))
        for label, turns in zip(labels, scripts_of, strict=True):
            workload += settle([True] * len(gated_calls(turns)), label)
        return case("swarm", setting, workload, faults, config(2))

    chosen = st.lists(st.sampled_from(range(len(KINDS))), max_size=2, unique=True)
    faults = chosen.flatmap(
        lambda numbers: st.lists(st.one_of(*(KINDS[number] for number in numbers)), max_size=4) if numbers else st.just([])
    )
    enabled = st.lists(st.sampled_from(kinds), min_size=1, max_size=4)
    drafts = enabled.flatmap(lambda some: st.lists(st.tuples(st.sampled_from(some), st.integers(0, 2), st.integers(0, 5)), max_size=8))
    waits = st.lists(st.sampled_from(("rest", "head", "none")), min_size=3, max_size=3)
    return st.builds(build, st.lists(scripts(0, 2), min_size=1, max_size=3), waits, drafts, faults)


SWARM = server_scenario("swarm", "mixtures of runs, decisions, readers, strangers, crashes and faults", JUDGES, draw)
