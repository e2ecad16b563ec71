"""The stream tells what the list does not, and ends too early: what it brought is part of the result."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.end_stream import EndStreamFault
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import SSE, session_scenario
from .draws import IDLE, Drafts, cases, messages, streamed, streamed_beats

JUDGES = "TIMEOUT-1 END-5 COMPLETE-1 LAST-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Some of the messages in front of the end of the stream are hidden; none behind it is. What comes ``early`` is listed alone."""

    def build(early: Drafts, first: Drafts, hidden: list[bool], second: Drafts) -> Drafts:
        said = [{**row, "gap": 1, "listed": not hide} for row, hide in zip(first, hidden, strict=False)]
        return [*({**row, "gap": 0} for row in early), *streamed([*said, *second, IDLE])]

    hidden = st.lists(st.booleans(), min_size=5, max_size=5).map(lambda flags: [True, *flags])
    drafts = st.builds(build, messages(0, 1), messages(1, 4), hidden, messages(0, 3))
    faults: SearchStrategy[list[Fault]] = st.integers(1, 6).map(lambda count: [EndStreamFault(after_events=count)])
    return cases("merged", setting, drafts, faults, beat_ms=streamed_beats(setting))


MERGED = session_scenario(
    "merged", "the stream ends early behind messages that the list does not show", JUDGES, draw, profiles=SSE, counts=any_injected
)
