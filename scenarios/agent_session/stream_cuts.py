"""The stream breaks off at each kind of place: the runner goes on by polling and loses nothing."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import SSE, session_scenario
from .draws import cases, streamed, streamed_beats, turns
from .fault_draws import stream_cuts, stream_ends

JUDGES = "END-5 COMPLETE-1 LAST-1 END-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    faults = st.one_of(stream_cuts(), stream_cuts(), stream_ends()).map(lambda fault: [fault])
    return cases("stream-cuts", setting, turns(1, 6).map(streamed), faults, beat_ms=streamed_beats(setting))


STREAM_CUTS = session_scenario(
    "stream-cuts", "the stream breaks off behind any event and inside of any", JUDGES, draw, profiles=SSE, counts=any_injected
)
