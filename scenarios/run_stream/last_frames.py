"""The last frame of a finished stream is missing, comes twice, is followed, or nothing ends behind it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.terminal import TerminalFault
from ...harness.values.case import Case
from ..drawing import TIMES
from ..preconditions import injected
from .base import reader_scenario
from .draws import END, RECOVER, TOLD, Timing, begun, case, config, figures, fixed, timings, until_over, wait

JUDGES = ("END-1", "END-2", "LOSS-1", "ORD-1", "CTL-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    # Where nothing ends behind the last frame, the reader's patience has to run out, which takes too long by its own figures.
    can_wait = setting.world == "sim" or "timing" in setting.capabilities
    kinds = ("missing", "twice", "open", "followed", "empty") if can_wait else ("missing", "twice", "followed", "empty")

    def build(timing: Timing | None, terminal: str, times: int, live: int, told: bool) -> Case:
        figure = figures(timing)
        fault = TerminalFault(terminal=terminal, times=times)  # type: ignore[arg-type]
        patience = until_over(2 * figure["idle_timeout"] + 4 * figure["backoff_base"]) if can_wait else wait(100)
        workload = [*begun(OLD), fixed(OLD + 1, live), *([TOLD] if told else []), *END, patience, RECOVER]
        return case("last-frames", setting, config(timing), workload, [fault])

    return st.builds(build, timings(setting), st.sampled_from(kinds), TIMES, st.integers(1, 4), st.booleans())


LAST_FRAMES = reader_scenario(
    "last-frames", "a last frame that is missing, doubled, followed or left open", JUDGES, draw, counts=injected("terminal")
)
