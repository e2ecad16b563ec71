"""One endpoint fails for ever: the run ends all the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.stall import Stall
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import session_scenario
from .draws import cases, turns
from .fault_draws import ALWAYS, EVERY, answered, lost, spoilt

JUDGES = "END-4 END-1 DEL-1 DEL-2 END-5"


def draw(setting: Setting) -> SearchStrategy[Case]:
    always, nth = st.just(ALWAYS), st.sampled_from((1, 1, 2))
    kinds: list[SearchStrategy[Fault]] = [
        answered(EVERY, 500, 503, 401, 404, 403, 429, nth=nth, times=always),
        lost(EVERY, always),
        spoilt(EVERY, always),
    ]
    if setting.world == "sim":  # a time limit for requests is seconds long
        kinds.append(st.builds(Stall, endpoint=EVERY, nth=nth, times=always))
    faults = st.one_of(*kinds).map(lambda fault: [replace(fault, times=ALWAYS)])
    return cases("permanent", setting, turns(1, 3), faults)


PERMANENT = session_scenario(
    "permanent", "an endpoint that fails for ever: false statuses, lost and useless answers, silence", JUDGES, draw, counts=any_injected
)
