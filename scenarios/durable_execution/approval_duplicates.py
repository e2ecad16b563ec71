"""One approval given several times at once, and again when it was already decided."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .approval_draws import CONVERSATION, REST, Turns, approve, can_approve, case, create, last_word, plain, routes, scripts, together
from .base import server_scenario

JUDGES = ("APR-1", "APR-5", "APR-4", "STAT-1", "SSE-3", "HDR-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("duplicate-approvals", setting)

    def build(turns: Turns, approved: bool, at_once: int, later: int, ways: list[str]) -> Case:
        first = [approve(approved, via=way) for way in ways[:at_once]]
        again = [approve(approved, "call-1") for _ in range(later)]
        workload = [create(turns, conversation=CONVERSATION), together(first), *again, REST, *again, *last_word(turns)]
        return case("duplicate-approvals", setting, workload)

    ways = st.lists(routes(setting), min_size=6, max_size=6)
    return st.builds(build, scripts(), st.booleans(), st.integers(2, 6), st.integers(0, 2), ways)


DUPLICATE_APPROVALS = server_scenario("duplicate-approvals", "the same decision several times at once, and again later", JUDGES, draw)
