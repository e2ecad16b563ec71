"""The hello_ack comes late, while a command writes and ends: what is recorded meanwhile must come on that very session."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import agent_scenario
from .draws import BRISK, DROPS, MIDDLE, Timing, case, task, timings, until, wait
from .happened import came_back
from .scripts import Script, long_scripts

JUDGES = ("RPL-3", "HELLO-2", "SEQ-1", "SEQ-3", "FIN-1", "FIN-2", "HTTP-1", "RPL-1", "RPL-2", "HELLO-1")
EMPTY = {"finals": "empty", "discarded": "empty", "replay": "empty"}
LISTED = {"finals": "empty", "discarded": "empty", "replay": "missing"}
LASTING_SCRIPTS = long_scripts(14, 20, every_ms=(50, 70))
"""They still write when the agent is back, well before a late hello_ack."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: Script, dropped: Operation, outputs: int, lateness: list[int], kind: dict[str, str]) -> Case:
        shapes = [{}, *({**kind, "after_ms": late_ms} for late_ms in lateness)]
        # Long enough for what a late session owes, though the end may be told over HTTP before it is active.
        workload = [task(given), until("output", count=outputs), dropped, until("acked"), wait(sum(lateness) + 600)]
        return case("late-hello-acks", setting, workload, timing=timing, hello_acks=shapes)

    longest = (900, 1_500, 300, 3_000) if setting.world == "sim" else (1_500, 1_000, 1_500, 300)
    lateness = st.lists(st.sampled_from(longest), min_size=1, max_size=2)
    kinds = st.sampled_from(({}, {}, EMPTY, LISTED))
    return st.builds(build, timings(setting, BRISK, MIDDLE), LASTING_SCRIPTS, DROPS, st.integers(1, 4), lateness, kinds)


LATE_HELLO_ACKS = agent_scenario(
    "late-hello-acks", "a command writes and ends between a hello and its late hello_ack", JUDGES, draw, counts=came_back()
)
