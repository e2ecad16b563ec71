"""The stream says itself that it has failed: `event: error`, and the answer ends whole."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case
from ..drawing import any_of
from .client_base import client_scenario
from .client_draws import Rounds, approve, case, clean_ends, create, drafts, ending, follow, round_of

JUDGES = (1, 3, 4)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: list[dict[str, str]], second: list[dict[str, str]], end: str, last: str, plan: list[Fault]) -> Case:
        drawn: Rounds = [
            round_of(first, "transport"), round_of(second, end, call="call-1"), round_of([], "transport"), round_of([], last)
        ]  # fmt: skip
        ops = [create(drawn), follow(), approve(), follow(again=1)]
        return case("transport-errors", setting, [*ops, *ending()], plan)

    faults = any_of(clean_ends("error"), size_min=0, size_max=2)
    ends = st.sampled_from(("suspended", "suspended", "success", "agent_failure"))
    return st.builds(build, drafts(), drafts(), ends, st.sampled_from(("success", "agent_failure")), faults)


TRANSPORT_ERRORS = client_scenario("transport-errors", "`event: error` in the midst of runs", JUDGES, draw)
