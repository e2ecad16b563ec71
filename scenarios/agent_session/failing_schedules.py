"""The scheduler of the application refuses: no session is left behind."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.agent_session import FAIL_SCHEDULES
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import session_scenario
from .draws import Drafts, case, configs, paced, run, script, turns, until

JUDGES = "SCHED-1 DEL-1 END-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(rows: Drafts, count: int, early: bool, settings: dict[str, object], beat_ms: int) -> Case:
        begun, fails = run(script(rows, paced(beat_ms, settings))), ("fail_schedules", {"run": "a", "count": count})
        failing: list[Operation] = [fails] if FAIL_SCHEDULES in setting.capabilities else []
        workload = [*failing, begun] if early else [begun, *failing]
        return case("failing-schedules", setting, settings, [*workload, until()])

    beat_ms = st.sampled_from((3_000, 20_000) if setting.world == "sim" else (40,))
    count = st.sampled_from((1, 1, 2, 50))
    return st.builds(build, turns(1, 3), count, st.sampled_from((True, True, False)), configs(setting), beat_ms)


FAILING_SCHEDULES = session_scenario("failing-schedules", "a scheduler that refuses", JUDGES, draw)
