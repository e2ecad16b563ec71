"""Several calls of one tool, and the decisions come in another order."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import GATED, approve, can_approve, case, create, plain, script, status
from .base import server_scenario

JUDGES = ("APR-6", "APR-3", "APR-1", "APR-5")
ORDERS = st.permutations((1, 2, 3))


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Each call has its decision. What was refused as too early is given again when its turn has come."""
    if not can_approve(setting):
        return plain("permuted-approvals", setting)

    def build(one_turn: bool, order: list[int], decisions: tuple[bool, bool, bool], again: bool) -> Case:
        turns = script([[GATED] * 3] if one_turn else [[GATED]] * 3)
        workload: list[Operation] = [create(turns), status("suspended")]
        workload += [operation for number in order for operation in (approve(decisions[number - 1], f"call-{number}"), status("rest"))]
        for number in (1, 2, 3):
            workload += [status("rest"), approve(decisions[number - 1], f"call-{number}")]
            if again:
                workload.append(approve(decisions[number - 1], f"call-{number}"))
        return case("permuted-approvals", setting, [*workload, status("terminal")])

    decisions = st.tuples(st.booleans(), st.booleans(), st.booleans()).map(
        lambda drawn: drawn if len(set(drawn)) > 1 else (True, False, drawn[2])
    )
    return st.builds(build, st.sampled_from((True, True, False)), ORDERS, decisions, st.booleans())


PERMUTED_APPROVALS = server_scenario("permuted-approvals", "three calls of one tool, decided in another order and unlike", JUDGES, draw)
