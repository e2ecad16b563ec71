"""The server is killed at each point of its work: when it asks the model or a tool, and between any two operations."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation
from ..preconditions import injected
from .approval_draws import (
    CRASH,
    FREE,
    GATED,
    Turns,
    approve,
    can_approve,
    case,
    crashes,
    create,
    follow,
    gated_calls,
    last_word,
    plain,
    script,
    scripts,
    status,
    wait,
)
from .base import server_scenario

JUDGES = ("RCV-1", "APR-5", "IDX-1", "STAT-1", "APR-6")
MIXED = st.lists(st.sampled_from((FREE, GATED)), min_size=1, max_size=3)


def draw_requests(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("crash-points", setting)

    def build(rounds: list[list[str]], decisions: list[bool], faults: list[Fault], reads: bool) -> Case:
        turns = script(rounds, (("So. ", "Well. "), ("Done.",)))
        workload: list[Operation] = [create(turns)]
        for place, _ in enumerate(gated_calls(turns)):
            workload += [status("rest"), *([follow("seen")] if reads else []), approve(decisions[place % len(decisions)])]
        return case("crash-points", setting, [*workload, status("terminal"), follow("seen")], faults)

    faults = st.lists(crashes(st.sampled_from(("tool", "completion")), 2), min_size=1, max_size=2)
    decisions = st.lists(st.sampled_from((True, True, False)), min_size=1, max_size=3)
    return st.builds(build, st.lists(MIXED, min_size=1, max_size=2), decisions, faults, st.booleans())


def draw_moments(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("crash-moments", setting)

    def build(turns: Turns, pause_ms: int, moments_ms: list[int], decision: bool) -> Case:
        for turn in turns:
            turn["pause_ms"] = pause_ms
        crashed = [operation for moment in moments_ms for operation in (wait(moment), CRASH)]
        half = len(crashed) // 4 * 2
        workload = [
            create(turns, wait="none"),
            *crashed[:half],
            status("rest"),
            approve(decision, wait="none"),
            *crashed[half:],
            follow("seen"),
            *last_word(turns),
        ]
        return case("crash-moments", setting, workload)

    moments = st.lists(st.integers(0, 45), min_size=1, max_size=4)
    return st.builds(build, scripts(1, 1), st.sampled_from((5, 20)), moments, st.booleans())


CRASH_POINTS = server_scenario(
    "crash-points",
    "the server is killed when it asks the model or a tool, before and after the answer",
    JUDGES,
    draw_requests,
    counts=injected("crash"),
)
CRASH_MOMENTS = server_scenario("crash-moments", "the server is killed at any time, in mid text too", JUDGES, draw_moments)
