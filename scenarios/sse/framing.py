"""The same events in every way to write them: line ends, byte order marks, comments, several lines; cut into segments anywhere."""

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
from .base import sse_scenario
from .draws import STREAM, cases, drafts

JUDGES = ("PARSE-1", "ID-1", "LOSS-1", "ORD-1", "DUP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "burst", "named", "comment", "step", amount_max=5, size_max=8)
    framing: SearchStrategy[Fault] = st.builds(
        Framing, endpoint=STREAM, times=st.just(9), newline=st.sampled_from(("crlf", "cr", "lf")), bom=st.booleans(), space=st.booleans(),
        data_lines=st.sampled_from((5, 1, 2)),
    )  # fmt: skip
    sizes = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)
    slices = st.builds(Slice, endpoint=STREAM, direction=st.just("answer"), sizes=sizes)
    drips = st.builds(Drip, endpoint=STREAM, size_bytes=st.integers(1, 4), every_ms=st.just(1))
    what = st.sampled_from(("comment", "id-only", "bom", "empty-data", "unknown", "keepalive"))
    others = st.builds(
        Interject, endpoint=STREAM, after_events=st.integers(0, 4), what=what, count=st.integers(1, 3), with_id=st.booleans()
    )
    faults = st.builds(lambda *plan: [*plan[:2], *plan[2]], framing, st.one_of(slices, drips), st.lists(others, max_size=2))
    return cases("framing", setting, ops, faults, before=(("burst", 3, 2),))


FRAMING = sse_scenario(
    "framing", "CR, LF, CRLF, byte order marks, several lines, segments of every size", JUDGES, draw, counts=any_injected
)
