"""Start indexes behind the end, of a stream that is open and of one that is closed."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, approve, case, create, follow, gated_calls, status, together
from .base import server_scenario
from .draws import OPEN, held_scripts

JUDGES = ("IDX-3", "IDX-1", "SSE-3")

BEYOND = st.one_of(st.integers(4, 24), st.sampled_from((999_999, 2**31 - 1, 2**31 - 2, 65_536)))


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(turns: Turns, opened: list[int], closed: list[int]) -> Case:
        workload: list[Operation] = [create(turns, wait="head"), *(follow(index, wait="head") for index in opened), OPEN, status("rest")]
        workload += [follow("seen"), together(follow(index) for index in closed)]
        if gated_calls(turns):
            workload += [approve(), status("rest"), together(follow(index) for index in closed)]
        return case("beyond-the-end", setting, workload)

    return st.builds(build, held_scripts(setting), st.lists(BEYOND, max_size=3), st.lists(BEYOND, min_size=1, max_size=3))


BEYOND_THE_END = server_scenario("beyond-the-end", "start indexes behind the end of an open stream and of a closed one", JUDGES, draw)
