"""Sessions that never end: 200 polls, then the run does."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.agent_session import TIMING
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.status import Status
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, Drafts, case, configs, message, run, script, until
from .fault_draws import ALWAYS

JUDGES = "END-4 END-3 DEL-1 DEL-3 SCHED-2 END-1"
Timing = Mapping[str, int] | None
SHORT: Mapping[str, Timing] = {
    "sim": {"first_poll": 1_000, "poll_max": 60_000, "list_delay": 200},
    "loopback": {"first_poll": 2, "poll_max": 5, "list_delay": 2},
}


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Few cases, since each of them polls 200 times. On real sockets a stream may stay open for half an hour, so there is none."""
    plain = {"next_page_end": None, "page_size": 20, "delete_running": "refuse", "timing_ms": None, "persist_session": False}
    no_stream: list[Fault] = [Status(endpoint="stream", times=ALWAYS, status=503)]
    plan = no_stream if setting.world != "sim" and setting.profile == "sse" else []

    def build(kind: tuple[Drafts, bool, Timing], settings: dict[str, object]) -> Case:
        rows, persists, timing = kind
        settings = {**settings, "persist_session": persists, "timing_ms": timing}
        return case("timeouts", setting, settings, [run(script(rows, 40)), until()], plan)

    hours = 70 * 3_600_000 // 40
    said = message("still at it")
    short = SHORT[setting.world] if TIMING in setting.capabilities else None
    whole = None if setting.world == "sim" else short
    kinds: list[tuple[Drafts, bool, Timing]] = [([said], False, whole), ([], True, short), ([said, {**IDLE, "gap": hours}], False, short)]
    return st.builds(build, st.sampled_from(kinds), configs(setting, **plain))


TIMEOUTS = session_scenario("timeouts", "sessions that never end", JUDGES, draw)
