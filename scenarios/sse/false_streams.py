"""Answers that are no streams though they look like one: another media type, another status."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.content_type import ContentType
from ...harness.faults.cut import Cut
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import PAUSE_MS, RECOVER, STREAM, WATCH, case, config, event, retries, send, wait, with_retry

JUDGES = ("TYPE-1", "STAT-1", "FAIL-1")
TYPES = (
    "text/html",
    "text/plain",
    "application/json",
    "text/event-stream-x",
    "application/octet-stream",
    "text/event-streams; charset=utf-8",
)
STATUSES = (401, 403, 404, 500, 503, 201, 206, 400)
WATCHED_MS = {"sim": 5_000, "loopback": 600}


def draw(setting: Setting) -> SearchStrategy[Case]:
    nth = st.sampled_from((2, 2, 1, 3)) if "reconnect" in setting.capabilities else st.just(1)
    types: SearchStrategy[Fault] = st.builds(
        ContentType, endpoint=STREAM, nth=nth, times=st.integers(1, 4), media_type=st.sampled_from(TYPES)
    )
    statuses: SearchStrategy[Fault] = st.builds(Status, endpoint=STREAM, nth=nth, times=st.integers(1, 4), status=st.sampled_from(STATUSES))

    def build(fault: Fault, retry_ms: int | None) -> Case:
        plan = [Cut(endpoint="stream", nth=number, direction="answer", after_lines=4) for number in range(1, fault.nth)]
        ops = [*with_retry([send(event(1))], retry_ms), WATCH, wait(PAUSE_MS[setting.world]), send(event(2), event(3))]
        return case("false-streams", setting, config(setting), [*ops, wait(WATCHED_MS[setting.world]), RECOVER], [*plan, fault])

    return st.builds(build, st.one_of(types, statuses), retries(setting))


FALSE_STREAMS = sse_scenario("false-streams", "event streams under another media type or status", JUDGES, draw, counts=any_injected)
