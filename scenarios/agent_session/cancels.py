"""The application cancels at any moment: while the run begins, in its midst, behind its end, twice."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import session_scenario
from .draws import Drafts, cancel, case, configs, paced, run, script, turns, until, wait

JUDGES = "DEL-1 DEL-3 DEL-4 END-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    in_sim = setting.world == "sim"
    moments: SearchStrategy[list[Operation]] = st.one_of(
        st.builds(lambda what, count: [until(what, count=count)], st.sampled_from(("recorded", "scheduled")), st.integers(1, 4)),
        st.sampled_from((0, 1, 30, 900, 17_000) if in_sim else (0, 1, 25, 60)).map(lambda ms: [wait(ms)]),
        st.just([until()]),
    )

    def build(rows: Drafts, hurry: bool, moment: list[Operation], times: int, settings: dict[str, object], beat_ms: int) -> Case:
        begun = run(script(rows, paced(beat_ms, settings)), hurry=hurry)
        return case("cancels", setting, settings, [begun, *moment, *[cancel()] * times])

    beat_ms = st.sampled_from((40, 3_000, 100_000) if in_sim else (20, 200))
    return st.builds(build, turns(1, 4), st.booleans(), moments, st.sampled_from((1, 1, 2)), configs(setting), beat_ms)


CANCELS = session_scenario("cancels", "cancelled while it begins, in its midst, behind its end, twice", JUDGES, draw)
