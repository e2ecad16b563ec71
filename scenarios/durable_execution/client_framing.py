"""The same frames in every way to write them: line ends, byte order marks, comments, several lines, segments of every size."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.drip import Drip
from ...harness.faults.framing import Framing
from ...harness.faults.interject import Interject
from ...harness.faults.slice import Slice
from ...harness.values.case import Case
from ..preconditions import any_injected
from .client_base import client_scenario
from .client_draws import STREAMS, lives, rounds

JUDGES = (4, 1, 2)


def draw(setting: Setting) -> SearchStrategy[Case]:
    framing: SearchStrategy[Fault] = st.builds(
        Framing, endpoint=STREAMS, times=st.just(9), newline=st.sampled_from(("cr", "crlf", "lf")), bom=st.booleans(), space=st.booleans(),
        data_lines=st.sampled_from((1, 5, 2)),
    )  # fmt: skip
    sizes = st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple)
    slices = st.builds(Slice, endpoint=STREAMS, times=st.integers(1, 3), direction=st.just("answer"), sizes=sizes)
    drips = st.builds(Drip, endpoint=STREAMS, size_bytes=st.integers(3, 40), every_ms=st.just(1))
    what = st.sampled_from(("comment", "id-only", "bom", "retry"))
    others = st.builds(
        Interject, endpoint=STREAMS, times=st.integers(1, 3), after_events=st.integers(0, 3), what=what, count=st.integers(1, 3)
    )
    faults = st.builds(lambda *plan: [*plan[:2], *plan[2]], framing, st.one_of(slices, drips), st.lists(others, min_size=1, max_size=2))
    return lives("framing", setting, faults, rounds(suspensions=(0, 1), size_min=1))


FRAMING = client_scenario(
    "framing", "CR, LF, CRLF, byte order marks, comments, several lines, segments of every size", JUDGES, draw, counts=any_injected
)
