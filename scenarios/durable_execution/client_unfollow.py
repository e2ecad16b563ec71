"""The application lets go of its stream in the midst of it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .client_base import client_scenario
from .client_draws import UNFOLLOW, begin, case, create, follow, round_of, wait, words

JUDGES = (8,)
PACE_MS = {"sim": (20, 150, 500), "loopback": (10, 40)}


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(count: int, every_ms: int, seen: int, found: bool, again: bool) -> Case:
        drawn = [round_of(words(count + 4), "success", every_ms=every_ms)]
        first = [begin(drawn), follow(0, until=seen)] if found else [create(drawn, until=seen)]
        more = [follow("seen", until=1), UNFOLLOW] if again else []
        return case("unfollow", setting, [*first, UNFOLLOW, *more, wait(2 * every_ms), wait(1_100 if setting.world == "sim" else 60)])

    return st.builds(build, st.integers(1, 6), st.sampled_from(PACE_MS[setting.world]), st.integers(1, 3), st.booleans(), st.booleans())


UNFOLLOWED = client_scenario("unfollow", "`unfollow` in the midst of a stream", JUDGES, draw)
