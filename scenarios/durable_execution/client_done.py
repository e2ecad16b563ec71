"""`[DONE]` as old servers send it, behind a finish or at the end of each body, and as new ones do: never."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case
from ..drawing import any_of
from .client_base import client_scenario
from .client_draws import Rounds, case, clean_ends, create, cuts, ending, lived, rounds

JUDGES = (2, 1)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(done: str, drawn: Rounds, plan: list[Fault]) -> Case:
        return case("done", setting, [create(drawn), *lived(drawn), *ending()], plan, done=done)

    faults = any_of(cuts(), clean_ends(), size_min=0, size_max=1)
    return st.builds(build, st.sampled_from(("none", "end", "each")), rounds(suspensions=(0, 1)), faults)


DONE = client_scenario("done", "`[DONE]` nowhere, behind the finish, and behind each round", JUDGES, draw)
