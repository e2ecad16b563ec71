"""All kinds of faults and operations in one history, some switched off wholly in each example."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation
from ..drawing import any_of, slices
from .base import agent_scenario
from .draws import BRISK, CRASH, MIDDLE, START, STOP, Timing, case, deliver, drop, gap, hold, limits, say, task, timings, until, wait
from .errors import HARMLESS
from .frame_faults import INBOUND, STORED, closes, crashes_at, cut_frames, delays, drops, refusals, repeats, strays
from .illegal import WHILE_DELIVERING
from .outages import report_faults, upgrades_refused
from .replays import ACKS
from .scripts import Script, long_scripts, scripts
from .wire import SOCKETS

JUDGES = (
    "SEQ-1", "SEQ-2", "SEQ-3", "ACK-1", "RPL-1", "HELLO-1", "HELLO-2", "HELLO-4", "FIN-1", "FIN-2", "FIN-4", "DLV-1", "DLV-2", "ENV-1",
    "AUTH-1", "CONN-1",
)  # fmt: skip
LATENESS_MS = st.sampled_from((20, 200, 1_000))
KINDS = (
    drops(INBOUND),
    drops(ACKS),
    delays(STORED, LATENESS_MS),
    delays(ACKS, LATENESS_MS),
    repeats(STORED),
    strays(),
    closes(INBOUND),
    refusals(STORED, retryable=True),
    refusals(STORED, retryable=False),
    crashes_at(INBOUND),
    cut_frames(),
    slices(SOCKETS),
)
SLOW_KINDS = (upgrades_refused(), report_faults())
"""They need waits that no example on real sockets can afford."""
OPERATIONS = ("wait", "drop", "hold", "deliver", "harmless", "gap", "crash", "stop", "illegal", "output")

Draft = tuple[str, int]


def operations_of(draft: Draft) -> list[Operation]:
    kind, number = draft
    some: Mapping[str, list[Operation]] = {
        "wait": [wait(20 * number)],
        "drop": [drop(("rst", "fin", "close")[number % 3])],
        "hold": [hold(60 * number), drop("close")],
        "deliver": [deliver()],
        "harmless": [say(HARMLESS[number % len(HARMLESS)])],
        "gap": [gap("stdout", ("true", 0, 1)[number % 3])],
        "crash": [CRASH],
        "stop": [STOP, wait(10 * number), START],
        "illegal": [say(WHILE_DELIVERING[number % len(WHILE_DELIVERING)])],
        "output": [until("output", count=1 + number)],
    }
    return some[kind]


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(
        timing: Timing | None, limit: Mapping[str, int] | None, given: list[Script], drafts: list[Draft], faults: list[Fault]
    ) -> Case:
        numbers = range(1, len(given) + 1)
        workload = [task(given[number - 1], number) for number in numbers]
        workload += [operation for draft in drafts for operation in operations_of(draft)]
        return case("swarm", setting, [*workload, *(until("acked", number) for number in numbers)], faults, timing=timing, limits=limit)

    kinds = KINDS + SLOW_KINDS if setting.world == "sim" else KINDS
    chosen = st.lists(st.sampled_from(range(len(kinds))), max_size=3, unique=True)
    faults = chosen.flatmap(lambda numbers: any_of(*(kinds[n] for n in numbers), size_min=0, size_max=4) if numbers else st.just([]))
    enabled = st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=4)
    drafts = enabled.flatmap(lambda some: st.lists(st.tuples(st.sampled_from(some), st.integers(0, 11)), max_size=6))
    some = st.lists(st.one_of(long_scripts(2, 8), scripts()), min_size=1, max_size=2)
    return st.builds(build, timings(setting, BRISK, MIDDLE), limits(setting, 33), some, drafts, faults)


SWARM = agent_scenario("swarm", "mixtures of tasks, drops, crashes, stops, deliveries and faults", JUDGES, draw)
