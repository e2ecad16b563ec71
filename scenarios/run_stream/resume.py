"""The headline: whatever was read before the cut and whatever comes after it make the whole, for every place of the cut."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from ..drawing import HOW
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, Timing, begun, case, config, fixed, timings
from .stream_faults import cut_behind

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1", "END-2")
OLD = 2


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, reads: list[int], how: str, more_lines: int, end: tuple[Operation, ...]) -> Case:
        """Each stream brings so many events and, of the next, so many lines."""
        faults = [cut_behind(events, nth, how, more_lines) for nth, events in enumerate(reads, 1)]
        total = max(1, *accumulate(reads)) + 2
        return case("resume", setting, config(timing), [*begun(OLD), fixed(OLD + 1, total), *end], faults)

    reads = st.lists(st.integers(0, 9), min_size=1, max_size=4)
    return st.builds(build, timings(setting), reads, HOW, st.integers(0, 2), st.sampled_from(ENDS))


RESUME = reader_scenario("resume", "cut behind the k-th event, for any k, and the rest read on", JUDGES, draw, counts=injected("cut"))
