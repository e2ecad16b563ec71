"""The server says that it is over: 204."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of
from .base import sse_scenario
from .draws import FINISH, breaks, cases, drafts, wait

JUDGES = ("END-1", "LOSS-1")
WATCHED_MS = {"sim": 30_000, "loopback": 2_000}


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "burst", "step", "wait")
    end = (("until_told", {"ms": 5_000}), FINISH, wait(WATCHED_MS[setting.world]))
    return cases("finish", setting, ops, any_of(breaks(), size_min=0, size_max=1), before=(("burst", 1, 0),), end=end)


FINISHED = sse_scenario("finish", "204 in answer to a reconnect", JUDGES, draw)
