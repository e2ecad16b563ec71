"""Nothing goes wrong: runs are created, found, approved, and followed from anywhere."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .client_base import client_scenario
from .client_draws import Rounds, approve, begin, case, create, follow, rounds

JUDGES = (1, 2, 4, 5)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: Rounds, second: Rounds, index: int, conversation: str | None, done: str) -> Case:
        ops = [create(first, conversation=conversation), begin(second, run="b", id="wrun_02/B"), follow(index, run="b")]
        for number, row in enumerate(first):
            if row["end"] == "suspended":
                ops += [approve(approved=number != 1, reason="no, thank you" if number == 1 else None), follow()]
        return case("steady", setting, [*ops, follow(index)], done=done)

    pace = (0, 0, 5) if setting.world == "sim" else (0, 2)
    drawn = rounds("success", "agent_failure", every_ms=pace)
    done = st.sampled_from(("none", "end", "each"))
    return st.builds(build, drawn, drawn, st.integers(0, 6), st.sampled_from((None, "c-1", "c/2?")), done)


STEADY = client_scenario("steady", "no fault: runs of every outcome, created and found, read from any index", JUDGES, draw)
