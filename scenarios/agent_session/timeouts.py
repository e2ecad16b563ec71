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
TIMINGS: Mapping[str, tuple[dict[str, int] | None, ...]] = {
    "sim": (None, {"first_poll": 1_000, "poll_max": 4_000, "list_delay": 200}),
    "loopback": ({"first_poll": 2, "poll_max": 5, "list_delay": 2},),
}


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Few cases, since each of them polls 200 times. On real sockets a stream may stay open for half an hour, so there is none."""
    plain = {"next_page_end": None, "page_size": 20, "delete_running": "refuse", "timing_ms": timing(setting), "persist_session": False}
    no_stream: list[Fault] = [Status(endpoint="stream", times=ALWAYS, status=503)]
    plan = no_stream if setting.world != "sim" and setting.profile == "sse" else []

    def build(rows: Drafts, persists: bool, settings: dict[str, object]) -> Case:
        settings = {**settings, "persist_session": persists}
        return case("timeouts", setting, settings, [run(script(rows, 40)), until()], plan)

    hours = 70 * 3_600_000 // 40
    late = [message("still at it"), {**IDLE, "gap": hours}]
    kinds: list[tuple[Drafts, bool]] = [([message("still at it")], False), ([], True), (late, False)]
    return st.builds(lambda kind, settings: build(kind[0], kind[1], settings), st.sampled_from(kinds), configs(setting, **plain))


def timing(setting: Setting) -> SearchStrategy[dict[str, int] | None]:
    return st.sampled_from(TIMINGS[setting.world]) if TIMING in setting.capabilities else st.just(None)


TIMEOUTS = session_scenario("timeouts", "sessions that never end", JUDGES, draw)
