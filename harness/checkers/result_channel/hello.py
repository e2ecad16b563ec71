"""What a hello lists and what its hello_ack asks for, read from payloads that may hold anything."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

AttemptKey = tuple[str, str]
"""(task, attempt)"""
StreamKey = tuple[str, str, str]
"""(task, attempt, stream)"""


def text_of(value: Any) -> str:
    """A text as it is, and "" for whatever is none."""
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Range:
    """A row of ``unacked_output``, both ends included, as the agent wrote it: it may make no sense."""

    first: int
    last: int
    truncated: bool


@dataclass
class Hello:
    """``finals``: the listed unacked finals by message id. ``ranges``: the listed output by stream, in the order listed.

    ``not_started``: received_not_started. ``running``: the attempt that runs, or None. ``has_rotated``: of its spool_status.
    """

    finals: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    ranges: dict[StreamKey, list[Range]] = field(default_factory=dict)
    not_started: set[AttemptKey] = field(default_factory=set)
    running: AttemptKey | None = None
    has_rotated: bool = False
    _reach: dict[StreamKey, tuple[list[int], list[int]]] = field(default_factory=dict)
    """By stream the first sequences of its ranges, ascending, and how far those up to each reach at most."""

    def lists_output(self, stream: StreamKey, sequence: int) -> bool:
        """Some range of the stream holds that sequence."""
        if stream not in self._reach:
            ordered = sorted(self.ranges.get(stream, ()), key=lambda each: each.first)
            reach = list(accumulate((each.last for each in ordered), max))
            self._reach[stream] = [each.first for each in ordered], reach
        firsts, reach = self._reach[stream]
        at = bisect_right(firsts, sequence)
        return at > 0 and reach[at - 1] >= sequence

    @property
    def lists_something(self) -> bool:
        """There is unacknowledged output or an unacknowledged final."""
        return bool(self.finals or self.ranges)


@dataclass(frozen=True)
class Directives:
    """What a hello_ack asks for; each None where it says nothing. ``replay``: next_sequence by stream."""

    finals: frozenset[str] | None
    discarded: frozenset[AttemptKey] | None
    replay: Mapping[StreamKey, int] | None

    @property
    def present(self) -> bool:
        """Any of the three lists is there; an empty one counts."""
        return self.finals is not None or self.discarded is not None or self.replay is not None


def read_hello(payload: Mapping[str, Any]) -> Hello:
    hello = Hello()
    for row in _rows(payload.get("unacked_finals")):
        if text_of(row.get("message_id")):
            hello.finals[row["message_id"]] = row
    for row in _rows(payload.get("unacked_output")):
        first, last = row.get("first_sequence"), row.get("last_sequence")
        if type(first) is int and type(last) is int:
            listed = Range(first, last, row.get("truncated_locally") is True)
            hello.ranges.setdefault((*_attempt(row), text_of(row.get("stream"))), []).append(listed)
    hello.not_started.update(_attempt(row) for row in _rows(payload.get("received_not_started")))
    running = payload.get("running_task")
    hello.running = _attempt(running) if isinstance(running, Mapping) else None
    spool = payload.get("spool_status")
    hello.has_rotated = isinstance(spool, Mapping) and spool.get("has_rotated_chunks") is True
    return hello


def read_directives(payload: Mapping[str, Any]) -> Directives:
    finals, discarded = payload.get("acknowledged_final_message_ids"), payload.get("discarded_attempts")
    replay = payload.get("output_replay")
    next_by_stream = {
        (*_attempt(row), text_of(row.get("stream"))): row["next_sequence"] for row in _rows(replay) if type(row.get("next_sequence")) is int
    }
    return Directives(
        None if finals is None else frozenset(text_of(each) for each in finals),
        None if discarded is None else frozenset(_attempt(row) for row in _rows(discarded)),
        None if replay is None else next_by_stream,
    )


def _attempt(row: Mapping[str, Any]) -> AttemptKey:
    return text_of(row.get("task_id")), text_of(row.get("execution_attempt_id"))


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    return (row for row in value if isinstance(row, Mapping)) if isinstance(value, list) else iter(())
