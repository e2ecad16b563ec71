"""Replays from every index, by several readers at once, while the run is held and when it is at rest."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, approve, case, create, follow, gated_calls, status, together
from .base import server_scenario
from .draws import OPEN, creation_routes, frames_about, held_scripts, scripts

JUDGES = ("IDX-1", "SSE-1", "SSE-3", "IDX-5", "SSE-6")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(turns: Turns, via: str, during: list[int], twice: list[int]) -> Case:
        readers: list[Operation] = [follow(index, wait="head") for index in during]
        everywhere = together(follow(index) for index in (*range(frames_about(turns)), *twice))
        workload: list[Operation] = [create(turns, via=via, wait="head"), *([together(readers)] if readers else []), OPEN]
        workload += [status("rest"), everywhere]
        if gated_calls(turns):
            workload += [approve(), status("rest"), everywhere]
        return case("replays", setting, workload)

    indexes = st.lists(st.integers(0, 8), max_size=4)
    return st.builds(build, st.one_of(held_scripts(setting), scripts(setting)), creation_routes(setting), indexes, indexes)


REPLAYS = server_scenario("replays", "replays from every index by several readers, during the run and after it", JUDGES, draw)
