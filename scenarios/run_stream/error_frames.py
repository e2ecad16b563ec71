"""The server says that it gives up this connection."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.interject import Interject
from ...harness.values.case import Case, Operation
from ..preconditions import injected
from .base import reader_scenario
from .draws import COUNTED_FAILURES_MAX, END, RECOVER, RETRY, TOLD, Timing, begun, case, config, fixed, streak_ms, timings, until_over, wait

JUDGES = ("ERR-1", "LOSS-1", "DUP-1", "CTL-1", "RES-1", "RETRY-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    short = setting.world != "sim" and "timing" not in setting.capabilities

    def build(timing: Timing | None, events: int, errors: int, keepalives: bool, eof: bool, after: tuple[Operation, ...]) -> Case:
        """One stream brings all events and gives up; then so many bring nothing new."""
        faults: list[Fault] = [EndStreamFault(after_events=events, end="error", eof=eof)]
        if errors:
            faults.append(EndStreamFault(nth=2, times=errors, end="error"))
        if errors and keepalives:
            faults.insert(0, Interject(nth=2, times=errors, what="keepalive"))
        pause = until_over(streak_ms(timing, errors + 1)) if errors > COUNTED_FAILURES_MAX - 1 else wait(streak_ms(timing, errors + 1))
        return case("error-frames", setting, config(timing), [*begun(OLD), fixed(OLD + 1, events), pause, *after, *END], faults)

    errors = st.integers(0, 1) if short else st.sampled_from((0, 1, 2, 4, COUNTED_FAILURES_MAX - 1, 10_000))
    after = st.sampled_from(((RECOVER,), (RECOVER, RETRY, TOLD)))
    return st.builds(build, timings(setting), st.integers(1, 4), errors, st.booleans(), st.sampled_from((True, True, False)), after)


ERROR_FRAMES = reader_scenario(
    "error-frames", "error frames, few and too many, with keepalives in between", JUDGES, draw, counts=injected("end-stream")
)
