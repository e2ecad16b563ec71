"""There is no stream to be had."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.content_type import ContentType
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import SSE, session_scenario
from .draws import cases, turns
from .fault_draws import ALWAYS, FIRST, STREAM, answered, lost, spoilt

JUDGES = "END-5 COMPLETE-1 END-4"


def draw(setting: Setting) -> SearchStrategy[Case]:
    kinds = st.one_of(
        answered(STREAM, 500, 503, 404, 401, 429, nth=FIRST),
        lost(STREAM),
        spoilt(STREAM).map(lambda fault: replace(fault, nth=1)),
        st.builds(ContentType, endpoint=STREAM, media_type=st.just("text/html")),
    )
    faults = st.builds(lambda fault, times: [replace(fault, nth=1, times=times)], kinds, st.sampled_from((1, ALWAYS)))
    return cases("stream-refused", setting, turns(1, 4), faults)


STREAM_REFUSED = session_scenario(
    "stream-refused", "the stream is refused, is none, or never begins", JUDGES, draw, profiles=SSE, counts=any_injected
)
