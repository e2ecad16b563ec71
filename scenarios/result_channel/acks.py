"""Acks that are lost, late, repeated, or of something else: one removes exactly the message that it names."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation
from ..drawing import any_of, led_by
from ..preconditions import injected
from .base import agent_scenario
from .draws import BRISK, MIDDLE, Timing, case, drop, say, task, timings, until, wait
from .frame_faults import RESULTS, STORED, delays, drops, repeats, strays
from .happened import came_back, happened
from .replays import ACKS, BIG_LATENESS_MS, breaks
from .scripts import Script, long_scripts

JUDGES = ("ACK-1", "ACK-2", "RPL-1", "HELLO-4", "SEQ-1", "SEQ-2", "SEQ-3")
LATE_POLLS: Timing = {**BRISK, "polling_fallback": 30_000}
"""With it a final waits long for its ack before it is reported over HTTP."""


def draw_lost(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: Script, faults: list[Fault], again: bool) -> Case:
        workload = [task(given), until("final"), wait(200), *([drop("close"), wait(400), drop("rst")] if again else [])]
        return case("lost-acks", setting, workload, faults, timing=timing)

    lost = led_by(drops(ACKS), drops(ACKS), delays(ACKS, BIG_LATENESS_MS))
    return st.builds(build, timings(setting, LATE_POLLS, MIDDLE, BRISK), long_scripts(), lost, st.booleans())


def draw_stray(setting: Setting) -> SearchStrategy[Case]:
    """Some true acks are lost, so that there is something that a stray one could remove; then the agent connects again."""

    def build(
        timing: Timing | None, given: Script, strange: list[Fault], lost: list[Fault], words: list[str], broken: list[Operation]
    ) -> Case:
        said = [operation for word in words for operation in (say(word), wait(20))]
        workload = [task(given), until("output", count=2), *said, *broken, until("final"), wait(100)]
        return case("stray-acks", setting, workload, [*strange, *lost], timing=timing)

    strange = any_of(strays(STORED), repeats(ACKS))
    lost = any_of(drops(ACKS, times=st.sampled_from((1, 3, 6))), size_max=2)
    words = st.lists(st.sampled_from(("ack-unknown", "ack-again")), max_size=2)
    return st.builds(build, timings(setting, LATE_POLLS, MIDDLE), long_scripts(), strange, lost, words, breaks(1))


def draw_repeated(setting: Setting) -> SearchStrategy[Case]:
    """Messages that the control plane looks at late, or answers more than once."""

    def build(timing: Timing | None, given: Script, faults: list[Fault], broken: list[Operation]) -> Case:
        return case("late-acks", setting, [task(given), *broken, until("final")], faults, timing=timing)

    late_ms = st.sampled_from((30, 150, 600))
    faults = any_of(delays(RESULTS, late_ms), delays(ACKS, late_ms), repeats(RESULTS), repeats(ACKS))
    timing = timings(setting, BRISK, MIDDLE)
    return st.builds(build, timing, long_scripts(), faults, st.one_of(st.just([]), breaks(1)))


LOST_ACKS = agent_scenario("lost-acks", "acks that never arrive, or late", JUDGES, draw_lost, counts=injected("drop-frame", "delay-frame"))
STRAY_ACKS = agent_scenario("stray-acks", "acks of something else while true ones are lost", JUDGES, draw_stray, counts=came_back())
LATE_ACKS = agent_scenario(
    "late-acks",
    "messages and acks that are late or repeated",
    ("ACK-1", "RPL-1", "HELLO-4", "SEQ-1", "SEQ-2", "SEQ-3"),
    draw_repeated,
    counts=happened("fault"),
)
