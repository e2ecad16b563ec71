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
from .client_base import client_scenario
from .client_draws import cuts, lives, rounds

JUDGES = (9, 1)


def draw(setting: Setting) -> SearchStrategy[Case]:
    status = st.sampled_from((307, 302, 301, 308, 303))
    endpoints = st.sampled_from(("stream", "stream", "create", "approve"))
    away: SearchStrategy[Fault] = st.builds(
        Redirect, endpoint=endpoints, nth=st.just(1), times=TIMES, status=status, origin=st.just("other")
    )  # fmt: skip
    same = st.builds(Redirect, endpoint=endpoints, nth=st.integers(1, 3), status=status)
    return lives("redirects", setting, led_by(away, same, cuts()), rounds(suspensions=(0, 1)))


REDIRECTS = client_scenario("redirects", "redirects to the same and to another origin", JUDGES, draw, counts=injected("redirect"))
