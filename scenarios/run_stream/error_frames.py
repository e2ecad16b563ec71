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
from .draws import COUNTED_FAILURES_MAX, END, RECOVER, RETRY, TOLD, Timing, begun, case, config, fixed, streak_ms, timings, until_over
from .stream_faults import failed_connections

JUDGES = ("ERR-1", "LOSS-1", "DUP-1", "CTL-1", "RES-1", "RETRY-1")
OLD = 1
FAILURES_MORE = 6
"""With some error frames more than either budget has; each of its own they are not."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    short = setting.world != "sim" and "timing" not in setting.capabilities

    def build(timing: Timing | None, events: int, errors: int, between: str, eof: bool, after: tuple[Operation, ...]) -> Case:
        """One stream brings all events and gives up; then so many bring nothing new; then perhaps connections fail."""
        faults: list[Fault] = [EndStreamFault(after_events=events, end="error", eof=eof)]
        if errors:
            faults.append(EndStreamFault(nth=2, times=errors, end="error"))
        if errors and between == "keepalives":
            faults.insert(0, Interject(nth=2, times=errors, what="keepalive"))
        failures = FAILURES_MORE if between == "failures" else 0
        faults += [failed_connections(2 + errors + number, number % 3) for number in range(failures)]
        pause = until_over(streak_ms(timing, errors + 1) + streak_ms(timing, failures + 1))
        return case("error-frames", setting, config(timing), [*begun(OLD), fixed(OLD + 1, events), pause, *after, *END], faults)

    errors = st.integers(0, 1) if short else st.sampled_from((0, 1, 2, 4, COUNTED_FAILURES_MAX - 1, 10_000))
    between = st.sampled_from(("nothing", "keepalives") if short else ("nothing", "keepalives", "failures"))
    after = st.sampled_from(((RECOVER,), (RECOVER, RETRY, TOLD)))
    return st.builds(build, timings(setting), st.integers(1, 4), errors, between, st.sampled_from((True, True, False)), after)


ERROR_FRAMES = reader_scenario(
    "error-frames", "error frames, few and too many, with keepalives in between", JUDGES, draw, counts=injected("end-stream")
)
