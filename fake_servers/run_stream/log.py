"""The log of a run as readers see it: the events of the stored stream, with the ids and frames of both legs.

An id is ``<milliseconds>-<number>``. The legs count from different times, so an id of one is unknown to the other. A
reader goes on behind the id it names; behind an unknown one, or one whose successors are trimmed, from the oldest event
that is kept. The history of a run keeps them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..frames import STREAM_END, Frame, event_text
from ..ingest.store import Stream
from .routes import Leg
from .state import BEGIN_MS

OFFSET_MS: Mapping[bool, int] = {True: BEGIN_MS, False: BEGIN_MS - 500_000_000_000}
"""Where ids begin, on the proxy and on the backend: far enough apart that they never meet."""

Record = Callable[..., object]


class RunLog:
    """Listens to the stream. ``changed`` is called when readers have something new to read.

    Entries: ``append`` {run, position, id (that of the leg which the run is followed on), event}, ``trimmed`` {run, oldest},
    ``finished`` {run}.
    """

    def __init__(self, stream: Stream, now_ms: Callable[[], int], leg: Callable[[], Leg], record: Record) -> None:
        self._stream = stream
        self._now_ms = now_ms
        self._leg = leg
        self._record = record
        self.changed: Callable[[], None] = lambda: None
        self.oldest = 1
        """Position of the oldest event that is still kept; one behind the newest when none is."""
        self.texts: list[str] = []
        self._frames: dict[bool, list[Frame]] = {True: [], False: []}
        self._position_by_id: dict[bool, dict[str, int]] = {True: {}, False: {}}
        self._last_id = (-1, 0)
        stream.listeners.append(self)
        for _, event in stream.log:
            self.appended(event)

    @property
    def newest(self) -> int:
        """Position of the newest event, 0 when there is none."""
        return len(self.texts)

    @property
    def finished(self) -> bool:
        return self._stream.completed

    def add(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Appends to the stream. A finished one takes no more."""
        for event in events:
            self._stream.apply(self._stream.last + 1, event)

    def add_by_others(self, count: int) -> bool:
        """Somebody else writes so many events. False when the stream takes none any more."""
        return self._stream.second_writer(count)

    def finish(self) -> bool:
        """False when it is finished already."""
        return self._stream.complete_by_others()

    def trim(self, keep: int) -> bool:
        """Keeps only the newest. False when no more than that are kept already."""
        oldest = max(1, self.newest - keep + 1)
        if oldest <= self.oldest:
            return False
        self.oldest = oldest
        self._record("trimmed", run=self._stream.run_id, oldest=oldest)
        return True

    # --- what the stream tells

    def appended(self, event: Mapping[str, Any]) -> None:
        position = self.newest + 1
        text = event_text(event)
        now_ms, (last_ms, last_number) = self._now_ms(), self._last_id
        self._last_id = ms, number = (now_ms, 0) if now_ms > last_ms else (last_ms, last_number + 1)
        for on_proxy, offset_ms in OFFSET_MS.items():
            id = f"{offset_ms + ms}-{number}"
            self._position_by_id[on_proxy][id] = position
            self._frames[on_proxy].append(Frame("event", text, id, position=position))
        self.texts.append(text)
        seen_as = self._frames[self._leg() == "proxy"][-1].id
        self._record("append", run=self._stream.run_id, position=position, id=seen_as, event=event)
        self.changed()

    def completed(self) -> None:
        self._record("finished", run=self._stream.run_id)
        self.changed()

    # --- what readers get

    def frame(self, on_proxy: bool, position: int) -> Frame:
        return self._frames[on_proxy][position - 1]

    def position_of(self, on_proxy: bool, id: str) -> int:
        """0 for an id that this leg does not know."""
        return self._position_by_id[on_proxy].get(id, 0)


class LogSource:
    """One reader's way through the log, from behind position ``behind``. ``says_end``: a finished stream ends with a frame."""

    def __init__(self, log: RunLog, on_proxy: bool, behind: int, says_end: bool) -> None:
        self._log = log
        self._on_proxy = on_proxy
        self._behind = behind
        self._says_end = says_end

    def next(self) -> Frame | None:
        position = max(self._behind + 1, self._log.oldest)
        if position > self._log.newest:
            return None
        self._behind = position
        return self._log.frame(self._on_proxy, position)

    def ending(self) -> Sequence[Frame] | None:
        if not self._log.finished:
            return None
        return (STREAM_END,) if self._says_end else ()
