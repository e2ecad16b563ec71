"""The same events in every way to write them; some of them only the stream tells."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.slice import Slice
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import SSE, session_scenario
from .draws import IDLE, Drafts, cases, messages, streamed, streamed_beats
from .fault_draws import STREAM, framings, interjections

JUDGES = "SSE-1 COMPLETE-1 LAST-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)
    slices: SearchStrategy[Fault] = st.builds(Slice, endpoint=STREAM, times=st.just(9), direction=st.just("answer"), sizes=sizes)
    more = st.lists(st.one_of(slices, interjections()), max_size=2)
    faults = st.builds(lambda first, others: [first, *others], framings(), more)

    def build(rows: Drafts, hidden: list[bool], commented: list[bool]) -> Drafts:
        # Apart from each other, so that each has gone out before the next one comes.
        said = [
            {**row, "gap": 1, "listed": not hide, **({"comment": True} if comment else {})}
            for row, hide, comment in zip(rows, hidden, commented, strict=False)
        ]
        return streamed([*said, IDLE])

    flags = st.lists(st.booleans(), min_size=5, max_size=5)
    drafts = st.builds(build, messages(1, 5), flags.map(lambda more: [True, *more]), flags)
    return cases("framing", setting, drafts, faults, beat_ms=streamed_beats(setting))


FRAMING = session_scenario(
    "framing", "line ends, byte order marks, comments between and within events, several lines, segments of every size", JUDGES, draw,
    profiles=SSE, counts=any_injected,
)  # fmt: skip
