"""The agent is stopped or killed, between operations or at a point of the protocol, and goes on with the same ``state_dir``."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.crash import Crash
from ...harness.faults.crash_at_frame import CrashAtFrame
from ...harness.faults.drop_frame import DropFrame
from ...harness.values.case import Case, Operation
from ..drawing import any_of, led_by
from ..preconditions import injected
from .base import agent_scenario
from .draws import BRISK, CRASH, MIDDLE, OLD, START, STOP, Timing, case, in_turn, task, timings, until, wait
from .frame_faults import ACK, DELIVER, FINAL, HELLO, HELLO_ACK, OUTPUT, RECEIVED, REPORT, SOCKET, STARTED, TASKS, crashes_at, drops
from .happened import happened
from .outages import upgrades_refused
from .replays import ACKS
from .scripts import Script, long_scripts, scripts

LIVES = ("FIN-2", "DLV-2", "RPL-1", "HELLO-4", "SEQ-1", "SEQ-2", "ENV-1", "ACK-1", "AUTH-1")
MOMENTS_MS = st.sampled_from((0, 1, 3, 10, 40, 120))


def draw_stops(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: list[Script], outputs: int, pause_ms: int, faults: list[Fault]) -> Case:
        first, *others = given
        workload = [task(first), until("output", count=outputs), STOP, wait(pause_ms), START]
        for number, one in enumerate(others, 2):
            workload += [task(one, number), until("acked", number), STOP, START]
        return case("stops", setting, [*workload, until("acked")], faults, timing=timing)

    some = st.lists(long_scripts(), min_size=1, max_size=2)
    lost = any_of(drops(ACKS), size_min=0, size_max=1)
    return st.builds(build, timings(setting, BRISK, MIDDLE), some, st.integers(1, 4), st.sampled_from((0, 50, 400)), lost)


def draw_crashes(setting: Setting) -> SearchStrategy[Case]:
    """Killed at any time, also when the final is under way or was acknowledged, and twice in a row."""

    def build(timing: Timing | None, given: Script, points: list[tuple[str, int]], more: list[Script], faults: list[Fault]) -> Case:
        workload: list[Operation] = [task(given)]
        for what, pause_ms in points:
            workload += [*([] if what == "at-once" else [until(what)]), wait(pause_ms), CRASH]
        for number, one in enumerate(more, 2):
            workload += [task(one, number), until("acked", number)]
        return case("crashes", setting, [*workload, until("acked")], faults, timing=timing)

    points = st.tuples(st.sampled_from(("output", "started", "final", "acked", "at-once")), MOMENTS_MS)
    lost = any_of(drops(ACKS), size_min=0, size_max=1)
    return st.builds(
        build,
        timings(setting, BRISK, MIDDLE),
        long_scripts(2, 8),
        st.lists(points, min_size=1, max_size=3),
        st.lists(scripts(size_max=2), max_size=1),
        lost,
    )


def draw_frames(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, given: list[Script], faults: list[Fault]) -> Case:
        return case("crash-frames", setting, in_turn(given), faults, timing=timing)

    kinds = st.sampled_from((OUTPUT, FINAL, STARTED, RECEIVED, HELLO, ACK, HELLO_ACK, DELIVER))
    faults = led_by(crashes_at(kinds), crashes_at(kinds), drops(ACKS))
    return st.builds(build, timings(setting, BRISK, MIDDLE), st.lists(long_scripts(2, 6), min_size=1, max_size=2), faults)


def draw_http(setting: Setting) -> SearchStrategy[Case]:
    """Killed when it asks for tasks, reports one, or dials: when its request has gone out, and before or after its answer."""

    def build(timing: Timing | None, given: list[Script], faults: list[Fault], old: bool, results: bool, refused: list[Fault]) -> Case:
        """Without results over the socket an attempt is reported over HTTP as well."""
        more: dict[str, Any] = {"attempt": OLD} if old else {}
        workload = [op for n, one in enumerate(given, 1) for op in (task(one, n, via="poll", **more), until("reported", n, **more))]
        return case("crash-requests", setting, workload, [*faults, *refused], timing=timing, delivery=False, results=old and results)

    point = st.sampled_from(("before-answer", "after-answer", "head"))
    crash = st.builds(Crash, endpoint=st.sampled_from((REPORT, REPORT, TASKS, SOCKET)), nth=st.sampled_from((1, 1, 1, 2)), point=point)
    none: list[Fault] = []
    refused = st.one_of(st.just(none), upgrades_refused().map(lambda one: [one]))
    return st.builds(
        build,
        timings(setting, BRISK, MIDDLE),
        st.lists(scripts(size_max=2), min_size=1, max_size=2),
        led_by(crash, crash, size_max=1),
        st.booleans(),
        st.booleans(),
        refused,
    )


def draw_durable(setting: Setting) -> SearchStrategy[Case]:
    """Killed between a final and its ack, once or twice."""

    def build(timing: Timing | None, given: Script, moments: list[str], lost: int) -> Case:
        faults: list[Fault] = [CrashAtFrame(endpoint=FINAL, nth=nth, moment=moment) for nth, moment in enumerate(moments, 1)]  # type: ignore[arg-type]
        faults += drops_of_acks(lost)
        return case("durable-finals", setting, in_turn([given]), faults, timing=timing)

    moments = st.lists(st.sampled_from(("arrived", "committed")), min_size=1, max_size=2)
    return st.builds(build, timings(setting, BRISK, MIDDLE), scripts(size_max=3), moments, st.sampled_from((0, 1, 3)))


def drops_of_acks(count: int) -> list[Fault]:
    """The first so many acks are lost."""
    return [DropFrame(endpoint=ACK, nth=1, times=count)] if count else []


STOPS = agent_scenario("stops", "stopped and started again on the same handle", LIVES, draw_stops, counts=happened("call", verb="stop"))
CRASHES = agent_scenario("crashes", "killed at any time, and back with the same folder", LIVES, draw_crashes, counts=happened("gone"))
CRASH_FRAMES = agent_scenario(
    "crash-frames",
    "killed at a message, before or after it took effect or was answered",
    LIVES,
    draw_frames,
    counts=injected("crash-at-frame"),
)
CRASH_REQUESTS = agent_scenario(
    "crash-requests", "killed at a request over HTTP, before or after its answer", ("FIN-2", "DLV-1", "DLV-2", "HTTP-1"),
    draw_http, counts=injected("crash"),
)  # fmt: skip
DURABLE_FINALS = agent_scenario(
    "durable-finals",
    "killed between a final and its ack",
    ("FIN-3", "FIN-2", "SEQ-2", "HELLO-4"),
    draw_durable,
    counts=injected("crash-at-frame"),
)
