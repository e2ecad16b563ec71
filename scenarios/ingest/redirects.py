"""Redirects, within the origin and to another one, which must never see the token."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.redirect import Redirect
from ...harness.values.case import Case
from ..drawing import TIMES
from .base import any_injected, sender_scenario
from .draws import AFTER_FAULTS, ENDPOINTS, cases, drafts

JUDGES = ("RED-1", "LIVE-2")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=3)
    status = st.sampled_from((307, 308, 302, 301, 303))
    away = st.builds(
        Redirect, endpoint=st.just("any"), nth=st.sampled_from((1, 2, 1, 3)), times=TIMES, status=status, origin=st.just("other")
    )
    same = st.builds(Redirect, endpoint=ENDPOINTS, nth=st.integers(1, 3), status=status, origin=st.just("same"))
    faults = st.builds(lambda first, more: [first, *more], away, st.lists(same, max_size=1))
    return cases("ingest-redirects", setting, ops, faults, ends=AFTER_FAULTS)


REDIRECTS = sender_scenario(
    "redirects", "redirects of syncs and uploads, to the same and to another origin", JUDGES, draw, counts=any_injected
)
