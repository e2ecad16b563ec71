"""A write into the durable stream fails once, as on a full disk."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.durable_execution_roles import FAIL_WRITES
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, approve, case, config, create, follow, gated_calls, plain, status
from .base import server_scenario
from .draws import creation_routes, scripts

JUDGES = ("SSE-5", "SSE-3")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if FAIL_WRITES not in setting.capabilities:
        return plain("failing-writes", setting)

    def build(turns: Turns, via: str, after: int) -> Case:
        frames = 2 + len(turns[0].get("text", ()))  # that come for sure: a role, the text, and what ends the turn
        workload: list[Operation] = [create(turns, via=via), status("rest"), follow(0)]
        if gated_calls(turns):
            workload += [approve(), follow("seen"), status("rest")]
        return case("failing-writes", setting, workload, config_of={**config(), FAIL_WRITES: {"after": 1 + after % (frames - 1)}})

    return st.builds(build, scripts(setting), creation_routes(setting), st.integers(0, 8))


FAILING_WRITES = server_scenario("failing-writes", "the store refuses to write a frame, once", JUDGES, draw, internal=True)
