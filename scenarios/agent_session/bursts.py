"""Several reads in a row fail: four are borne, five are not, and a good one in between counts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import session_scenario
from .draws import IDLE, cases, message
from .fault_draws import ALWAYS

JUDGES = "SCHED-2 END-1 END-4 DEL-1 COMPLETE-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    """The session is long enough that its runner polls through all of it."""

    def build(first: int, times: int, good: int, again: int, status: int) -> list[Fault]:
        second = first + times + good
        rows = [Status(endpoint="read", nth=first, times=times, status=status)]
        return [*rows, Status(endpoint="read", nth=second, times=again, status=status)] if again else list(rows)

    times = st.sampled_from((4, 3, 5, 2, 7))
    faults = st.builds(build, st.integers(2, 4), times, st.integers(1, 2), st.sampled_from((0, 3, 4)), st.sampled_from((503, 500, 429)))
    beats = (8_000, 60_000, 1_200_000) if setting.world == "sim" else (100, 250)
    timing = st.sampled_from(({"first_poll": 1_000, "poll_max": 8_000, "list_delay": 200}, None))
    short = {"first_poll": 10, "poll_max": 20, "list_delay": 5}
    drafts = st.just([message("at last"), {**IDLE, "gap": 3}])
    if setting.world != "sim":
        timing = st.just(short)
    if "timing" not in setting.capabilities:
        timing = st.just(None)
    if setting.profile == "sse":
        faults = faults.map(lambda plan: [Status(endpoint="stream", times=ALWAYS), *plan])
    return cases("bursts", setting, drafts, faults, beat_ms=st.sampled_from(beats), beat_polls_max=8, timing_ms=timing)


BURSTS = session_scenario("bursts", "reads that fail several times in a row, with good ones in between", JUDGES, draw, counts=any_injected)
