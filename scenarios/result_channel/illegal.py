"""The control plane says what no agent may accept: the connection ends, nothing comes of it, and the agent connects again."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...fake_servers.result_channel.frames_to_say import ILLEGAL
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import agent_scenario
from .draws import BRISK, MIDDLE, Timing, case, say, task, timings, until, wait
from .happened import happened
from .scripts import Script, long_scripts

JUDGES = ("ENV-2", "RPL-1", "HELLO-1", "SEQ-1", "SEQ-3")
WHILE_DELIVERING = tuple(what for what in ILLEGAL if what != "delivery-disabled")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: Script, words: list[str], outputs: int, pause_ms: int, delivery: bool) -> Case:
        workload: list[Operation] = [task(given, via="socket" if delivery else "poll"), until("output", count=outputs)]
        for what in words:
            workload += [say(what if delivery else "delivery-disabled"), wait(pause_ms)]
        return case("illegal-frames", setting, [*workload, until("acked")], timing=timing, delivery=delivery)

    words = st.lists(st.sampled_from(WHILE_DELIVERING), min_size=2, max_size=5, unique=True)
    return st.builds(
        build, timings(setting, BRISK, MIDDLE), long_scripts(), words, st.integers(1, 4), st.sampled_from((50, 300)),
        st.sampled_from((True, True, True, False)),
    )  # fmt: skip


ILLEGAL_FRAMES = agent_scenario("illegal-frames", "frames that no agent may accept", JUDGES, draw, counts=happened("said", illegal=True))
