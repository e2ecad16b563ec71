"""The model fails for a while: 5xx, a cut in mid text, a refused connection; then it answers."""

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
from .approval_draws import FREE, GATED, TEXTS, can_approve, case, create, follow, last_word, script, status
from .base import server_scenario

JUDGES = ("RCV-2", "SSE-2", "SSE-3", "STAT-1", "IDX-1", "CREATE-1")
NTH = st.integers(1, 2)
TIMES = st.sampled_from((1, 1, 2))


def model_faults() -> SearchStrategy[Fault]:
    endpoint = st.just("completion")
    return st.one_of(
        st.builds(Cut, endpoint=endpoint, nth=NTH, times=TIMES, direction=st.just("answer"), after_bytes=st.integers(0, 900)),
        st.builds(Status, endpoint=endpoint, nth=NTH, times=TIMES, status=st.sampled_from((503, 500, 502, 429))),
        st.builds(LoseAnswer, endpoint=endpoint, nth=NTH, times=TIMES, answer_bytes=st.integers(0, 600)),
    )


def draw(setting: Setting) -> SearchStrategy[Case]:
    tools = st.sampled_from(((), (GATED,), (FREE,), (FREE, GATED)) if can_approve(setting) else ((),))

    def build(rounds: list[tuple[str, ...]], texts: list[tuple[str, ...]], faults: list[Fault]) -> Case:
        turns = script([tools for tools in rounds if tools], texts)
        workload = [create(turns), status("rest"), follow("seen"), *last_word(turns), follow(0), status()]
        return case("model-faults", setting, workload, faults)

    rounds = st.lists(tools, min_size=1, max_size=2)
    return st.builds(build, rounds, st.lists(TEXTS, min_size=1, max_size=3), st.lists(model_faults(), min_size=1, max_size=2))


MODEL_FAULTS = server_scenario(
    "model-faults", "the model fails for a while: 5xx, cuts in mid text, lost answers", JUDGES, draw, counts=any_injected
)
