"""A stored id: the client goes on where an earlier one had stopped."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.sse import STORED_ID
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case
from .base import sse_scenario
from .draws import WATCH, breaks, case, config, ending, event, retries, send

JUDGES = ("STO-1", "RES-1", "ID-1", "LOSS-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(count: int, cursor: int, ids: bool, plan: list[Fault], retry_ms: int | None) -> Case:
        rows = [event(mark, id="" if ids or mark <= cursor else None) for mark in range(1, count + 1)]
        asked = [] if retry_ms is None else [send({"retry": str(retry_ms)})]
        stored = str(min(cursor, count)) if STORED_ID in setting.capabilities else None
        return case(
            "stored", setting, config(setting, stored_id=stored), [send(*rows), *asked, WATCH, send(event(90)), *ending(setting)], plan
        )

    return st.builds(build, st.integers(1, 6), st.integers(1, 6), st.booleans(), st.lists(breaks(), max_size=2), retries(setting))


STORED = sse_scenario("stored", "a stored id that the first connection starts from", JUDGES, draw)
