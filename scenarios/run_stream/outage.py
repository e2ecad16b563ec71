"""Nothing answers for a while: connections are refused, or every server restarts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.refuse import Refuse
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import reader_scenario
from .draws import END, RECOVER, RETRY, TOLD, Timing, begun, case, config, figures, fixed, timings, wait
from .stream_faults import cut_behind

JUDGES = ("LOSS-1", "DUP-1", "RETRY-1")
OLD = 2


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, down: Fault, live: int, pauses: int, retry: bool) -> Case:
        pause = wait(pauses * figures(timing)["backoff_base"])
        end = [RECOVER, *([RETRY, TOLD] if retry else []), *END]
        workload = [*begun(OLD), fixed(OLD + 1, live), pause, fixed(OLD + 1 + live, 1), *end]
        return case("outage", setting, config(timing), workload, [cut_behind(live, 1, "rst"), down])

    many = st.integers(1, 12)
    refused = st.builds(Refuse, nth=st.integers(2, 6), times=many)
    down = st.builds(Status, endpoint=st.just("any"), nth=st.integers(5, 7), times=many, status=st.sampled_from((503, 500, 429)))
    return st.builds(build, timings(setting), st.one_of(refused, down), st.integers(1, 4), st.integers(1, 8), st.booleans())


OUTAGE = reader_scenario("outage", "refused connections or 5xx on every endpoint for a while", JUDGES, draw, counts=any_injected)
