"""A connection stands, but nothing comes any more."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.stall import Stall
from ...harness.values.case import Case, Operation
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, Timing, begun, case, config, figures, fixed, timings, wait
from .stream_faults import cut_behind

JUDGES = ("IDLE-1", "LOSS-1", "DUP-1", "RES-1")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    can_wait = setting.world == "sim" or "timing" in setting.capabilities

    def build(timing: Timing | None, faults: list[Fault], live: int, end: tuple[Operation, ...]) -> Case:
        figure = figures(timing)
        silence = wait(figure["idle_timeout"] + 4 * figure["backoff_base"] + 100 if can_wait else 500)
        return case("idle", setting, config(timing), [*begun(OLD), fixed(OLD + 1, live), silence, *end], faults)

    for_ms = st.none() if can_wait else st.just(300)
    in_body = st.builds(Stall, endpoint=st.just("stream"), where=st.just("in-body"), after_bytes=st.integers(0, 30), for_ms=for_ms)
    no_head = st.builds(Stall, endpoint=st.just("stream"), nth=st.just(2), for_ms=for_ms)
    silent = st.builds(EndStreamFault, after_events=st.integers(0, 2), end=st.sampled_from(("rotated", "unknown")), eof=st.just(False))
    first = st.just(cut_behind(1, 1, "fin"))
    faults = st.one_of(
        in_body.map(lambda fault: [fault]), st.builds(lambda *plan: list(plan), first, no_head), silent.map(lambda fault: [fault])
    )
    return st.builds(build, timings(setting), faults, st.integers(1, 5), st.sampled_from(ENDS))


IDLE = reader_scenario(
    "idle", "a stream that stops in its body or before its head, and stands", JUDGES, draw, counts=injected("stall", "end-stream")
)
