"""A run whose rounds are known beforehand: what of it has been released, what it waits for, and how one reader reads it.

A round releases its frames at once, or one every ``every_ms``. What comes behind its last frame is up to its end: a
``suspended`` run opens its next round when its pending call is decided. A round that ends in ``transport`` shows that to one
reader, who gets `event: error`; whoever comes back finds the next round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from ...frames import Frame
from .frames import RoundEnd, chunk, draft_delta, ending_chunks

Done = Literal["none", "end", "each"]
"""Where `[DONE]` is sent: nowhere, behind a finish, or at the end of every body that ends because its run is at rest."""
Verdict = Literal["recorded", "again", "opposite", "unknown", "not-suspended", "over"]

_STATUS: Mapping[RoundEnd, str] = {"suspended": "suspended", "success": "completed", "agent_failure": "failed", "transport": "running"}


@dataclass(frozen=True)
class Round:
    """``call``: the tool call that a suspended round asks an approval for. ``every_ms`` 0: all frames at once."""

    frames: tuple[Mapping[str, str], ...] = ()
    end: RoundEnd = "success"
    call: str = "call-1"
    every_ms: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Round:
        return cls(tuple(data["frames"]), data["end"], data.get("call") or "call-1", data.get("every_ms") or 0)


class Run:
    """``changed`` is called when readers have something new. Made on the running loop."""

    def __init__(self, number: int, id: str, conversation: str, rounds: Sequence[Round], done: Done, changed: Callable[[], None]) -> None:
        self.number = number
        self.id = id
        self.conversation = conversation
        self.frames: list[Frame] = []
        """Those that are released, over all rounds."""
        self.decisions: dict[str, bool] = {}
        self._rounds = list(rounds)
        self._done = done
        self._changed = changed
        self._opened = 0
        self._unreleased: list[tuple[Mapping[str, Any], str | None]] = []
        self.open_round()

    # --- rounds

    def open_round(self) -> None:
        """The next round begins. Behind the last one there is nothing but a finish."""
        if self._opened == len(self._rounds):
            self._rounds.append(Round())
        self._opened += 1
        deltas: list[tuple[Mapping[str, Any], str | None]] = [(draft_delta(draft), None) for draft in self.round.frames]
        self._unreleased = deltas + cast("list[tuple[Mapping[str, Any], str | None]]", ending_chunks(self.round.end, self.round.call))
        if self.round.every_ms:
            self._release_later()
        else:
            while self._unreleased:
                self._release()
        self._changed()

    @property
    def round(self) -> Round:
        """The one that was opened last."""
        return self._rounds[self._opened - 1]

    def _release(self) -> None:
        delta, finish_reason = self._unreleased.pop(0)
        index = len(self.frames)
        self.frames.append(Frame("event", chunk(self.number, index, delta, finish_reason), position=index + 1))

    def _release_later(self) -> None:
        if self._unreleased:
            asyncio.get_running_loop().call_later(self.round.every_ms / 1_000, self._on_timer)

    def _on_timer(self) -> None:
        self._release()
        self._release_later()
        self._changed()

    # --- what it waits for

    @property
    def round_is_over(self) -> bool:
        return not self._unreleased

    @property
    def status(self) -> str:
        return _STATUS[self.round.end] if self.round_is_over else "running"

    @property
    def pending(self) -> str | None:
        """The tool call whose approval it waits for."""
        return self.round.call if self.status == "suspended" else None

    def decide(self, call: str, approved: bool) -> Verdict:
        """Decides the pending call and opens the next round; says what stands in the way where it cannot."""
        if call in self.decisions:
            return "again" if self.decisions[call] is approved else "opposite"
        if self.pending is None:
            return "over" if self.status in ("completed", "failed") else "not-suspended"
        if call != self.pending:
            return "unknown"
        self.decisions[call] = approved
        return "recorded"

    # --- what its readers ask

    def endings(self) -> list[Frame]:
        """What ends a body behind all frames of a round that is over. A failure of the transport is shown to this reader alone."""
        if self.round.end == "transport":
            self.open_round()
            return [Frame("error", '{"error":"Stream error"}', event="error")]
        if self._done == "each" or (self._done == "end" and self.status != "suspended"):
            return [Frame("done", "[DONE]")]
        return []


class RunSource:
    """The run as one reader reads it, from an index on. Nothing below the index is ever given out."""

    def __init__(self, run: Run, index: int) -> None:
        self._run = run
        self._index = index

    def next(self) -> Frame | None:
        if self._index >= len(self._run.frames):
            return None
        self._index += 1
        return self._run.frames[self._index - 1]

    def ending(self) -> Sequence[Frame] | None:
        return self._run.endings() if self._run.round_is_over else None
