"""Nothing goes wrong: tasks that write to both streams and end in all ways, one after the other or waiting in a queue."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import agent_scenario
from .draws import Timing, case, in_turn, limits, task, timings, until
from .happened import happened
from .scripts import Script, scripts

JUDGES = (
    "AUTH-1", "ENV-1", "HELLO-1", "HELLO-2", "SEQ-1", "SEQ-3", "SEQ-4", "SEQ-5", "FIN-1", "FIN-4", "FLUSH-1", "CONN-1",
    "DLV-2", "HTTP-2", "ACK-1",
)  # fmt: skip


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, limit: Mapping[str, int] | None, given: list[Script], queued: bool) -> Case:
        numbers = range(1, len(given) + 1)
        queue = [*(task(given[n - 1], n, priority=n) for n in numbers), *(until("acked", n) for n in numbers)]
        return case("steady", setting, queue if queued else in_turn(given), timing=timing, limits=limit)

    several = st.lists(scripts(size_min=0), min_size=1, max_size=3)
    return st.builds(build, timings(setting), limits(setting, 64, 200), several, st.booleans())


STEADY = agent_scenario(
    "steady", "tasks that write to both streams and end in all ways", JUDGES, draw, counts=happened("taken", stream=None)
)
