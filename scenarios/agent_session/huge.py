"""One message of megabytes."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, case, configs, message, run, script, until

JUDGES = "SSE-2 COMPLETE-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    """As few cases as there are sizes: each of them takes long."""
    plain = {"persist_session": False, "next_page_end": None, "page_size": 20, "delete_running": "refuse", "timing_ms": None}

    def build(kilobytes: int, settings: dict[str, object], beat_ms: int) -> Case:
        rows = [message("first", gap=3), message("x", kilobytes=kilobytes), message("last"), IDLE]
        return case("huge", setting, settings, [run(script(rows, beat_ms)), until()])

    return st.builds(build, st.sampled_from((2_048, 1_100, 65)), configs(setting, **plain), st.sampled_from((500, 40)))


HUGE = session_scenario("huge", "a message of up to 2 MiB", JUDGES, draw, worlds=("sim",))
