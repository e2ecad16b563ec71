"""Answers that are no event streams: another status, another media type, a body that is empty, HTML or half."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.content_type import ContentType
from ...harness.faults.garbage import Garbage
from ...harness.faults.spoilt_body import SpoiltBody
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..drawing import any_of
from ..preconditions import any_injected
from .client_base import client_scenario
from .client_draws import NTH, lives, rounds

JUDGES = (1,)
TYPES = ("text/html", "text/plain", "application/json", "application/octet-stream")
STATUSES = (404, 500, 503, 401, 204, 502, 429)
STREAM = st.just("stream")


def draw(setting: Setting) -> SearchStrategy[Case]:
    times = st.integers(1, 2)
    types: SearchStrategy[Fault] = st.builds(ContentType, endpoint=STREAM, nth=NTH, times=times, media_type=st.sampled_from(TYPES))
    statuses = st.builds(
        Status, endpoint=STREAM, nth=NTH, times=times, status=st.sampled_from(STATUSES), body=st.sampled_from(("contract", "html"))
    )
    bodies = st.builds(SpoiltBody, endpoint=STREAM, nth=NTH, body=st.sampled_from(("empty", "html", "truncated")))
    garbage = st.builds(Garbage, endpoint=STREAM, nth=NTH, what=st.sampled_from(("text", "binary", "status-line", "chunk")))
    return lives("false-streams", setting, any_of(types, statuses, bodies, garbage), rounds(suspensions=(0, 1)))


FALSE_STREAMS = client_scenario(
    "false-streams", "other statuses and media types, and spoilt bodies, in place of a stream", JUDGES, draw, counts=any_injected
)
