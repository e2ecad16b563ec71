"""A reader that has ids of one leg goes on with the other: the run moves, or stream_token was not to be had at first."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.status import Status
from ...harness.values.case import Case, Operation
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, TOLD, Timing, begun, case, config, figures, fixed, timings, wait
from .stream_faults import cut_behind

JUDGES = ("RES-2", "LOSS-1", "DUP-1", "ORD-1", "TOK-1", "AUTH-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, to: str, first: int, read: int, end: tuple[Operation, ...]) -> Case:
        """Some events are told on the first leg, some more begin there, and the cut comes in the midst of them."""
        faults: list[Fault] = [cut_behind(first + read, 1, "fin")]
        changes: list[Operation] = [("move", {"leg": "direct"}), ("expire", {})]
        if to == "proxy":
            faults.append(Status(endpoint="token", status=503))
            changes = []
        later = [fixed(OLD + 1 + first, read + 2), wait(2 * figures(timing)["backoff_base"])]
        return case("moved", setting, config(timing), [*begun(OLD), fixed(OLD + 1, first), TOLD, *changes, *later, *end], faults)

    to = st.sampled_from(("direct", "proxy"))
    return st.builds(build, timings(setting), to, st.integers(1, 3), st.integers(1, 3), st.sampled_from(ENDS))


MOVED = reader_scenario("moved", "from one leg to the other with a cut", JUDGES, draw, counts=injected("cut"), profiles=("proxy",))
