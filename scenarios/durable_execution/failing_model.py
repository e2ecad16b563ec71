"""A model that always fails, from the first call on or later, by an error or in the middle of its answer."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .approval_draws import FREE, Turns, case, create, follow, plain, status
from .base import server_scenario
from .draws import CONVERSATIONS, TEXT, calling, creation_routes, has_tools, is_ours, spoken

JUDGES = ("STAT-3", "SSE-2", "CREATE-1", "SSE-3", "STAT-1")
STATUSES = (400, 500, 401, 404, 422, 429, 503)


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not is_ours(setting):
        return plain("failing-model", setting)

    def build(text: list[str], failure: dict[str, Any], before: bool, conversation: str, via: str, wait: str) -> Case:
        failing = spoken(text, **failure)
        turns: Turns = [calling(text, "first", FREE), failing] if before and has_tools(setting) else [failing]
        workload = [create(turns, conversation=conversation, via=via, wait=wait), follow(0), status("terminal"), follow(0)]
        return case("failing-model", setting, workload)

    failures = st.one_of(
        st.sampled_from(STATUSES).map(lambda code: {"status": code}), st.integers(0, 2).map(lambda pieces: {"cut_after": pieces})
    )
    waits = st.sampled_from(("rest", "head"))
    return st.builds(build, TEXT, failures, st.booleans(), CONVERSATIONS, creation_routes(setting), waits)


FAILING_MODEL = server_scenario("failing-model", "a model that always fails, at its first call or a later one", JUDGES, draw)
