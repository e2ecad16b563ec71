"""An ingress in front of the proxy holds each body back until it has ended: an open upload would strand events."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.buffer_request import BufferedRequest
from ...harness.values.case import Case
from .base import injected, sender_scenario
from .draws import STOP, cases, drafts

JUDGES = ("LIVE-1", "LOSS-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=4)
    whole: list[Fault] = [BufferedRequest(endpoint="upload", nth=1, times=1_000)]
    return cases("ingest-buffering-ingress", setting, ops, st.just(whole), end=(("wait", {"ms": 1_000}), STOP))


BUFFERING_INGRESS = sender_scenario(
    "buffering-ingress",
    "a body-buffering ingress in front of the proxy, nothing else",
    JUDGES,
    draw,
    profiles=("proxy",),
    counts=injected("buffer-request"),
)
