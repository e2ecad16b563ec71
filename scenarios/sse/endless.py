"""Megabytes of comments and small events over one connection, none of which a client needs to keep."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import sse_scenario
from .draws import WATCH, case, config, ending, event, send, with_retry

JUDGES = ("MEM-1",)
MEGABYTES = {"sim": 8, "loopback": 64}
LINES_BYTES = (1_000, 500, 1_500, 2_000, 3_000, 4_000)
"""There are no more cases than these: enough for a verdict, and each of them takes its time."""
RETRY_MS = 50


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(line_bytes: int) -> Case:
        flood: Operation = ("flood", {"megabytes": MEGABYTES[setting.world], "line_bytes": line_bytes})
        ops = [*with_retry([send(event(1))], RETRY_MS), WATCH, flood, send(event(2)), *ending(setting)]
        return case("endless", setting, config(setting), ops)

    return st.builds(build, st.sampled_from(LINES_BYTES))


ENDLESS = sse_scenario("endless", "an endless stream in small: megabytes of comments", JUDGES, draw)
