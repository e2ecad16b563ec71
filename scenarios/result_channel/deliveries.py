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
from .draws import BRISK, CRASH, DROPS, MIDDLE, Timing, case, deliver, drop, figures, hold, task, timings, until, wait
from .frame_faults import DELIVER, RECEIVED, STARTED, closes, drops, repeats
from .happened import Counts, all_of, came_back, happened
from .scripts import Script, long_scripts, script, scripts, write

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


def draw_discarded(setting: Setting) -> SearchStrategy[Case]:
    """A task waits behind one that runs, or its agent dies as soon as it has received it; then the hello_ack takes it back."""

    def build(timing: Timing | None, first: Script, waiting: Sequence[Script], how: str, after_ms: int, replay: str | None) -> Case:
        shapes = [{}, {"discarded": "not-started", "finals": "empty", "replay": replay, "after_ms": after_ms}]
        queue = [task(one, number) for number, one in enumerate([first, *waiting], 1)]
        faults: list[Fault] = []
        if how == "received":
            faults = [CrashAtFrame(endpoint=RECEIVED, nth=1 + len(waiting), moment="arrived")]
        workload = [*queue, until("output"), wait(30), *([CRASH] if how == "operation" else []), wait(500), drop("close"), wait(500)]
        return case("discarded", setting, workload, faults, timing=timing, hello_acks=shapes)

    waiting = st.lists(st.just(script([write(0, "never\n")])), min_size=1, max_size=2)
    how = st.sampled_from(("operation", "received", "operation"))
    late = st.sampled_from((0, 0, 200))
    first = long_scripts(8, 14)
    return st.builds(build, timings(setting, BRISK, MIDDLE), first, waiting, how, late, st.sampled_from((None, "missing", "empty")))


DISCARDED_ONE: Counts = all_of(happened("gone"), came_back())
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
DISCARDED = agent_scenario(
    "discarded", "tasks that were received and not started are taken back", ("DLV-3", "FIN-2"), draw_discarded,
    counts=DISCARDED_ONE,
)  # fmt: skip
