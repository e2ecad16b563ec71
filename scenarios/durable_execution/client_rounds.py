"""Round after round: each approval opens the next, and the client goes on where it stopped."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .client_base import client_scenario
from .client_draws import Rounds, case, create, ending, lived, rounds

JUDGES = (1, 3, 5)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(drawn: Rounds, done: str, again: int) -> Case:
        return case("rounds", setting, [create(drawn), *lived(drawn, again=again), *ending()], done=done)

    return st.builds(build, rounds(suspensions=(1, 4)), st.sampled_from(("none", "end", "each")), st.integers(0, 2))


ROUNDS = client_scenario("rounds", "approvals and denials, and the stream followed behind each", JUDGES, draw)
