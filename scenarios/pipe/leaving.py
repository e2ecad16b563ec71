"""Readers come and go: one that leaves and returns gets all of it again, in order."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import pipe_scenario
from .draws import cases, drafts, read_faults


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "watch", "unwatch", "burst", "wait", size_max=10)
    return cases("pipe-leaving", setting, ops, st.lists(read_faults(), max_size=1))


LEAVING = pipe_scenario("leaving", "readers that leave in the middle of the run, and some that return", draw)
