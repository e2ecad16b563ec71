"""Deliveries that come twice, over socket and HTTP, behind which the connection ends, or which a restart takes back."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.crash_at_frame import CrashAtFrame
from ...harness.values.case import Case, Operation
from ..drawing import any_of, led_by
from .base import agent_scenario
from .draws import BRISK, CRASH, DROPS, MIDDLE, START, STOP, Timing, case, deliver, drop, figures, hold, task, timings, until, wait
from .frame_faults import DELIVER, RECEIVED, STARTED, closes, drops, repeats
from .happened import came_back, happened
from .scripts import Script, long_scripts, script, scripts, write

FIRST_MS, LATER_THAN_FIRST_MS = 600, 1_000
"""How long a command runs that others wait behind, and what its end comes before; both shorter than T."""
TWICE = ("DLV-1", "FIN-2", "SEQ-1", "SEQ-2", "SEQ-3", "ACK-1")


def draw_duplicates(setting: Setting) -> SearchStrategy[Case]:
    """Delivered again before it starts, while it runs, when it is over, and after a restart."""

    def build(timing: Timing | None, given: Script, moments: list[str], faults: list[Fault], polled: bool) -> Case:
        figure = figures(timing)
        workload: list[Operation] = [task(given)]
        for moment in moments:
            workload += [until(moment), deliver()] if moment in ("started", "output", "acked") else _again(moment)
        outage_ms = figure["polling_fallback"] + 3 * figure["poll_interval"]
        workload += [until("acked"), *([deliver(via="poll"), hold(outage_ms), drop("close"), wait(outage_ms)] if polled else [])]
        return case("duplicates", setting, workload, faults, timing=timing)

    moments = st.lists(st.sampled_from(("started", "at-once", "output", "drop", "acked", "crash")), min_size=1, max_size=4)
    return st.builds(
        build, timings(setting, BRISK, MIDDLE), long_scripts(3, 8), moments, any_of(repeats(st.just(DELIVER)), size_min=0), st.booleans()
    )


def _again(moment: str) -> list[Operation]:
    first = {"drop": [drop("rst")], "crash": [CRASH], "at-once": []}[moment]
    return [*first, deliver()]


def draw_dropped(setting: Setting) -> SearchStrategy[Case]:
    """The connection ends with the delivery, or with the agent's answer to it."""

    def build(timing: Timing | None, given: list[Script], faults: list[Fault], dropped: list[Operation], pause_ms: int) -> Case:
        numbers = range(1, len(given) + 1)
        workload = [task(given[n - 1], n) for n in numbers]
        workload += [operation for one in dropped for operation in (wait(pause_ms), one)]
        return case("dropped-deliveries", setting, [*workload, *(until("acked", n) for n in numbers)], faults, timing=timing)

    places = st.sampled_from((DELIVER, DELIVER, RECEIVED, STARTED))
    faults = led_by(closes(places, nth=st.just(1)), closes(places), drops(st.just(DELIVER), times=st.just(1)))
    some = st.lists(scripts(size_max=3), min_size=1, max_size=2)
    pause_ms = st.sampled_from((0, 1, 5, 30))
    return st.builds(build, timings(setting, BRISK, MIDDLE), some, faults, st.lists(DROPS, max_size=2), pause_ms)


def draw_waiting(setting: Setting) -> SearchStrategy[Case]:
    """A task waits behind one that runs while the connection ends, or while the agent is stopped or killed."""

    def build(timing: Timing | None, first: Script, waiting: Script, broken: list[list[Operation]], pause_ms: int) -> Case:
        workload: list[Operation] = [task(first), task(waiting, 2), until("output")]
        workload += [operation for ways in broken for operation in (wait(pause_ms), *ways)]
        return case("waiting", setting, [*workload, until("acked"), until("acked", 2)], timing=timing)

    ways = st.one_of(DROPS.map(lambda one: [one]), st.just([CRASH]), st.just([STOP, START]))
    first = long_scripts(8, 14)
    return st.builds(
        build, timings(setting, BRISK, MIDDLE), first, scripts(size_max=3), st.lists(ways, min_size=1, max_size=2), st.sampled_from((0, 30))
    )


def draw_discarded(setting: Setting) -> SearchStrategy[Case]:
    """A task waits behind one that runs, or its agent dies as soon as it has received it; then the hello_ack takes it back.

    Where only the connection ends, what runs is over before the hello_ack comes, and what waits has to wait for it.
    """

    def build(timing: Timing | None, first: Script, waiting: Sequence[Script], how: str, after_ms: int, replay: str | None) -> Case:
        late_ms = LATER_THAN_FIRST_MS if how == "drop" else after_ms
        shapes = [{}, {"discarded": "not-started", "finals": "empty", "replay": replay, "after_ms": late_ms}]
        queue = [task(one, number) for number, one in enumerate([first, *waiting], 1)]
        faults: list[Fault] = []
        if how == "received":
            faults = [CrashAtFrame(endpoint=RECEIVED, nth=1 + len(waiting), moment="arrived")]
        broken = {"operation": [CRASH], "drop": [drop("rst")], "received": []}[how]
        workload = [*queue, until("output"), wait(30), *broken, wait(500 + late_ms), drop("close"), wait(500 + late_ms)]
        return case("discarded", setting, workload, faults, timing=timing, hello_acks=shapes)

    waiting = st.lists(st.just(script([write(0, "never\n")], exit_at_ms=100)), min_size=1, max_size=2)
    how = st.sampled_from(("operation", "drop", "received", "drop"))
    late = st.sampled_from((0, 0, 200))
    first = long_scripts(8, 14).map(lambda given: {**given, "exit_at_ms": FIRST_MS})
    return st.builds(build, timings(setting, BRISK, MIDDLE), first, waiting, how, late, st.sampled_from((None, "missing", "empty")))


DUPLICATES = agent_scenario(
    "duplicates", "a task is delivered again, over socket and HTTP", TWICE, draw_duplicates, counts=happened("delivered-again")
)
DROPPED_DELIVERIES = agent_scenario(
    "dropped-deliveries",
    "the connection ends right behind a delivery",
    ("DLV-2", "FIN-4"),
    draw_dropped,
    counts=came_back(),
)
WAITING = agent_scenario(
    "waiting", "a task waits behind one that runs, and the connection or the agent ends", ("DLV-2", "FIN-2", "FIN-4"),
    draw_waiting, counts=came_back(),
)  # fmt: skip
DISCARDED = agent_scenario(
    "discarded", "tasks that were received and not started are taken back", ("DLV-3", "FIN-2"), draw_discarded,
    counts=came_back(),
)  # fmt: skip
