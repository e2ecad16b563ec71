"""How often an agent dials: pauses that double while nothing answers, and begin anew after a healthy session."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.status import Status
from ...harness.values.case import Case, Operation
from .base import agent_scenario
from .draws import DROPS, MIDDLE, SLOW_POLLS, Timing, case, drop, figures, task, timings, until, wait
from .frame_faults import SOCKET
from .happened import came_back
from .scripts import script, write

JUDGES = ("CONN-2", "AUTH-1", "HELLO-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Some dials fail, then a session lives for more than twice the longest pause, and its connection ends."""

    def build(timing: Timing | None, failures: list[int], dropped: Operation, life: float) -> Case:
        longest_ms = figures(timing)["reconnect_max"]
        workload: list[Operation] = [task(script([write(0, "hello\n")])), until("acked")]
        faults: list[Fault] = []
        dial = 2
        for count in failures:
            if count:
                faults.append(Status(endpoint=SOCKET, nth=dial, times=count, status=503))
            dial += count + 1
            workload += [dropped, wait(int(longest_ms * (1.3 * count + life)))]
        return case("pacing", setting, [*workload, drop("close"), wait(longest_ms)], faults, timing=timing)

    failures = st.lists(st.integers(0, 5), min_size=1, max_size=3)
    return st.builds(build, timings(setting, SLOW_POLLS, MIDDLE), failures, DROPS, st.sampled_from((2.5, 3.0, 0.2)))


PACING = agent_scenario("pacing", "dials that fail, then healthy sessions that end", JUDGES, draw, counts=came_back(), worlds=("sim",))
