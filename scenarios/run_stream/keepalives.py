"""A run that says nothing for long; keepalives, also with ids, before a cut."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.interject import Interject
from ...harness.values.case import Case
from ..drawing import HOW
from .base import reader_scenario
from .draws import END, KEEPALIVE_MS_MAX, TOLD, Timing, begun, case, config, figures, fixed, timings, wait
from .stream_faults import FRAME_LINES, cut_behind

JUDGES = ("KA-1", "CTL-1", "LOSS-1", "DUP-1", "RES-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, events: int, keepalives: int, with_id: bool, how: str, idle: bool) -> Case:
        """Some events, some keepalives, a cut right behind them; then perhaps a long silence."""
        figure = figures(timing)
        lines = keepalives * (FRAME_LINES + with_id)
        faults: list[Fault] = [
            Interject(after_events=events, what="keepalive", count=keepalives, with_id=with_id),
            cut_behind(events, 1, how, lines),
        ]
        silent_ms = 3 * min(KEEPALIVE_MS_MAX, figure["idle_timeout"] // 3) + figure["backoff_base"] if idle else figure["backoff_base"]
        workload = [*begun(OLD), fixed(OLD + 1, events), wait(silent_ms), fixed(OLD + 1 + events, 2), TOLD, *END]
        return case("keepalives", setting, config(timing), workload, faults)

    idle = st.booleans() if setting.world == "sim" or "timing" in setting.capabilities else st.just(False)
    return st.builds(build, timings(setting), st.integers(1, 3), st.integers(1, 3), st.booleans(), HOW, idle)


KEEPALIVES = reader_scenario("keepalives", "keepalives before a cut, with and without ids, and long silences", JUDGES, draw)
