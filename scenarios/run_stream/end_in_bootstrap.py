"""The run ends while the history is still being read."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.stall import Stall
from ...harness.values.case import Case, Operation
from ..preconditions import injected
from .base import ALL, reader_scenario
from .draws import FINISH, WATCH, Timing, case, completed, config, fixed, timings, until_over, wait

JUDGES = ("BOOT-1", "LOSS-1", "ORD-1", "END-1", "SNAP-1")
HELD_MS = 200


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, old: int, where: str, live: int, pause: int, status: str | None) -> Case:
        held = Stall(endpoint="history", where=where, for_ms=HELD_MS)  # type: ignore[arg-type]
        told: list[Operation] = [] if status is None else [completed(status)]
        late: list[Operation] = [] if status is not None else [wait(HELD_MS), completed()]
        events = [fixed(old + 1, live)] if live else []
        before = [fixed(1, old)] if old else []
        workload = [*before, WATCH, wait(40), *events, wait(pause), *told, FINISH, *late, until_over(3_000)]
        return case("end-in-bootstrap", setting, config(timing), workload, [held])

    where = st.sampled_from(("before-head", "in-body", "never-read"))
    status = st.sampled_from(("completed", "failed", None))
    return st.builds(build, timings(setting), st.integers(0, 4), where, st.integers(0, 4), st.sampled_from((0, 40)), status)


END_IN_BOOTSTRAP = reader_scenario(
    "end-in-bootstrap", "the stream ends while the history is held", JUDGES, draw, counts=injected("stall"), profiles=ALL
)
