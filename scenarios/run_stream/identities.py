"""Ids and base URLs full of characters that mean something in a URL."""

from __future__ import annotations

from itertools import count

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import BASE_SUFFIXES, URL_SPECIAL_IDS, texts
from .base import reader_scenario
from .draws import END, TOLD, Timing, begun, case, config, event, timings

JUDGES = ("URL-1", "AUTH-1", "LOSS-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, task: str, run: str, suffix: str, live: int) -> Case:
        settings = config(timing, base_suffix=suffix) | {"task_id": task, "run_id": run}
        events = [("append", {"events": [event(mark)]}) for mark, _ in zip(count(3), range(live), strict=False)]
        return case("identities", setting, settings, [*begun(2), *events, TOLD, *END])

    ids = st.one_of(st.sampled_from(URL_SPECIAL_IDS), texts(1, 8).filter(lambda id: id.strip(".") != ""))
    return st.builds(build, timings(setting), ids, ids, st.sampled_from(BASE_SUFFIXES), st.integers(1, 3))


IDENTITIES = reader_scenario("identities", "ids with URL-special characters, bases with paths and slashes", JUDGES, draw)
