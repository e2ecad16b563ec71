"""The proxy answers 401 from some stream on, whatever token it is shown: each one counts, and in the end it is an error."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..preconditions import injected
from .base import reader_scenario
from .draws import COUNTED_FAILURES_MAX, Timing, begun, case, config, fixed, streak_ms, timings, until_over
from .stream_faults import cut_behind

JUDGES = ("BACK-1", "TOK-1", "AUTH-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    longest = 10_000 if "timing" in setting.capabilities or setting.world == "sim" else 2

    def build(timing: Timing | None, nth: int, times: int, live: int) -> Case:
        faults = [*(cut_behind(1, number, "rst") for number in range(1, nth)), Status(endpoint="stream", nth=nth, times=times, status=401)]
        waiting_ms = streak_ms(timing, min(times, COUNTED_FAILURES_MAX + 1) + nth)
        return case("locked-out", setting, config(timing), [*begun(OLD), fixed(OLD + 1, live), until_over(waiting_ms)], faults)

    times = st.sampled_from((10_000, 2, COUNTED_FAILURES_MAX)).map(lambda number: min(number, longest))
    return st.builds(build, timings(setting), st.integers(1, 3), times, st.integers(2, 4))


LOCKED_OUT = reader_scenario(
    "locked-out", "401 of the proxy, again and again, from some stream on", JUDGES, draw, counts=injected("status"), profiles=("proxy",)
)
