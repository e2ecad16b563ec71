"""A long-lived upload grows old, with events now and then, or idle."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import sender_scenario
from .draws import STOP, case, config, event, figures, timings

JUDGES = ("ROLL-2", "LIVE-1", "LOSS-1", "ORD-2")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Mapping[str, int] | None, pauses: list[int]) -> Case:
        window_ms = figures(timing)["upload_window"]
        workload: list[Operation] = []
        for number, tenths in enumerate(pauses, 1):
            workload += [("enqueue", {"event": event(number)}), ("wait", {"ms": window_ms * tenths // 10})]
        settings = config(timing, persistent_upload=True)
        return case("ingest-window", setting, settings, (*workload, STOP))

    pauses = st.lists(st.sampled_from((12, 5, 1, 15, 3)), min_size=1, max_size=4).filter(lambda tenths: sum(tenths) > 11)
    return st.builds(build, timings(setting), pauses)


WINDOW = sender_scenario("window", "persistent uploads beyond the upload window, busy and idle", JUDGES, draw)
