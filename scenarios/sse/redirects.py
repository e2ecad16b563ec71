"""Redirects within the origin and to another one, which must never see the credential."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.redirect import Redirect
from ...harness.values.case import Case
from ..drawing import TIMES, led_by
from ..preconditions import injected
from .base import sse_scenario
from .draws import AUTHORIZATION, STREAM, cases, clean_ends, cuts, drafts

JUDGES = ("RED-1", "HDR-1", "LOSS-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "step", "burst", "wait", amount_max=3)
    status = st.sampled_from((307, 302, 301, 308, 303))
    away: SearchStrategy[Fault] = st.builds(Redirect, endpoint=STREAM, nth=st.just(1), times=TIMES, status=status, origin=st.just("other"))
    same = st.builds(Redirect, endpoint=STREAM, nth=st.integers(2, 4), status=status)
    faults = led_by(away, same, cuts(), clean_ends())
    return cases("redirects", setting, ops, faults, before=(("burst", 1, 0),), headers=AUTHORIZATION)


REDIRECTS = sse_scenario("redirects", "redirects to the same and to another origin", JUDGES, draw, counts=injected("redirect"))
