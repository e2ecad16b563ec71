"""Chats that are not durable beside those that are."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.durable_execution_roles import CLASSIC, VERCEL
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .approval_draws import Turns, case, create, plain
from .base import server_scenario
from .draws import talks

JUDGES = ("HDR-2", "HDR-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    routes = [route for route, capability in (("completions", CLASSIC), ("chat", VERCEL)) if capability in setting.capabilities]
    if CLASSIC not in setting.capabilities:
        return plain("classic", setting)

    def build(chats: list[tuple[Turns, str, bool]]) -> Case:
        workload = [
            create(turns, label, via=via, durable=durable, conversation=f"talk-{label}")
            for label, (turns, via, durable) in zip("abc", chats, strict=False)
        ]
        return case("classic", setting, workload)

    classic = st.tuples(talks(), st.sampled_from(routes), st.just(False))
    either = st.tuples(talks(), st.sampled_from(routes), st.booleans())
    return st.builds(lambda first, more: build([first, *more]), classic, st.lists(either, max_size=2))


CLASSIC_CHAT = server_scenario("classic", "chats that are not durable have no run", JUDGES, draw)
