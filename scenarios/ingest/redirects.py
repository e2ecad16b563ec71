"""Redirects, within the origin and to another one, which must never see the token."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.redirect import Redirect
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import AFTER_FAULTS, ENDPOINTS, TIMES, any_of, cases, drafts

JUDGES = ("RED-1", "LIVE-2")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=3)
    away = st.builds(
        Redirect, endpoint=ENDPOINTS, nth=st.integers(1, 3), times=TIMES, status=st.sampled_from((307, 308, 302, 301, 303)),
        origin=st.sampled_from(("other", "same")),
    )  # fmt: skip
    return cases("ingest-redirects", setting, ops, any_of(away, size_max=2), ends=AFTER_FAULTS)


REDIRECTS = sender_scenario(
    "redirects", "redirects of syncs and uploads, to the same and to another origin", JUDGES, draw, counts=any_injected
)
