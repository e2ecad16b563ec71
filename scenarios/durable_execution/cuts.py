"""Readers that go away at any byte, and come back for what follows the last frame that they saw."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, approve, case, create, follow, gated_calls, status
from .base import server_scenario
from .draws import OPEN, creation_routes, held_scripts, scripts

JUDGES = ("IDX-4", "IDX-1", "IDX-5", "SSE-6")

LEAVES = st.one_of(st.integers(0, 2_500).map(lambda count: {"bytes": count}), st.integers(0, 8).map(lambda count: {"frames": count}))


def draw(setting: Setting) -> SearchStrategy[Case]:
    """A run that is held is left while it is open: what is not there yet is waited for only by those who do not leave."""

    def build(turns: Turns, via: str, leaves: list[dict[str, int]], opens_at: int) -> Case:
        workload: list[Operation] = [create(turns, via=via, leave=leaves[0], wait="head")]
        for number, leave in enumerate(leaves[1:]):
            workload += [OPEN, status("rest")] if number == opens_at else []
            workload.append(follow("seen", leave=leave, wait="head" if number < opens_at else "rest"))
        workload += [OPEN, status("rest"), follow("seen")]
        if gated_calls(turns):
            workload += [approve(), follow("seen", leave=leaves[-1]), follow("seen"), status("rest"), follow("seen")]
        # However short the stream: one reader that leaves in the midst, and goes on.
        return case("cuts", setting, [*workload, follow(0, leave={"frames": 1}), follow("seen")])

    turns = st.one_of(scripts(setting), held_scripts(setting))
    return st.builds(build, turns, creation_routes(setting), st.lists(LEAVES, min_size=1, max_size=5), st.integers(0, 3))


CUTS = server_scenario("cuts", "readers that leave at any byte and go on at the frame behind the last seen", JUDGES, draw)
