"""The very first read behind the prompt is answered 5xx."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import POLL, session_scenario
from .draws import cases, turns
from .fault_draws import answered

JUDGES = "ERR-3 COMPLETE-1 END-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    first = answered(st.just("read"), 503, 500, 502, 504, nth=st.just(1))
    return cases("first-read", setting, turns(1, 3), first.map(lambda fault: [fault]))


FIRST_READ = session_scenario(
    "first-read", "the first read behind the prompt is answered 5xx", JUDGES, draw, profiles=POLL, counts=any_injected
)
