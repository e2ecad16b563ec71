"""One message of megabytes, which the list shows only to who has not read it on a stream."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, case, configs, message, run, script, until

JUDGES = "SSE-2 COMPLETE-1"
BEAT_MS = 500
"""The stream is open before the first message comes."""
KINDS = {
    "sse": ((2_048, False), (1_100, False), (1_500, False), (2_048, True), (1_100, True), (1_500, True), (65, False)),
    "poll": ((2_048, True), (65, True)),
}
"""(size in KiB, whether the list shows it in any case)"""


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Few cases, since each of them takes long, and fewer still where nothing is streamed."""
    plain = {"persist_session": False, "next_page_end": None, "page_size": 20, "delete_running": "refuse", "timing_ms": None}

    def build(kind: tuple[int, bool], settings: dict[str, object]) -> Case:
        kilobytes, is_listed = kind
        rows = [message("first", gap=3), message("x", kilobytes=kilobytes, listed=is_listed), message("last"), IDLE]
        return case("huge", setting, settings, [run(script(rows, BEAT_MS)), until()])

    return st.builds(build, st.sampled_from(KINDS[setting.profile]), configs(setting, **plain))


HUGE = session_scenario("huge", "a message of up to 2 MiB", JUDGES, draw, worlds=("sim",))
