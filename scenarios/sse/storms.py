"""Nothing works, again and again, whatever `retry` says: the client must not hammer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.close_after import CloseAfter
from ...harness.faults.cut import Cut
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.refuse import Refuse
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import STREAM, WATCH, case, config, event, send, wait

JUDGES = ("STORM-1",)
TIMES = 45
"""More than a storm takes, and not for ever: a client that storms without a pause must come to an end in simulated time, too."""
WATCHED_MS = {"sim": 30_000, "loopback": 2_500}


def draw(setting: Setting) -> SearchStrategy[Case]:
    ends = st.builds(EndStreamFault, endpoint=STREAM, nth=st.just(2), times=st.just(TIMES), after_events=st.just(0))
    cuts = st.builds(
        Cut, endpoint=STREAM, nth=st.just(2), times=st.just(TIMES), direction=st.just("answer"), part=st.sampled_from(("head", "body"))
    )
    refused = st.builds(Refuse, nth=st.just(2), times=st.just(TIMES))
    statuses = st.builds(Status, endpoint=STREAM, nth=st.just(2), times=st.just(TIMES), status=st.sampled_from((503, 500, 502, 429)))
    faults: SearchStrategy[Fault] = st.one_of(ends, cuts, refused, statuses)

    def build(retry: str | None, fault: Fault) -> Case:
        first = event(1) if retry is None else {**event(1), "retry": retry}
        # The first connection ends behind its event; from the second on all of them come to nothing.
        broken = [EndStreamFault(endpoint="stream", after_events=1), CloseAfter(endpoint="stream")]
        return case("storms", setting, config(setting), [send(first), WATCH, wait(WATCHED_MS[setting.world])], [*broken, fault])

    return st.builds(build, st.sampled_from(("0", "1", "10", None)), faults)


STORMS = sse_scenario("storms", "connections that fail at once, again and again", JUDGES, draw, counts=any_injected)
