"""Ids and base URLs that a URL treats as its own: slashes, dots, percent signs, several scripts, 1 kB."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import texts
from .base import sender_scenario
from .draws import BASE_SUFFIXES, SPECIAL_IDS, STOP, case, config, event, timings

JUDGES = ("URL-1", "HDR-1", "LOSS-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ids = st.one_of(st.sampled_from(SPECIAL_IDS), texts(1, 8, first=0))

    def build(timing: Mapping[str, int] | None, task_id: str, run_id: str, suffix: str) -> Case:
        settings = {**config(timing), "task_id": task_id, "run_id": run_id, "base_suffix": suffix}
        return case("ingest-identities", setting, settings, (("enqueue", {"event": event(1)}), STOP))

    return st.builds(build, timings(setting), ids, ids, st.sampled_from(BASE_SUFFIXES))


IDENTITIES = sender_scenario("identities", "URL-special ids and base URLs with slashes and prefixes", JUDGES, draw)
