"""The application closes its client in the midst of the stream."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of
from .base import sse_scenario
from .draws import UNWATCH, breaks, cases, drafts, event, send, wait

JUDGES = ("CLOSE-1",)
WATCHED_MS = {"sim": 6_000, "loopback": 150}


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "step", "burst", "wait", amount_max=3)
    end = (
        ("until_told", {"ms": 5_000}),
        send(event(80), event(81)),
        UNWATCH,
        send(event(90)),
        wait(WATCHED_MS[setting.world]),
        send(event(91)),
    )
    return cases("unwatch", setting, ops, any_of(breaks(), size_min=0, size_max=1), before=(("burst", 1, 0),), end=end)


UNWATCHED = sse_scenario("unwatch", "unwatch in the midst of the stream", JUDGES, draw)
