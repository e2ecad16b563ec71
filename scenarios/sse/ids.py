"""Ids of every kind: unicode, empty, with NULL, without an event, and events without one; then a cut."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case, Operation
from .base import sse_scenario
from .draws import PAUSE_MS, WATCH, breaks, case, config, ending, event, raw, retries, send, wait, with_retry

JUDGES = ("ID-1", "RES-1", "LOSS-1")
IDS = ("", None, "é/ü 日本", "🙂", "a, b; c", "0", "-1", "9" * 40, "%20", "x" * 500)
FRAMES = ("id\ndata: reset {}\n\n", "id: {}\n\n", "id: a\0b\ndata: {}\n\n", "id:\n\n", "id: {}\nid: {}-b\ndata: {}\n\n")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(ids: list[str | None], frames: list[str], plan: list[Fault], retry_ms: int | None) -> Case:
        rows = [event(mark, id=id) for mark, id in enumerate(ids, 2)]
        written: list[Operation] = [raw(frame.replace("{}", f"r{number}")) for number, frame in enumerate(frames)]
        ops = [
            *with_retry([send(event(1))], retry_ms),
            WATCH,
            send(*rows),
            *written,
            wait(3 * PAUSE_MS[setting.world]),
            send(event(90, id=None)),
        ]
        return case("ids", setting, config(setting), [*ops, *ending(setting)], plan)

    ids = st.lists(st.sampled_from(IDS), min_size=1, max_size=5)
    return st.builds(build, ids, st.lists(st.sampled_from(FRAMES), max_size=3), st.lists(breaks(), max_size=2), retries(setting))


STRANGE_IDS = sse_scenario("ids", "ids with unicode, empty ones, ids with NULL, ids without events", JUDGES, draw)
