"""One session as it really is: its log grows as its script says, and each of its sides is told in its own time."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..frames import Frame
from ..host import Recorder
from .log import Logged, hidden_before, logged
from .script import PROCESSED_AT, Script, Step

ACTIVE = ("running", "rescheduling")
ROUNDING_S = 1e-6
"""A timer that fires so much too early is in time."""

Due = tuple[float, int, Callable[[], object]]
"""(milliseconds since the prompt, how many were planned before it, what is then to be done)"""


class Ledger(Protocol):
    """What a session needs of its service."""

    @property
    def record(self) -> Recorder: ...

    def next_event_id(self) -> str:
        """Unique over all sessions."""

    def wake_streams(self) -> None:
        """Streams may have something new."""


class Session:
    """``status`` is the true one, ``told`` what GET answers. Made on the running loop."""

    def __init__(self, id: str, script: Script, ledger: Ledger) -> None:
        self.id = id
        self.log: list[Logged] = []
        self.status = self.told = "idle"
        self.interrupted = self.deleted = False
        self._script = script
        self._ledger = ledger
        self._sources: dict[SessionSource, None] = {}
        self._due: list[Due] = []
        self._planned = 0
        self._told_rank = -1
        """The step whose status GET tells: what comes late does not undo what is newer."""
        self._prompted = False
        self._at_next_page = script.between_pages
        self._begun_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._note("status", status=self.told)
        for step in script.before:
            self._record(step, -1)

    @property
    def is_running(self) -> bool:
        return self.status in ACTIVE

    # --- what requests do

    def prompt(self, content: Any) -> None:
        """A message of the user; the first one starts the script, and the service says at once that it runs."""
        id = self._ledger.next_event_id()
        self._add({"id": id, "type": "user.message", "processed_at": PROCESSED_AT, "content": content}, Step("other"))
        if self._prompted:
            return
        self._prompted = True
        self._begun_s = asyncio.get_running_loop().time()
        for rank, step in enumerate((Step("running", status_lag_ms=self._script.status_lag_ms), *self._script.steps)):
            self._plan(step.after_ms, self._perform, step, rank)
            if step.status_lag_ms < 0:
                self._plan(max(0, step.after_ms + step.status_lag_ms), self._tell, step.status, rank)
        self._mind_the_clock()

    def interrupt(self) -> None:
        """It stops where it is. Nothing is added to the log: what comes behind an interrupt is nobody's result."""
        self._stop()
        self.interrupted = True
        if self.is_running:
            self.status = "idle"
            self._tell("idle", len(self._script.steps) + 1)

    def delete(self) -> None:
        self._stop()
        self.deleted = True
        self._ledger.wake_streams()

    def turn_page(self) -> None:
        """A further page of a listing is about to be read: what the script has for that moment comes in front of it."""
        if self.status == "idle" and self._prompted and not self.interrupted:
            steps, self._at_next_page = self._at_next_page, ()
            for step in steps:
                self._perform(step, len(self._script.steps))

    def open_source(self) -> SessionSource:
        source = SessionSource(self)
        self._sources[source] = None
        return source

    def close_source(self, source: SessionSource) -> None:
        self._sources.pop(source, None)

    # --- the course of its script

    def _plan(self, at_ms: float, do: Callable[..., object], *args: Any) -> None:
        self._planned += 1
        insort(self._due, (at_ms, self._planned, lambda: do(*args)), key=lambda due: due[:2])

    def _mind_the_clock(self) -> None:
        """Does all whose time has come, then waits for the next."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._due:
            at_s = self._begun_s + self._due[0][0] / 1_000
            if at_s > loop.time() + ROUNDING_S:
                self._timer = loop.call_at(at_s, self._mind_the_clock)
                return
            self._due.pop(0)[2]()

    def _perform(self, step: Step, rank: int) -> None:
        """Whoever says something runs, so a service that was idle says so first; behind its end it says nothing."""
        if self.status == "terminated":
            return
        if self.status == "idle" and step.status is None:
            self._record(Step("running", step.after_ms), rank)
        row = self._record(step, rank)
        if not row.is_shown and not row.may_hide:
            self._plan(step.after_ms + step.lag_ms, self._show, row)

    def _stop(self) -> None:
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()

    # --- the log and its sides

    def _record(self, step: Step, rank: int) -> Logged:
        row = self._add(step.event(self._ledger.next_event_id()), step)
        if step.status is not None:
            self.status = step.status
            if step.status_lag_ms > 0:
                self._plan(step.after_ms + step.status_lag_ms, self._tell, step.status, rank)
            else:
                self._tell(step.status, rank)
        return row

    def _add(self, event: dict[str, Any], step: Step) -> Logged:
        row = logged(len(self.log) + 1, event, step)
        self.log.append(row)
        self._note("recorded", event=event)
        if step.streamed and self._sources:
            for source in self._sources:
                source.push(row.frame)
            self._ledger.wake_streams()
        if not row.may_hide and (step.lag_ms <= 0 or step.status in ACTIVE):
            self._show(row)
        return row

    def _show(self, row: Logged) -> None:
        """The list has it from now on; with a terminal event, whatever must not be missing any more."""
        if row.is_terminal:
            for older in hidden_before(self.log, row):
                self._show_one(older)
        self._show_one(row)

    def _show_one(self, row: Logged) -> None:
        if not row.is_shown:
            row.is_shown = True
            self._note("shown", id=row.id)

    def _tell(self, status: str, rank: int) -> None:
        if rank < self._told_rank:
            return
        self._told_rank = rank
        if status != self.told:
            self.told = status
            self._note("status", status=status)

    def _note(self, kind: str, **data: Any) -> None:
        self._ledger.record.add(kind, session=self.id, **data)


class SessionSource:
    """What one subscriber gets: what is streamed from now on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._queue: deque[Frame] = deque()

    def push(self, frame: Frame) -> None:
        self._queue.append(frame)

    def next(self) -> Frame | None:
        return self._queue.popleft() if self._queue else None

    def ending(self) -> Sequence[Frame] | None:
        """The stream of a session that can say nothing more ends; that of an idle one goes on."""
        return () if self._session.deleted or self._session.status == "terminated" else None
