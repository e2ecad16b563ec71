"""The connection ends in the midst of a command, once or more: what was not acknowledged comes again, and nothing else."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation
from ..drawing import any_of
from .base import agent_scenario
from .draws import BRISK, DROPS, MIDDLE, Timing, case, hold, task, timings, until, wait
from .frame_faults import ACK, delays, drops
from .happened import came_back
from .scripts import Script, long_scripts

JUDGES = ("RPL-1", "HELLO-4", "ACK-1", "SEQ-1", "SEQ-2", "SEQ-3", "SEQ-4", "FLUSH-3", "FIN-1", "HELLO-1", "HELLO-2", "AUTH-1", "ENV-1")
ACKS = st.just(ACK)
SESSION_MS = 750
"""Long enough for a reconnect and for a whole replay behind it."""
BIG_LATENESS_MS = st.sampled_from((100, 400, 1_500))


def breaks(size_max: int = 3) -> SearchStrategy[list[Operation]]:
    """Drops in the midst of the output of the first task, some of them with an outage behind."""
    one = st.tuples(st.integers(1, 4), DROPS, st.sampled_from((0, 0, 30, 250)), st.sampled_from((SESSION_MS, 20)))
    return st.lists(one, min_size=1, max_size=size_max).map(_breaks)


def _breaks(given: list[tuple[int, Operation, int, int]]) -> list[Operation]:
    outputs, found = 0, []
    for more, dropped, outage_ms, pause_ms in given:
        outputs += more
        found += [until("output", count=outputs), *([hold(outage_ms)] if outage_ms else []), dropped, wait(pause_ms)]
    return found


def draw(setting: Setting) -> SearchStrategy[Case]:
    """Acks that are lost or late leave something to replay."""

    def build(timing: Timing | None, given: Script, broken: list[Operation], faults: list[Fault]) -> Case:
        return case("replays", setting, [task(given), *broken, until("acked")], faults, timing=timing)

    lost = any_of(drops(ACKS), delays(ACKS, BIG_LATENESS_MS), size_min=0)
    return st.builds(build, timings(setting, BRISK, MIDDLE), long_scripts(), breaks(), lost)


def draw_directives(setting: Setting) -> SearchStrategy[Case]:
    """The hello_acks say what is to be sent again, down to empty lists; later ones say nothing, and then everything comes."""

    def build(
        timing: Timing | None, given: Script, broken: list[Operation], dropped: Operation, faults: list[Fault], shapes: list[dict[str, str]]
    ) -> Case:
        workload = [task(given), *broken, wait(SESSION_MS), dropped, wait(SESSION_MS)]
        return case("directives", setting, workload, faults, timing=timing, hello_acks=[{}, *shapes])

    shape = st.fixed_dictionaries({
        "replay": st.sampled_from(("missing", "from-one", "empty", None)),
        "finals": st.sampled_from(("listed", "empty", None)),
        "discarded": st.sampled_from((None, "empty")),
        "omit": st.booleans(),
    })  # fmt: skip
    lost = any_of(drops(ACKS, times=st.sampled_from((2, 5, 20))), delays(ACKS, BIG_LATENESS_MS))
    return st.builds(
        build, timings(setting, BRISK, MIDDLE), long_scripts(), breaks(2), DROPS, lost, st.lists(shape, min_size=1, max_size=3)
    )


REPLAYS = agent_scenario("replays", "the connection ends while a command writes", JUDGES, draw, counts=came_back())
DIRECTIVES = agent_scenario(
    "directives",
    "hello_acks that say what to send again, down to empty lists",
    ("RPL-2", "RPL-1", "ACK-1", "HELLO-4", "SEQ-1", "SEQ-2", "SEQ-3", "FIN-2"),
    draw_directives,
    counts=came_back(),
)
