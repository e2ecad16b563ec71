"""The backend answers from a replica that lags: an older state, or a history without its newest entries."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.stale import StaleRead
from ...harness.faults.stall import Stall
from ...harness.values.case import Case
from ..drawing import led_by
from ..preconditions import injected
from .base import reader_scenario
from .draws import END, ENDS, TOLD, WATCH, Timing, case, cases, config, drafts, fixed, timings, wait
from .stream_faults import event_cuts, stale_histories, stale_states

JUDGES = ("LOSS-1", "DUP-1", "ORD-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    return st.one_of(reads(setting), attached(setting))


def reads(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("state", "step", "burst", "append", "watch", amount_max=4, size_min=2)
    return cases("stale", setting, ops, led_by(stale_histories(), stale_states(), event_cuts()), old=st.sampled_from((3, 1, 7)), ends=ENDS)


def attached(setting: Setting) -> SearchStrategy[Case]:
    """What came live while the history was held is not in what is read of it behind."""

    def build(timing: Timing | None, old: int, live: int, behind: int) -> Case:
        faults = [Stall(endpoint="history", for_ms=120), StaleRead(endpoint="history", nth=2, behind=behind)]
        return case("stale", setting, config(timing), [fixed(1, old), WATCH, wait(50), fixed(old + 1, live), wait(100), TOLD, *END], faults)

    return st.builds(build, timings(setting), st.integers(1, 3), st.integers(1, 3), st.integers(3, 5))


STALE = reader_scenario("stale", "histories and states that lag", JUDGES, draw, counts=injected("stale"))
