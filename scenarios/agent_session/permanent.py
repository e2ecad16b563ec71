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
from .draws import cases, streamed, turns
from .fault_draws import ALWAYS, EVERY, POLLED, READING, answered, lost, spoilt

JUDGES = "END-4 END-1 DEL-1 DEL-2 END-5"
ONE_TIME = ("create", "send", "delete", "stream")


def draw(setting: Setting) -> SearchStrategy[Case]:
    always = st.just(ALWAYS)
    endpoints = EVERY if setting.profile == "sse" else POLLED
    kinds: list[SearchStrategy[Fault]] = [
        answered(endpoints, 500, 503, 401, 404, 403, 429, times=always),
        lost(endpoints, always),
        spoilt(endpoints, always),
    ]
    if setting.world == "sim":  # a time limit for requests is seconds long
        kinds += [st.builds(Stall, endpoint=READING, times=always), st.builds(Stall, endpoint=endpoints, times=always)]
    faults = st.one_of(*kinds).map(lambda fault: [replace(fault, nth=1 if fault.endpoint in ONE_TIME else fault.nth)])
    return cases("permanent", setting, turns(1, 3).map(streamed), faults, persist_session=st.sampled_from((False, False, True)))


PERMANENT = session_scenario(
    "permanent", "an endpoint that fails for ever: false statuses, lost and useless answers, silence", JUDGES, draw, counts=any_injected
)
