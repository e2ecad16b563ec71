"""Decisions that the server refuses: repeated, opposite, for another call, too early and too late."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .client_base import client_scenario
from .client_draws import Rounds, approve, begin, case, create, decide, drafts, ending, follow, round_of

JUDGES = (7,)
CALL = "=call-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: list[dict[str, str]], by_others: bool, approved: bool, forged: str, repeats: bool) -> Case:
        drawn: Rounds = [round_of(first, "suspended", call="call-1"), round_of([])]
        slow: Rounds = [round_of(first, "suspended", call="call-2", every_ms=200), round_of([])]
        ops = [create(drawn), approve(call=forged)]
        ops.append(decide(approved=by_others) if by_others is not approved else approve(approved=approved))
        ops += [approve(approved=approved, call=CALL), approve(approved=not approved, call=CALL), follow()]
        ops += [approve(call="=call-never"), begin(slow, run="b", id="wrun_02"), approve(run="b", call="=call-2")]
        return case("refusals", setting, [*ops, *ending()], repeats=repeats)

    forged = st.sampled_from(("=call-never", "=pay", "=call-11", "=aitxt-call-1"))
    return st.builds(build, drafts(), st.booleans(), st.booleans(), forged, st.booleans())


REFUSALS = client_scenario("refusals", "repeated, opposite, forged, early and late decisions", JUDGES, draw)
