"""Slow streams: stalls before the head and in the body, drips, proxies that hold bytes back."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.buffer_answer import BufferedAnswer
from ...harness.values.case import Case
from ..drawing import any_of, drips, stalls
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import NTH, STREAM, cases, cuts, drafts

JUDGES = ("LOSS-1", "PARSE-1", "ORD-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "event", "burst", "wait", amount_max=3)
    held = st.builds(BufferedAnswer, endpoint=STREAM, nth=NTH, bytes=st.integers(1, 300))
    every_ms = (1, 50) if setting.world == "sim" else (1, 5)
    slow = stalls(STREAM, st.sampled_from((None, 100, 1_000) if setting.world == "sim" else (None, 100)))
    faults = any_of(slow, drips(STREAM, every_ms), held, cuts())
    return cases("stalls", setting, ops, faults, before=(("burst", 2, 0),))


STALLS = sse_scenario("stalls", "stalls, drips and proxies that buffer", JUDGES, draw, counts=any_injected)
