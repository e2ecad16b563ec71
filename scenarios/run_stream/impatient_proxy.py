"""A proxy ends whatever stream is silent for a while."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, Operation, Timing, begun, case, config, figures, fixed, timings, wait
from .stream_faults import impatient_proxies

JUDGES = ("LOSS-1", "DUP-1", "END-2", "RES-1", "BACK-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, pauses: list[int], proxy: list, end: tuple[Operation, ...]) -> Case:  # type: ignore[type-arg]
        base_ms = figures(timing)["backoff_base"]
        live = [operation for mark, count in enumerate(pauses, OLD + 1) for operation in (fixed(mark, 1), wait(count * base_ms))]
        return case("impatient-proxy", setting, config(timing), [*begun(OLD), *live, *end], proxy)

    pauses = st.lists(st.integers(1, 4), min_size=2, max_size=4)
    proxy = impatient_proxies((20, 60, 100)).map(lambda fault: [fault])
    return st.builds(build, timings(setting), pauses, proxy, st.sampled_from(ENDS))


IMPATIENT_PROXY = reader_scenario(
    "impatient-proxy", "a proxy that ends silent streams", JUDGES, draw, counts=injected("idle-timeout"), profiles=("proxy",)
)
