"""Headers of the application, over many connections."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of
from .base import sse_scenario
from .draws import AUTHORIZATION, breaks, cases, drafts

JUDGES = ("HDR-1", "ACC-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "step", "end", "burst", amount_max=3)
    headers = {**AUTHORIZATION, "X-Team": "7"}
    return cases("headers", setting, ops, any_of(breaks()), before=(("burst", 1, 0),), headers=headers)


HEADERS_GIVEN = sse_scenario("headers", "the headers of the application, on every connection", JUDGES, draw)
