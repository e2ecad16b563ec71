"""The status of the run is terminal long before its stream ends."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import reader_scenario
from .draws import FINISH, RECOVER, TOLD, Timing, begun, case, completed, config, figures, fixed, timings, wait
from .stream_faults import clean_ends, event_cuts, in_a_row

JUDGES = ("END-2", "LOSS-1", "ORD-1", "END-1", "RES-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, bursts: list[int], told: bool, plan: list, end: tuple[Operation, ...]) -> Case:  # type: ignore[type-arg]
        """The state is terminal for GET run, and perhaps told on the stream; the events go on, with cuts."""
        state = completed("failed")
        workload, mark = [*begun(OLD), state], OLD + 1
        if told:
            workload.append(("append", {"events": [{"type": "task_run_state", **state[1]}]}))
        for size in bursts:
            workload += [fixed(mark, size), wait(2 * figures(timing)["backoff_base"])]
            mark += size
        return case("status-early", setting, config(timing), [*workload, *end], plan)

    bursts = st.lists(st.integers(1, 3), min_size=1, max_size=4)
    faults = in_a_row(event_cuts(), clean_ends("clean", "rotated"))
    end = st.sampled_from(((RECOVER, FINISH), (TOLD, FINISH), (FINISH,)))
    return st.builds(build, timings(setting), bursts, st.booleans(), faults, end)


STATUS_EARLY = reader_scenario("status-early", "a terminal status long before the end, with cuts in between", JUDGES, draw)
