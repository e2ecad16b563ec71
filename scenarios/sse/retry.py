"""What `retry` asks for: nothing, little, much, nonsense."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case
from ..drawing import any_of
from .base import sse_scenario
from .draws import END, PAUSE_MS, WATCH, breaks, case, config, ending, event, send, wait

JUDGES = ("WAIT-1", "REC-1", "LOSS-1")
FIRST = {"sim": ("300", "3000", "0", "1", "20000", "0400"), "loopback": ("300", "100", "400", "0200")}
SECOND = {"sim": ("5x", "400", "0", "3000"), "loopback": ("5x", "200", "100")}
HUGE = ("99999999999", "4294967296", "2147483648")
"""Beyond what the timers of some languages can hold."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: str, second: str, huge: str | None, plan: list[Fault]) -> Case:
        pause = wait(3 * PAUSE_MS[setting.world])
        ops = [send({**event(1), "retry": first}), WATCH, pause, send(event(2)), END, ("until_told", {"ms": 8_000}), pause]
        ops += [send({**event(3), "retry": second}), END, ("until_told", {"ms": 8_000}), pause, send(event(4))]
        if huge is None:
            return case("retry", setting, config(setting), [*ops, *ending(setting)], plan)
        ops += [
            send({**event(5), "retry": huge}),
            ("until_told", {"ms": 8_000}),
            pause,
            END,
            wait(35_000 if setting.world == "sim" else 1_200),
        ]
        return case("retry", setting, config(setting), ops, plan)

    first, second = st.sampled_from(FIRST[setting.world]), st.sampled_from(SECOND[setting.world])
    return st.builds(build, first, second, st.sampled_from((None, None, *HUGE)), any_of(breaks(), size_min=0, size_max=1))


RETRY = sse_scenario("retry", "retry: 0 to huge, and what is no number", JUDGES, draw)
