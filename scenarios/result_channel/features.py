"""Features that are switched off: no results over the socket, no deliveries, or no socket at all."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import agent_scenario
from .draws import BRISK, DROPS, MIDDLE, OLD, Timing, case, task, timings, until, wait
from .happened import happened
from .scripts import Script, scripts

JUDGES = ("HTTP-1", "FIN-4", "DLV-2", "POLL-1", "AUTH-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: list[Script], results: bool, delivery: bool, old: bool, dropped: list[Operation]) -> Case:
        more: dict[str, Any] = {"attempt": OLD} if old and not delivery else {}
        via = "socket" if delivery else "poll"
        workload: list[Operation] = []
        for number, one in enumerate(given, 1):
            workload += [task(one, number, via=via, **more), wait(30), *dropped, until("acked", number, **more)]
        return case("features", setting, workload, timing=timing, results=results, delivery=delivery)

    both = st.sampled_from(((False, True), (False, False), (True, False)))
    some = st.lists(scripts(size_max=3), min_size=1, max_size=2)
    none: list[Operation] = []
    dropped = st.one_of(st.just(none), DROPS.map(lambda one: [one]))
    return both.flatmap(
        lambda chosen: st.builds(
            build, timings(setting, BRISK, MIDDLE), some, st.just(chosen[0]), st.just(chosen[1]), st.booleans(), dropped
        )
    )


FEATURES = agent_scenario("features", "results, deliveries or both are switched off", JUDGES, draw, counts=happened("executions", count=1))
