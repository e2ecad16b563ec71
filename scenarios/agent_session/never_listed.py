"""The status says idle, the list never shows it: the run ends when its budget is spent, with what there is."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import POLL, session_scenario
from .draws import case, configs, message, run, script, until

JUDGES = "END-4 END-1 DEL-1 SCHED-2"
TIMING = {"first_poll": 1_000, "poll_max": 4_000, "list_delay": 200}
DAYS_MS = 10 * 24 * 3_600_000


def draw(setting: Setting) -> SearchStrategy[Case]:
    """One case, since a runner may list fifteen times for each of 200 polls."""
    plain = {"next_page_end": None, "page_size": 20, "delete_running": "refuse", "persist_session": False, "timing_ms": TIMING}
    steps = script([message("all there is")], 40)["steps"] + [{"after_ms": 80, "type": "idle", "lag_ms": DAYS_MS}]
    begun = run({"steps": steps})
    return configs(setting, **plain).map(lambda settings: case("never-listed", setting, settings, [begun, until()]))


NEVER_LISTED = session_scenario(
    "never-listed", "the status is terminal, and its event is never listed", JUDGES, draw, profiles=POLL, worlds=("sim",)
)
