"""A proxy ends whatever stream is silent for a while."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.idle_timeout import IdleTimeoutFault
from ...harness.values.case import Case, Operation
from ..drawing import TIMES
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, Timing, begun, case, config, figures, fixed, timings, wait

JUDGES = ("LOSS-1", "DUP-1", "END-2", "RES-1", "BACK-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, pauses: list[int], halves: int, times: int, end: tuple[Operation, ...]) -> Case:
        base_ms = figures(timing)["backoff_base"]
        proxy = IdleTimeoutFault(times=times, after_ms=halves * base_ms // 2)
        live = [operation for mark, count in enumerate(pauses, OLD + 1) for operation in (fixed(mark, 1), wait(count * base_ms))]
        return case("impatient-proxy", setting, config(timing), [*begun(OLD), *live, *end], [proxy])

    pauses = st.lists(st.sampled_from((3, 1, 4)), min_size=2, max_size=4)
    return st.builds(build, timings(setting), pauses, st.integers(1, 3), TIMES, st.sampled_from(ENDS))


IMPATIENT_PROXY = reader_scenario(
    "impatient-proxy", "a proxy that ends silent streams", JUDGES, draw, counts=injected("idle-timeout"), profiles=("proxy",)
)
