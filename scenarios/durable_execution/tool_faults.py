"""A tool has its effect and its answer is lost, or it fails for a while."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..preconditions import any_injected
from .approval_draws import FREE, GATED, approve, can_approve, case, create, gated_calls, plain, script, status, together
from .base import server_scenario

JUDGES = ("APR-1", "APR-6", "STAT-1", "SSE-3")
NTH = st.sampled_from((1, 1, 2))
TIMES = st.sampled_from((1, 1, 2))
ROUND = st.lists(st.sampled_from((GATED, FREE)), min_size=1, max_size=2)


def tool_faults() -> SearchStrategy[Fault]:
    endpoint = st.just("tool")
    return st.one_of(
        st.builds(LoseAnswer, endpoint=endpoint, nth=NTH, times=TIMES, answer_bytes=st.integers(0, 200)),
        st.builds(
            Status, endpoint=endpoint, nth=NTH, times=TIMES, status=st.sampled_from((503, 500)), commit=st.sampled_from(("all", "none"))
        ),
        st.builds(Cut, endpoint=endpoint, nth=NTH, times=TIMES, direction=st.just("answer"), after_bytes=st.integers(0, 40)),
    )


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("tool-faults", setting)

    def build(rounds: list[list[str]], faults: list[Fault], approved: bool) -> Case:
        turns = script(rounds)
        twice = [operation for _ in gated_calls(turns) for operation in (status("rest"), together([approve(approved)] * 2))]
        return case("tool-faults", setting, [create(turns), *twice, status("terminal")], faults)

    rounds = st.lists(ROUND, min_size=1, max_size=2)
    return st.builds(build, rounds, st.lists(tool_faults(), min_size=1, max_size=2), st.sampled_from((True, True, False)))


TOOL_FAULTS = server_scenario(
    "tool-faults", "the answer of a tool is lost when it had its effect, or it fails for a while", JUDGES, draw, counts=any_injected
)
