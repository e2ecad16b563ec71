"""For every cursor k: the first k events, a cut, and the resumption behind k are the whole stream."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.values.case import Case
from ..drawing import HOW
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import WATCH, case, config, ending, event, retries, send, wait, with_retry

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1", "REC-1")
IDS = ("", "a-{}", "1700000000000-{}", "é/ü {}", "{}:%2F?&#", '"{}"', "日本-{}")
LINES_AN_EVENT = 3


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(count: int, cursors: list[int], how: str, form: str, retry_ms: int | None) -> Case:
        rows = [event(mark, id=form.format(mark)) for mark in range(1, count + 1)]
        # Behind the line `retry` of the first event; on each connection so many events later as there are lines for.
        cuts: list[Fault] = [
            Cut(
                endpoint="stream", nth=number, direction="answer", after_lines=cursor * LINES_AN_EVENT, how="fin" if how == "fin" else "rst"
            )
            for number, cursor in enumerate(cursors, 1)
        ]
        later = [send(row) for row in rows[count // 2 :]]
        ops = [*with_retry([send(*rows[: count // 2])], retry_ms), WATCH, wait(10), *later, *ending(setting)]
        return case("resume", setting, config(setting), ops, cuts)

    count = st.integers(2, 12)
    return st.builds(build, count, st.lists(st.integers(0, 6), min_size=1, max_size=4), HOW, st.sampled_from(IDS), retries(setting))


RESUME = sse_scenario("resume", "full[:k] + resume(k) == full, for every cursor k and many forms of ids", JUDGES, draw, counts=any_injected)
