"""Slow streams: stalls, drips, proxies that hold bytes back or lose their patience, frames that take their time."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.buffer_answer import BufferedAnswer
from ...harness.faults.idle_timeout import IdleTimeoutFault
from ...harness.values.case import Case
from ..drawing import any_of, drips, stalls
from .client_base import client_scenario
from .client_draws import NTH, STREAMS, cuts, lives, rounds

JUDGES = (1, 3, 4)


def draw(setting: Setting) -> SearchStrategy[Case]:
    in_sim = setting.world == "sim"
    held = st.builds(BufferedAnswer, endpoint=STREAMS, nth=NTH, bytes=st.integers(1, 900))
    idle = st.builds(
        IdleTimeoutFault, endpoint=STREAMS, nth=NTH, times=st.integers(1, 3), after_ms=st.sampled_from((50, 300) if in_sim else (15, 40))
    )
    open_end = stalls(st.just("stream"), st.sampled_from((None, 100, 1_000) if in_sim else (100,)))
    short = stalls(st.just("create"), st.sampled_from((100, 1_000) if in_sim else (50,)))
    faults = any_of(open_end, short, drips(STREAMS, (1, 20) if in_sim else (1,)), held, idle, idle, cuts())
    return lives("slow", setting, faults, rounds(suspensions=(0, 1), every_ms=(0, 100, 400) if in_sim else (0, 30)))


SLOW = client_scenario("slow", "stalls, drips, proxies that buffer or lose patience, slow runs", JUDGES, draw)
