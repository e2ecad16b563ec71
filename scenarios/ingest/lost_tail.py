"""The server forgets its last events between the last upload and the completion, which is then refused with a 409."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.forget import Forget
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import cases, drafts

JUDGES = ("CMP-1", "STOP-3", "REB-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def plan(nth: int, times: int, lost: bool) -> list[Fault]:
        answer: Fault = (
            LoseAnswer(endpoint="upload", nth=nth, times=times) if lost else Cut(endpoint="upload", nth=nth, times=times, after_lines=1)
        )
        return [answer, Forget(endpoint="upload", nth=nth + 1, count=1)]

    ops = drafts("burst", "step", "enqueue", amount_max=4, size_max=3)
    faults = st.builds(plan, st.integers(1, 2), st.integers(1, 2), st.booleans())
    return cases("ingest-lost-tail", setting, ops, faults)


LOST_TAIL = sender_scenario(
    "lost-tail", "events are still outstanding when a completion is refused at a lower position", JUDGES, draw, counts=any_injected
)
