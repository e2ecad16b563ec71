"""Events of a megabyte and more."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ...harness.worlds.base import Quota
from .base import reader_scenario
from .draws import END, SHRUNK_TIMING, TOLD, begun, case, config, fixed
from .stream_faults import cut_behind

JUDGES = ("LOSS-1", "PARSE-1")
SIZES = (1_000_000, 200_000, 8_000_000)


def draw(setting: Setting) -> SearchStrategy[Case]:
    timing = SHRUNK_TIMING if "timing" in setting.capabilities else None

    def build(size: int, cut: bool) -> Case:
        """As few cases as there are sizes: each of them takes long. The cut falls into the great event."""
        faults = [cut_behind(1, 1, "rst", 1)] if cut else []
        workload = [*begun(1), fixed(2, 1), ("huge", {"mark": 3, "bytes": size}), fixed(4, 1), TOLD, *END]
        return case("huge", setting, config(timing), workload, faults)

    return st.builds(build, st.sampled_from(SIZES), st.booleans())


HUGE = reader_scenario("huge", "events of up to 8 MB", JUDGES, draw, profiles=("proxy",), worlds=("sim",), quota=Quota(steps=2_000_000))
