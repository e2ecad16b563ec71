"""The application cannot take the result at first: nothing is lost, and nothing is stored or deleted before it has."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.agent_session import FAIL_EMITS
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import session_scenario
from .draws import Drafts, case, configs, paced, run, script, turns, until

JUDGES = "END-2 END-1 COMPLETE-1 DEL-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(rows: Drafts, count: int, early: bool, settings: dict[str, object], beat_ms: int) -> Case:
        begun, fails = run(script(rows, paced(beat_ms, settings))), ("fail_emits", {"run": "a", "count": count})
        failing: list[Operation] = [fails] if FAIL_EMITS in setting.capabilities else []
        workload = [*failing, begun] if early else [begun, *failing]
        return case("failing-emits", setting, settings, [*workload, until()])

    beat_ms = st.sampled_from((400, 3_000) if setting.world == "sim" else (40,))
    return st.builds(build, turns(1, 4), st.sampled_from((1, 1, 2, 3)), st.booleans(), configs(setting), beat_ms)


FAILING_EMITS = session_scenario("failing-emits", "emits that fail in the application", JUDGES, draw)
