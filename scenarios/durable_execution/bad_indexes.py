"""Start indexes of every bad kind, and a valid reconnect behind them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .approval_draws import Turns, case, create, follow, status
from .base import server_scenario
from .draws import OPEN, has_conversations, held_scripts, scripts
from .indexes import ODD_INDEXES

JUDGES = ("IDX-2", "IDX-5", "SSE-3")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(turns: Turns, opened: list[tuple[Any, str]], closed: list[tuple[Any, str]], unknown: list[Any]) -> Case:
        workload: list[Operation] = [create(turns, conversation="talk", wait="head")]
        workload += [follow(index, via=via, wait="head") for index, via in opened]
        workload += [follow(0, wait="head"), OPEN, status("rest")]
        workload += [follow(index, via=via) for index, via in closed]
        workload += [follow(index, "!unknown") for index in unknown]
        return case("bad-indexes", setting, [*workload, follow(1), follow(0)])

    ways = ("executions", "executions", "conversation") if has_conversations(setting) else ("executions",)
    indexes = st.lists(st.tuples(ODD_INDEXES, st.sampled_from(ways)), max_size=4)
    turns = st.one_of(held_scripts(setting), scripts(setting))
    return st.builds(build, turns, indexes, indexes, st.lists(ODD_INDEXES, max_size=1))


BAD_INDEXES_EVERYWHERE = server_scenario("bad-indexes", "start indexes that are no plain numbers, on open and closed streams", JUDGES, draw)
