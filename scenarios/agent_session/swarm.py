"""All kinds of faults in one plan, some switched off wholly in each example."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.duplicate import Duplicate
from ...harness.faults.refuse import Refuse
from ...harness.faults.restart import Restart
from ...harness.values.case import Case
from ..drawing import any_of, drips, slices
from ..preconditions import any_injected
from .base import session_scenario
from .draws import IDLE, cases, turns
from .fault_draws import (
    EVERY,
    READING,
    STREAM,
    answered,
    framings,
    interjections,
    lost,
    lost_requests,
    slow,
    spoilt,
    stream_cuts,
    stream_ends,
)

JUDGES = "COMPLETE-1 LAST-1 END-1 DEL-1 DEL-4"


def draw(setting: Setting) -> SearchStrategy[Case]:
    kinds: list[SearchStrategy[Fault]] = [
        answered(EVERY, 500, 503, 429, times=st.integers(1, 3), commit=True),
        lost(EVERY),
        lost_requests(READING),
        spoilt(READING),
        slow(EVERY, setting),
        slices(EVERY),
        drips(EVERY, (1, 20) if setting.world == "sim" else (1,)),
        st.builds(Refuse, nth=st.integers(1, 4), times=st.integers(1, 2)),
        st.builds(Restart, endpoint=READING, nth=st.integers(1, 3)),
    ]
    if setting.profile == "sse":
        again = st.builds(Duplicate, endpoint=STREAM, after_events=st.integers(1, 4), count=st.integers(1, 3))
        kinds += [stream_cuts(), stream_ends(), framings(), interjections("comment", "retry", "keepalive"), again]
    chosen = st.lists(st.sampled_from(range(len(kinds))), min_size=1, max_size=3, unique=True)
    faults = chosen.flatmap(lambda numbers: any_of(*(kinds[number] for number in numbers), size_max=4))
    return cases("swarm", setting, turns(1, 6), faults, before=[IDLE])


SWARM = session_scenario("swarm", "mixtures of all faults", JUDGES, draw, counts=any_injected)
