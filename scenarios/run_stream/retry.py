"""A reader that has given up is told to try again."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.status import Status
from ...harness.values.case import Case, Operation
from ..preconditions import any_injected
from .base import reader_scenario
from .draws import COUNTED_FAILURES_MAX, END, HEAL, RETRY, TOLD, WATCH, Timing, begun, case, config, fixed, streak_ms, timings, until_over
from .stream_faults import FAILURES, cut_behind, failed_connections

JUDGES = ("RETRY-1", "LOSS-1", "DUP-1", "ORD-1", "BACK-1")
OLD = 2


def draw(setting: Setting) -> SearchStrategy[Case]:
    # By its own figures a reader takes a minute to give up: then it is made to give up at once.
    patient = setting.world == "sim" or "timing" in setting.capabilities

    def build(timing: Timing | None, live: int, kind: int, missed: int, again: Operation) -> Case:
        """The stream fails as often as it takes, and some events go by meanwhile."""
        failures = COUNTED_FAILURES_MAX + 1
        many = [failed_connections(nth, kind) for nth in range(2, failures + 2)]
        fatal = Status(endpoint="stream", nth=2, status=403)
        faults = [cut_behind(1, 1, "rst"), *(many if patient else [fatal])]
        given_up = [until_over(streak_ms(timing, failures)), *([fixed(OLD + 1 + live, missed)] if missed else []), HEAL]
        end = [again, TOLD, fixed(OLD + 1 + live + missed, 2), TOLD, *END]
        return case("retry", setting, config(timing), [*begun(OLD), fixed(OLD + 1, live), *given_up, *end], faults)

    kinds = st.integers(0, len(FAILURES) - 1)
    return st.builds(build, timings(setting), st.integers(1, 4), kinds, st.integers(0, 3), st.sampled_from((RETRY, WATCH)))


RETRY_AFTER_ERROR = reader_scenario("retry", "ten failed connections, an error, and another try", JUDGES, draw, counts=any_injected)
