"""The run moves to the other leg, run tokens end, and streams are cut: cursors of the two legs never mix."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.restart import Restart
from ...harness.faults.status import Status
from ...harness.values.case import Case, Operation
from ..preconditions import any_injected
from .base import reader_scenario
from .draws import ENDS, TOLD, Timing, begun, case, config, fixed, timings
from .stream_faults import FRAME_LINES, cut_behind

JUDGES = ("RES-2", "TOK-1", "LOSS-1", "DUP-1", "AUTH-1", "RES-1")
OLD = 2
LIVE = 3


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, first: int, moves: tuple[str, ...], cut: Cut, more: list[Fault], end: tuple[Operation, ...]) -> Case:
        """Some events on the first leg; then the token ends, and the run perhaps moves; the cut behind lets the reader find out."""
        changes: list[Operation] = [("move", {"leg": leg}) for leg in moves]
        workload = [*begun(OLD), fixed(OLD + 1, first), TOLD, *changes, ("expire", {}), fixed(OLD + 1 + first, LIVE), TOLD]
        behind = replace(cut, after_lines=(cut.after_lines or 0) + FRAME_LINES * first)
        return case("legs", setting, config(timing), [*workload, fixed(OLD + 1 + first + LIVE, 2), *end], [behind, *more])

    moves = st.sampled_from((*[("direct",)] * 5, ()))
    cut = st.builds(cut_behind, st.integers(1, LIVE), st.just(1), st.sampled_from(("fin", "fin", "rst")))
    again = st.builds(cut_behind, st.integers(0, 2), st.integers(1, 3), st.just("rst"))
    refused = st.builds(Status, endpoint=st.just("stream"), nth=st.integers(2, 3), times=st.integers(1, 3), status=st.just(401))
    asked = st.builds(Status, endpoint=st.just("token"), nth=st.integers(1, 2), times=st.integers(1, 2), status=st.sampled_from((503, 404)))
    more = st.lists(st.one_of(again, refused, asked, st.just(Restart(endpoint="token", nth=2))), max_size=2)
    return st.builds(build, timings(setting), st.integers(1, 3), moves, cut, more, st.sampled_from(ENDS))


LEGS = reader_scenario("legs", "tokens that end and runs that move to another leg", JUDGES, draw, counts=any_injected, profiles=("proxy",))
