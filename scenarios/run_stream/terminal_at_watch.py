"""The run is over before anybody watches: its history is all there is, and no stream is asked for."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import ALL, reader_scenario
from .draws import Timing, case, completed, config, fixed, timings, until_over, wait

JUDGES = ("SNAP-1", "ORD-1", "URL-1", "AUTH-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, old: int, status: str, finished: bool) -> Case:
        over = [completed(status), *([("finish", {})] if finished else [])]
        workload = [*([fixed(1, old)] if old else []), *over, ("watch", {}), until_over(3_000), wait(100)]
        return case("terminal-at-watch", setting, config(timing), workload)

    status = st.sampled_from(("completed", "failed", "cancelled"))
    return st.builds(build, timings(setting), st.integers(0, 12), status, st.booleans())


TERMINAL_AT_WATCH = reader_scenario("terminal-at-watch", "the run is over when the reader comes", JUDGES, draw, profiles=ALL)
