"""Outputs that the control plane never saw: it names the highest sequence it has, and all behind that one must come again."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.drop_frame import DropFrame
from ...harness.values.case import Case, Operation
from ..drawing import led_by
from .base import agent_scenario
from .draws import BRISK, MIDDLE, Timing, case, gap, limits, task, timings, until, wait
from .frame_faults import ACK, OUTPUT, delays, drops
from .happened import happened
from .replays import ACKS
from .scripts import Script, long_scripts

JUDGES = ("ERR-2", "ERR-1", "SEQ-1", "SEQ-2", "SEQ-3", "SEQ-4", "ACK-2", "FIN-1")
OUTPUTS = st.just(OUTPUT)


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Losing the first output makes a gap whose highest sequence is 0."""

    def build(timing: Timing | None, limit: dict[str, int] | None, given: Script, faults: list[Fault]) -> Case:
        return case("gaps", setting, [task(given), until("final"), wait(300)], faults, timing=timing, limits=limit)

    lost = led_by(
        drops(OUTPUTS, nth=st.sampled_from((1, 1, 2, 3)), times=st.sampled_from((1, 1, 2))),
        drops(OUTPUTS), delays(OUTPUTS, st.sampled_from((50, 200))), drops(ACKS),
    )  # fmt: skip
    return st.builds(build, timings(setting, BRISK, MIDDLE), limits(setting, 64), long_scripts(), lost)


def draw_unasked(setting: Setting) -> SearchStrategy[Case]:
    """No ack arrives, so that every row from ``highest`` on is there to be sent again."""

    def build(timing: Timing | None, given: Script, outputs: int, words: list[tuple[str, int | str]], lost_from: int) -> Case:
        said: list[Operation] = [operation for stream, highest in words for operation in (gap(stream, highest), wait(60))]
        faults = [DropFrame(endpoint=ACK, nth=lost_from, times=60)]
        workload = [task(given), until("output", count=outputs), *said, until("final"), wait(100), *said[:1], wait(60)]
        return case("gap-errors", setting, workload, faults, timing=timing)

    words = st.tuples(st.sampled_from(("stdout", "stdout", "stderr")), st.sampled_from((0, 0, 1, 2, "true")))
    return st.builds(
        build, timings(setting, BRISK, MIDDLE), long_scripts(8), st.integers(2, 6), st.lists(words, min_size=1, max_size=3),
        st.sampled_from((1, 1, 2, 3)),
    )  # fmt: skip


GAPS = agent_scenario("gaps", "outputs that the control plane never saw", JUDGES, draw, counts=happened("said", meant="gap"))
GAP_ERRORS = agent_scenario(
    "gap-errors",
    "gap errors that no frame has caused",
    ("ERR-2", "ERR-1", "SEQ-2", "ACK-1", "HELLO-4"),
    draw_unasked,
    counts=happened("said", meant="gap"),
)
