"""Histories as long as a page, or a little longer or shorter."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ...harness.worlds.base import Quota
from .base import reader_scenario
from .draws import END, SHRUNK_TIMING, TOLD, WATCH, case, config, fixed

JUDGES = ("SNAP-1", "LOSS-1", "DUP-1", "ORD-1")
SIZES = (1, 999, 1_000, 1_001, 2_000, 5_000, 5_001)


def draw(setting: Setting) -> SearchStrategy[Case]:
    timing = SHRUNK_TIMING if "timing" in setting.capabilities else None

    def build(size: int) -> Case:
        """As few cases as there are sizes: each of them takes long."""
        return case("pages", setting, config(timing), [("fill", {"count": size}), WATCH, TOLD, fixed(1, 2), TOLD, *END])

    return st.builds(build, st.sampled_from(SIZES))


PAGES = reader_scenario(
    "pages", "histories over the boundaries of pages", JUDGES, draw, profiles=("direct",), worlds=("sim",), quota=Quota(steps=2_000_000)
)
