"""Many readers of every kind on runs at rest and on one that is held; nothing else is asked."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, case, create, follow, status, together
from .base import server_scenario
from .draws import OPEN, creation_routes, has_conversations, held_scripts, scripts

JUDGES = ("IDX-5", "IDX-1", "STAT-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    indexes = st.one_of(st.none(), st.integers(0, 9), st.just("seen"), st.sampled_from(("-1", "abc")))
    ways = ("executions", "conversation") if has_conversations(setting) else ("executions",)
    readers = st.lists(st.tuples(indexes, st.sampled_from(ways)), min_size=1, max_size=6)

    def build(turns: Turns, via: str, first: list[tuple[Any, str]], second: list[tuple[Any, str]]) -> Case:
        workload: list[Operation] = [
            create(turns, conversation="talk", via=via, wait="head"),
            together(follow(index, via=way, wait="head") for index, way in first),
            OPEN,
            status("rest"),
            together([*(follow(index, via=way) for index, way in second), status()]),
            status(),
        ]
        return case("reading-only", setting, workload)

    turns = st.one_of(scripts(setting), held_scripts(setting))
    return st.builds(build, turns, creation_routes(setting), readers, readers)


READING_ONLY = server_scenario("reading-only", "readers of every kind, which start nothing and change nothing", JUDGES, draw)
