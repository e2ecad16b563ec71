"""Ids that mean something in a URL, and bases with a path: one run, on every leg."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .. import drawing
from .base import pipe_scenario
from .draws import cases


def draw(setting: Setting) -> SearchStrategy[Case]:
    ids = st.sampled_from(drawing.URL_SPECIAL_IDS)
    return cases("pipe-identities", setting, ids=st.tuples(ids, ids), suffix=st.sampled_from(("", "/", "/prefix")))


IDENTITIES = pipe_scenario("identities", "URL-special task and run ids, and bases with a path, on every leg", draw)
