"""The stream comes in segments of every size, so that lines and characters are divided anywhere."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.drip import Drip
from ...harness.faults.slice import Slice
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import SSE, session_scenario
from .draws import IDLE, Drafts, cases, messages, streamed, streamed_beats
from .fault_draws import STREAM, interjections

JUDGES = "SSE-1 COMPLETE-1 LAST-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)
    slices: SearchStrategy[Fault] = st.builds(Slice, endpoint=STREAM, times=st.just(9), direction=st.just("answer"), sizes=sizes)
    drips: SearchStrategy[Fault] = st.builds(Drip, endpoint=STREAM, size_bytes=st.sampled_from((100, 7, 40)), every_ms=st.just(1))
    others = st.lists(interjections("comment", "keepalive", "bom"), max_size=1)
    faults = st.builds(lambda first, more: [first, *more], st.one_of(slices, slices, drips), others)

    def build(rows: Drafts) -> Drafts:
        return streamed([*({**row, "gap": 1, "listed": False} for row in rows), {**IDLE, "gap": 2}])

    return cases("segments", setting, st.builds(build, messages(1, 4)), faults, beat_ms=streamed_beats(setting))


SEGMENTS = session_scenario(
    "segments", "a stream that comes in segments of every size", JUDGES, draw, profiles=SSE, counts=any_injected
)  # fmt: skip
