"""The target dies in the midst of a run; what is started afterwards is a run like any other."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.crash import Crash
from ...harness.values.case import Case, Operation
from .base import session_scenario
from .draws import CRASH, Drafts, case, configs, run, script, turns, until, wait
from .fault_draws import EVERY

JUDGES = "COMPLETE-1 END-1 DEL-1 DEL-4"


def draw(setting: Setting) -> SearchStrategy[Case]:
    by_fault = st.builds(Crash, endpoint=EVERY, nth=st.integers(1, 3), point=st.sampled_from(("head", "before-answer", "after-answer")))
    plans: SearchStrategy[list[Fault]] = st.lists(by_fault, max_size=1)
    moments = st.one_of(
        st.integers(1, 4).map(lambda count: until("recorded", count=count)),
        st.sampled_from((0, 50, 900) if setting.world == "sim" else (0, 30)).map(wait),
        st.just(until()),
    )

    def build(first: Drafts, moment: Operation, second: Drafts, plan: list[Fault], settings: dict[str, object], beat_ms: int) -> Case:
        workload = [run(script(first, beat_ms)), moment, CRASH, run(script(second, beat_ms), label="b"), until(label="b")]
        return case("crashes", setting, settings, workload, plan)

    beat_ms = st.sampled_from((40, 400) if setting.world == "sim" else (20,))
    return st.builds(build, turns(1, 3), moments, turns(1, 3), plans, configs(setting), beat_ms)


CRASHES = session_scenario("crashes", "the target dies in the midst of a run; the next run is a fresh one", JUDGES, draw)
