"""The stream is forbidden or gone: that is an error at once, and nothing is asked any more."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..preconditions import injected
from .base import reader_scenario
from .draws import Timing, begun, case, config, figures, fixed, timings, until_over, wait
from .stream_faults import cut_behind

JUDGES = ("BACK-1", "ORD-1", "LOSS-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, status: int, nth: int, live: int) -> Case:
        refused = Status(endpoint="stream", nth=nth, times=10_000, status=status)
        cuts = [cut_behind(1, number, "rst") for number in range(1, nth)]
        figure = figures(timing)
        workload = [*begun(OLD), fixed(OLD + 1, live), until_over(10 * figure["backoff_base"]), wait(2 * figure["backoff_base"])]
        return case("turned-away", setting, config(timing), workload, [*cuts, refused])

    return st.builds(build, timings(setting), st.sampled_from((403, 404, 406)), st.integers(1, 3), st.integers(2, 4))


TURNED_AWAY = reader_scenario("turned-away", "403, 404 or 406 from some stream on", JUDGES, draw, counts=injected("status"))
