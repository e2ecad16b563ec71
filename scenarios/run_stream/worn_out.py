"""Streams that end whole again and again: a bounded number of times, a new bootstrap, and then an error."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.interject import Interject
from ...harness.values.case import Case, Operation
from ...harness.worlds.base import Quota
from ..preconditions import injected
from .base import reader_scenario
from .draws import CLEAN_RECONNECTS_MAX, END, RECOVER, RETRY, TOLD, Timing, begun, case, config, figures, timings, until_over

JUDGES = ("BACK-2", "KA-1", "RETRY-1", "TOK-1")
ROUNDS = 2 * (CLEAN_RECONNECTS_MAX + 1)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, times: int, end: str, keepalives: bool, after: tuple[Operation, ...]) -> Case:
        faults: list[Fault] = [EndStreamFault(times=times, end=end)]  # type: ignore[arg-type]
        if keepalives:
            faults.insert(0, Interject(times=times, what="keepalive"))
        worn_ms = ROUNDS * 2 * figures(timing)["backoff_base"] + 2 * figures(timing)["backoff_max"]
        return case("worn-out", setting, config(timing), [*begun(2), until_over(worn_ms), *after, *END], faults)

    times = st.sampled_from((10_000, 10_000, CLEAN_RECONNECTS_MAX + 5, CLEAN_RECONNECTS_MAX - 5))
    end = st.sampled_from(("clean", "rotated"))
    after = st.sampled_from(((RECOVER,), (RECOVER, RETRY, TOLD)))
    return st.builds(build, timings(setting), times, end, st.booleans(), after)


WORN_OUT = reader_scenario(
    "worn-out",
    "62 streams in a row that end whole and bring nothing",
    JUDGES,
    draw,
    counts=injected("end-stream"),
    profiles=("proxy", "legacy"),
    worlds=("sim",),
    quota=Quota(seconds=7_200, steps=1_000_000, connections=5_000),
)
