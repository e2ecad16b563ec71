"""The stream keeps only its newest events, and the place to resume from is gone."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.trim import Trim
from ...harness.values.case import Case, Operation
from ..drawing import HOW
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, Timing, begun, case, config, fixed, timings
from .stream_faults import cut_behind

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1")
OLD = 2


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, live: int, read: int, keep: int, how: str, end: tuple[Operation, ...]) -> Case:
        faults = [cut_behind(min(read, live), 1, how), Trim(nth=2, keep=keep)]
        return case("trimmed", setting, config(timing), [*begun(OLD), fixed(OLD + 1, live), *end], faults)

    return st.builds(build, timings(setting), st.integers(4, 8), st.integers(0, 3), st.integers(1, 4), HOW, st.sampled_from(ENDS))


TRIMMED = reader_scenario("trimmed", "a cut, and a stream that has lost its oldest events by then", JUDGES, draw, counts=injected("trim"))
