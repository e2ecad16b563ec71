"""The reader is told to let go: while it reads the history, in the middle of the stream, or in a pause."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.stall import Stall
from ...harness.values.case import Case, Operation
from .base import reader_scenario
from .draws import END, TOLD, UNWATCH, WATCH, Timing, case, config, figures, fixed, timings, wait
from .stream_faults import cut_behind

JUDGES = ("CLOSE-1", "SNAP-1", "DUP-1")
OLD = 2


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, told: bool, before: int, fault: Fault | None, again: bool) -> Case:
        """Events come before, with and after the parting; perhaps the reader comes back."""
        lead: list[Operation] = [TOLD, fixed(OLD + 1, 3)] if told else [fixed(OLD + 1, 3)]
        parting = [wait(before), fixed(OLD + 4, 1), UNWATCH, fixed(OLD + 5, 2), wait(min(1_200, 4 * figures(timing)["backoff_base"]))]
        back = [WATCH, TOLD, *END] if again else []
        return case("unwatch", setting, config(timing), [fixed(1, OLD), WATCH, *lead, *parting, *back], [fault] if fault else [])

    faults = st.sampled_from(
        (None, None, cut_behind(1, 1, "rst"), Stall(endpoint="history", for_ms=300), Stall(endpoint="stream", for_ms=300))
    )
    before = st.sampled_from((0, 5, 30, 100))
    return st.builds(build, timings(setting), st.booleans(), before, faults, st.sampled_from((False, False, True)))


UNWATCHED = reader_scenario("unwatch", "unwatch at any moment, and perhaps another watch", JUDGES, draw)
