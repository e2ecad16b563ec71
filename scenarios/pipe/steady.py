"""Nothing goes wrong: several readers, some of them late."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import pipe_scenario
from .draws import cases


def draw(setting: Setting) -> SearchStrategy[Case]:
    return cases("pipe-steady", setting)


STEADY = pipe_scenario("steady", "no faults; up to three readers, from the start or later", draw)
