"""What the control plane has accepted: the rules of the contract for outputs and finals, without any wire.

Outputs: for each task, attempt and stream the sequence that is expected is the highest one + 1. The expected one is accepted, a lower one
is a duplicate (and is acknowledged again), a higher one is a gap. Finals: the first of an attempt is accepted, later ones are duplicates.
A message id that was accepted stands for that message. What has the place of an accepted message, but another id or content, is a conflict;
it changes nothing and is answered as a duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

As = Literal["accepted", "duplicate", "gap", "conflict", "dropped", "refused", "ignored"]
ACKNOWLEDGED: tuple[As, ...] = ("accepted", "duplicate", "conflict")
"""What is answered with an ack."""
STREAMS = ("stdout", "stderr")
_FINAL_FIELDS = ("status", "exit_code", "output", "error")

Key = tuple[str, str]
"""(task, attempt)"""


class Taken(NamedTuple):
    """``highest``: the highest accepted sequence of the stream afterwards, None for a final."""

    taken_as: As
    highest: int | None = None


@dataclass
class Facts:
    """What the ledger holds of one attempt. ``outputs``: accepted ones of both streams. ``acked``: an ack of its final was sent."""

    received: bool = False
    started: bool = False
    outputs: int = 0
    final: bool = False
    acked: bool = False
    reported: bool = False
    discarded: bool = False

    @property
    def seen(self) -> bool:
        """Anything came of it, so it need not be delivered again."""
        return self.received or self.started or self.outputs > 0 or self.final or self.reported

    @property
    def over(self) -> bool:
        """How it ended is known."""
        return self.final or self.reported


@dataclass
class _Attempt:
    facts: Facts = field(default_factory=Facts)
    outputs: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {stream: [] for stream in STREAMS})
    """By stream, in their order: (message id, data)."""
    final: tuple[str, Mapping[str, Any]] | None = None


class Ledger:
    def __init__(self) -> None:
        self._attempts: dict[Key, _Attempt] = {}
        self._ids: set[str] = set()
        self._newest: dict[tuple[str, str, str], str] = {}

    def facts(self, task: str, attempt: str) -> Facts:
        return self._attempt(task, attempt).facts

    @property
    def attempts(self) -> list[Key]:
        """Those that anything is known of, oldest first."""
        return list(self._attempts)

    def highest(self, task: str, attempt: str, stream: str) -> int:
        """The highest accepted sequence, 0 when there is none."""
        return len(self._attempt(task, attempt).outputs[stream])

    def newest_output(self, task: str, attempt: str, stream: str) -> str | None:
        """The id of the output that arrived last, accepted or not."""
        return self._newest.get((task, attempt, stream))

    def arrived(self, task: str, attempt: str, stream: str, message_id: str) -> None:
        self._newest[task, attempt, stream] = message_id

    def take_output(self, task: str, attempt: str, stream: str, sequence: int, message_id: str, data: str) -> Taken:
        record = self._attempt(task, attempt)
        accepted = record.outputs[stream]
        highest = len(accepted)
        if sequence <= highest:
            return Taken("duplicate" if accepted[sequence - 1] == (message_id, data) else "conflict", highest)
        if message_id in self._ids:
            return Taken("conflict", highest)
        if sequence > highest + 1:
            return Taken("gap", highest)
        accepted.append((message_id, data))
        self._ids.add(message_id)
        record.facts.outputs += 1
        return Taken("accepted", highest + 1)

    def take_final(self, task: str, attempt: str, message_id: str, content: Mapping[str, Any]) -> Taken:
        """``content``: the payload of a final, or what a hello lists of one, which may leave out its texts."""
        record = self._attempt(task, attempt)
        if record.final is not None:
            return Taken("duplicate" if record.final[0] == message_id and _alike(record.final[1], content) else "conflict")
        if message_id in self._ids:
            return Taken("conflict")
        record.final = (message_id, content)
        self._ids.add(message_id)
        record.facts.final = True
        return Taken("accepted")

    def _attempt(self, task: str, attempt: str) -> _Attempt:
        found = self._attempts.get((task, attempt))
        if found is None:
            found = self._attempts[task, attempt] = _Attempt()
        return found


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Texts are compared where both have them."""
    return all(one[name] == other[name] for name in _FINAL_FIELDS if name in one and name in other)
