"""A creation is committed, and its answer is lost, or false: nobody may make a second run of it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..drawing import HOW, any_of, garbage
from ..preconditions import any_injected
from .client_base import client_scenario
from .client_draws import Rounds, case, create, follow, lost, lost_requests, rounds

JUDGES = (6,)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: Rounds, second: Rounds, plan: list[Fault]) -> Case:
        ops = [create(first), follow(again=1), create(second, run="b", id="wrun_02"), follow(run="b", again=1)]
        return case("lost-creates", setting, ops, plan)

    there = st.just("create")
    nth = st.sampled_from((1, 1, 2))
    in_head: SearchStrategy[Fault] = st.builds(
        Cut, endpoint=there, nth=nth, direction=st.just("answer"), part=st.just("head"), after_bytes=st.integers(0, 100), how=HOW
    )
    statuses = st.builds(
        Status, endpoint=there, nth=nth, times=st.integers(1, 2), status=st.sampled_from((500, 502, 503, 504)),
        commit=st.sampled_from(("all", "none")), body=st.sampled_from(("contract", "html", "empty")),
    )  # fmt: skip
    refused = st.builds(Status, endpoint=there, nth=nth, status=st.sampled_from((400, 401, 403, 404)))
    faults = any_of(lost("create"), lost_requests("create"), in_head, statuses, refused, garbage(there), size_max=2)
    return st.builds(build, rounds(suspensions=(0, 1)), rounds(suspensions=(0, 0)), faults)


LOST_CREATES = client_scenario("lost-creates", "creations whose answer is lost or false", JUDGES, draw, counts=any_injected)
