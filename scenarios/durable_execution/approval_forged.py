"""Ids of calls that are not the pending one: made up, of a later call, of another run, hostile to URLs; then the right one."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .approval_draws import GATED, Turns, approve, can_approve, case, create, last_word, plain, script, status
from .base import server_scenario

JUDGES = ("APR-3", "APR-6", "STAT-2", "APR-5")

FORGED = (
    "=no-such-call",
    "call-2",
    "=of-another-run",
    "=call-1 ",
    "=CALL-1",
    "=call-1/approved",
    "=aitxt-call-1",
    "=..",
    "=%00",
    "=a/b?c&d#e %",
    "='; DROP TABLE runs; --",
    "=" + "x" * 2_000,
    "=🙂",
    "=pay",
    "=*",
    "=null",
)
"""The second is the next call of the same turn, which is not asked for yet."""

OTHER: Turns = [{"text": ["Mine."], "calls": [{"id": "of-another-run", "name": GATED, "arguments": {}}]}, {"text": ["Done."]}]


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("forged-approvals", setting)

    def build(forged: list[tuple[str, bool]], other: bool, decision: bool) -> Case:
        turns = script([[GATED, GATED]])
        workload = [
            *([create(OTHER, "b")] if other else []),
            create(turns),
            status("suspended"),
            *(approve(approved, call) for call, approved in forged),
            status(),
            approve(decision, "call-1"),
            *last_word(turns),
            *([status(None, "b")] if other else []),
        ]
        return case("forged-approvals", setting, workload)

    forged = st.lists(st.tuples(st.sampled_from(FORGED), st.booleans()), min_size=1, max_size=4)
    return st.builds(build, forged, st.booleans(), st.booleans())


FORGED_APPROVALS = server_scenario(
    "forged-approvals", "approvals with ids that are not the pending one, then with the right one", JUDGES, draw
)
