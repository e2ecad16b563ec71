"""The stream ends while GET run still says that the run goes on."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import ALL, reader_scenario
from .draws import FINISH, Timing, begun, case, completed, config, figures, fixed, timings, until_over, wait

JUDGES = ("END-1", "ORD-1", "LOSS-1")
OLD = 2


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, live: int, quarters: int, status: str) -> Case:
        pause = wait(quarters * figures(timing)["backoff_base"] // 4)
        workload = [*begun(OLD), fixed(OLD + 1, live), FINISH, pause, completed(status), until_over(3_000)]
        return case("end-early", setting, config(timing), workload)

    status = st.sampled_from(("completed", "failed", "cancelled"))
    return st.builds(build, timings(setting), st.integers(1, 4), st.integers(0, 12), status)


END_EARLY = reader_scenario("end-early", "the end of the stream long before the terminal status", JUDGES, draw, profiles=ALL)
