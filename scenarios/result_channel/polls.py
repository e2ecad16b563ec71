"""Tasks that come by polls, and when an agent polls at all."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.status import Status
from ...harness.values.case import Case, Operation
from ..drawing import any_of, spoilt_bodies
from .base import agent_scenario
from .draws import BRISK, MIDDLE, OLD, Timing, case, deliver, drop, figures, hold, in_turn, task, timings, until, wait
from .frame_faults import TASKS
from .happened import all_of, happened
from .scripts import Script, scripts

POLLED = happened("listed")
ANSWER_MS = 500
"""What a poll may take, from the moment at which it is due."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Delivery is off on either side, so that the agent polls all the time; with it off here, the socket brings results alone.

    At the end an answer may list once more what was over long ago.
    """

    def build(timing: Timing | None, given: list[Script], old: list[bool], side: str, faults: list[Fault], again: bool) -> Case:
        workload: list[Operation] = []
        repeated: list[Operation] = []
        for number, (one, is_old) in enumerate(zip(given, old, strict=False), 1):
            more: dict[str, Any] = {"attempt": OLD} if is_old else {}
            workload += [task(one, number, via="poll", **more), until("reported" if is_old else "acked", number, **more)]
            repeated.append(deliver(number, via="poll", **more))
        if again:
            workload += [*repeated, wait(figures(timing)["poll_interval"] + ANSWER_MS)]
        shapes = [] if side == "agent" else [{"delivery": False}]
        return case("polls", setting, workload, faults, timing=timing, delivery=side != "agent", hello_acks=shapes)

    passing = st.one_of(
        st.builds(Status, endpoint=st.just(TASKS), nth=st.integers(1, 3), times=st.integers(1, 3), status=st.sampled_from((503, 500, 404))),
        spoilt_bodies(st.just(TASKS)),
    )
    return st.builds(
        build, timings(setting, BRISK, MIDDLE), st.lists(scripts(size_max=3), min_size=1, max_size=3),
        st.lists(st.booleans(), min_size=3, max_size=3), st.sampled_from(("agent", "control-plane")),
        any_of(passing, size_min=0, size_max=1), st.sampled_from((True, False)),
    )  # fmt: skip


def draw_gate(setting: Setting) -> SearchStrategy[Case]:
    """A session that delivers ends, and for a while there is none: the agent polls once the threshold has passed, and stops again."""

    def build(timing: Timing | None, first: Script, second: Script, outage: float, polled: bool) -> Case:
        figure = figures(timing)
        outage_ms = int(outage * (figure["polling_fallback"] + 2 * figure["poll_interval"]))
        quiet_ms = 3 * figure["poll_interval"]
        workload = [
            *in_turn([first]), wait(quiet_ms), hold(outage_ms), drop("close"),
            task(second, 2, via="poll" if polled and outage > 1 else "socket"), wait(outage_ms), until("acked", 2), wait(quiet_ms),
        ]  # fmt: skip
        return case("polling-gate", setting, workload, timing=timing)

    outages = st.sampled_from((2.0, 0.3, 1.5, 4.0))
    return st.builds(
        build,
        timings(setting, BRISK, MIDDLE, None),
        scripts(size_max=2),
        scripts(size_max=2),
        outages,
        st.sampled_from((True, True, False)),
    )


POLLS = agent_scenario(
    "polls", "delivery is off on either side: tasks come by polls", ("POLL-1", "DLV-1", "DLV-2", "FIN-4", "SEQ-1", "SEQ-3", "HTTP-2"), draw,
    counts=POLLED,
)  # fmt: skip
POLLING_GATE = agent_scenario(
    "polling-gate", "a session that delivers ends, and polls take its place", ("POLL-1", "DLV-2"), draw_gate,
    counts=all_of(happened("held", on=True), happened("taken", stream=None)),
)  # fmt: skip
