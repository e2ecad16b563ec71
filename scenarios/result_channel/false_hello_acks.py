"""A hello_ack that names something else, none at all, or two: only the right one makes a session, and only once."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from .base import agent_scenario
from .draws import BRISK, DROPS, HEAL, MIDDLE, Timing, case, drop, task, timings, until, wait
from .happened import all_of, came_back, happened
from .scripts import Script, long_scripts

JUDGES = ("HELLO-3", "HELLO-2", "HELLO-1", "HTTP-1", "FIN-4", "SEQ-1", "SEQ-3")
FALSE = ("wrong-id", "never")
BACK_MS = 600
"""By when an agent has dialled again behind its first drop, also one whose command is over and reported before that."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    """The false connections, one with a wrong id before all others, last until the command is over: its final has no session."""

    def build(
        timing: Timing | None, given: Script, dropped: Operation, outputs: int, kinds: list[str], then: tuple[Operation, ...]
    ) -> Case:
        shapes: list[dict[str, Any]] = [{}, {"ack": "wrong-id"}, *({"ack": kind} for kind in kinds), {}]
        more = [operation for _ in kinds for operation in (wait(300), drop("close"))]
        workload = [task(given), until("output", count=outputs), dropped, *more, *then]
        return case("false-hello-acks", setting, workload, timing=timing, hello_acks=shapes)

    kinds = st.lists(st.sampled_from(FALSE), max_size=2)
    then = st.sampled_from(((until("reported"), wait(BACK_MS)), (wait(BACK_MS), HEAL), (wait(1_000), drop("close"), until("acked"))))
    return st.builds(build, timings(setting, BRISK, MIDDLE), long_scripts(), DROPS, st.integers(1, 3), kinds, then)


def draw_twice(setting: Setting) -> SearchStrategy[Case]:
    """The first hello_ack of a connection is the one that counts; a second one makes nothing come again."""

    def build(timing: Timing | None, given: Script, dropped: Operation, outputs: int, late_ms: int) -> Case:
        shapes: list[dict[str, Any]] = [{"ack": "twice"}, {"ack": "twice", "after_ms": late_ms}]
        return case(
            "two-hello-acks", setting, [task(given), until("output", count=outputs), dropped, until("acked")],
            timing=timing, hello_acks=shapes,
        )  # fmt: skip

    return st.builds(build, timings(setting, BRISK, MIDDLE), long_scripts(), DROPS, st.integers(1, 4), st.sampled_from((0, 100)))


FALSE_HELLO_ACKS = agent_scenario(
    "false-hello-acks",
    "a hello_ack that names something else, or none",
    JUDGES,
    draw,
    counts=all_of(came_back(), happened("frame", type="task.output")),
)
TWO_HELLO_ACKS = agent_scenario(
    "two-hello-acks", "a second hello_ack on a connection", ("RPL-1", "SEQ-1", "SEQ-3", "ACK-1"), draw_twice, counts=came_back()
)
