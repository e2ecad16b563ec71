"""An approval whose answer nobody hears, and then the other decision."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import (
    CONVERSATION,
    CRASH,
    MOMENT_MS,
    Turns,
    approve,
    can_approve,
    case,
    create,
    last_word,
    plain,
    routes,
    scripts,
    wait,
)
from .base import server_scenario

JUDGES = ("APR-4", "APR-1", "APR-5", "RCV-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting):
        return plain("unknown-outcomes", setting)

    def build(turns: Turns, first: bool, second: bool, ways: tuple[str, str], before: str, again: bool) -> Case:
        meanwhile: list[Operation] = {"nothing": [], "moment": [wait(MOMENT_MS)], "crash": [CRASH]}[before]
        workload = [
            create(turns, conversation=CONVERSATION),
            approve(first, "call-1", via=ways[0], wait="none"),
            *meanwhile,
            approve(second, "call-1", via=ways[1]),
            *([approve(first, "call-1")] if again else []),
            *last_word(turns, approved=second),
        ]
        return case("unknown-outcomes", setting, workload)

    ways = st.tuples(routes(setting), routes(setting))
    before = st.sampled_from(("nothing", "crash", "moment", "crash"))
    return st.builds(build, scripts(1, 1), st.booleans(), st.booleans(), ways, before, st.booleans())


UNKNOWN_OUTCOMES = server_scenario("unknown-outcomes", "approvals whose answer is not waited for, then the other decision", JUDGES, draw)
