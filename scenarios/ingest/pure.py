"""The caller goes on using its event object after enqueue has returned; some events are too large and may be stripped."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case
from .base import sender_scenario
from .draws import RECOVER, STOP, case, config, limits, lost_answers, timings
from .sizes import LIMIT, sized_event

JUDGES = ("PURE-1",)


def draw(setting: Setting) -> SearchStrategy[Case]:
    kinds = st.sampled_from(("plain", "app-data"))

    def build(timing: Mapping[str, int] | None, sizes: list[tuple[int, str]], faults: list[Fault]) -> Case:
        events = [sized_event(number, LIMIT + over, "a", kind) for number, (over, kind) in enumerate(sizes, 1)]
        workload = [("enqueue", {"event": each, "watch": True}) for each in events]
        return case("ingest-pure", setting, config(timing, limits(setting, max_event_bytes=LIMIT)), (*workload, RECOVER, STOP), faults)

    sizes = st.lists(st.tuples(st.sampled_from((-40, 10)), kinds), min_size=1, max_size=3)
    return st.builds(build, timings(setting), sizes, st.lists(lost_answers(), max_size=1))


PURE = sender_scenario("pure", "the caller's event object is watched and changed after enqueue", JUDGES, draw, internal=True)
