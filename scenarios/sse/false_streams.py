"""Answers that are no streams though they look like one: another media type, another status."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.sse import RECONNECT
from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.content_type import ContentType
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.status import Status
from ...harness.values.case import Case
from ..preconditions import injected
from .base import sse_scenario
from .draws import PAUSE_MS, STREAM, WATCH, case, config, ending, event, retries, send, wait, with_retry

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


def cases_of(scenario: str, setting: Setting, make: Callable[[int, int], SearchStrategy[Fault]]) -> SearchStrategy[Case]:
    """A client that connects again meets the false stream behind a good one, that breaks off behind its event."""
    first = 2 if RECONNECT in setting.capabilities else 1

    def build(fault: Fault, retry_ms: int | None) -> Case:
        plan = [EndStreamFault(endpoint="stream", nth=number, after_events=1) for number in range(1, fault.nth)]
        ops = [*with_retry([send(event(1))], retry_ms), WATCH, wait(PAUSE_MS[setting.world]), send(event(2), event(3))]
        return case(scenario, setting, config(setting), [*ops, wait(WATCHED_MS[setting.world]), *ending(setting)], [*plan, fault])

    faults = st.tuples(st.sampled_from((first, first, first + (first > 1))), st.integers(1, 4)).flatmap(lambda place: make(*place))
    return st.builds(build, faults, retries(setting))


def draw_types(setting: Setting) -> SearchStrategy[Case]:
    def make(nth: int, times: int) -> SearchStrategy[Fault]:
        return st.builds(ContentType, endpoint=STREAM, nth=st.just(nth), times=st.just(times), media_type=st.sampled_from(TYPES))

    return cases_of("false-types", setting, make)


def draw_statuses(setting: Setting) -> SearchStrategy[Case]:
    def make(nth: int, times: int) -> SearchStrategy[Fault]:
        return st.builds(Status, endpoint=STREAM, nth=st.just(nth), times=st.just(times), status=st.sampled_from(STATUSES))

    return cases_of("false-statuses", setting, make)


FALSE_TYPES = sse_scenario(
    "false-types", "event streams under another media type", ("TYPE-1", "FAIL-1"), draw_types, counts=injected("content-type")
)
FALSE_STATUSES = sse_scenario(
    "false-statuses", "event streams under another status", ("STAT-1", "FAIL-1"), draw_statuses, counts=injected("status")
)
