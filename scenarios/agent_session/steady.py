"""Nothing goes wrong: sessions that say something, or nothing, and end."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import cases, turns

JUDGES = "COMPLETE-1 LAST-1 END-1 END-3 DEL-1 DEL-3 DEL-4 TX-2 SCHED-1 SCHED-2"


def draw(setting: Setting) -> SearchStrategy[Case]:
    return cases("steady", setting, turns())


STEADY = session_scenario("steady", "no fault: sessions that say something, or nothing, and end", JUDGES, draw)
