"""A decision is committed, and its answer is lost, or false: `ok` means that it is recorded, and nothing less."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..drawing import any_of, garbage
from ..preconditions import any_injected
from .client_base import client_scenario
from .client_draws import Rounds, approve, case, create, ending, follow, lost, lost_requests, rounds

JUDGES = (7,)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(drawn: Rounds, plan: list[Fault], approved: bool, repeats: bool) -> Case:
        reason = None if approved else "too dear"
        ops = [create(drawn), approve(approved=approved, reason=reason), follow(), approve(approved=approved, reason=reason), follow()]
        return case("lost-approvals", setting, [*ops, *ending()], plan, repeats=repeats)

    there = st.just("approve")
    statuses = st.builds(
        Status, endpoint=there, nth=st.integers(1, 2), times=st.integers(1, 2), status=st.sampled_from((500, 502, 503, 504)),
        commit=st.sampled_from(("all", "none")), body=st.sampled_from(("contract", "html", "empty")),
    )  # fmt: skip
    faults = any_of(lost("approve"), lost_requests("approve"), statuses, garbage(there), size_max=2)
    return st.builds(build, rounds(suspensions=(1, 2)), faults, st.booleans(), st.booleans())


LOST_APPROVALS = client_scenario("lost-approvals", "decisions whose answer is lost or false", JUDGES, draw, counts=any_injected)
