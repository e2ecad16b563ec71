"""Who waits for a run is told when something of it was committed.

Look first, then wait, with no ``await`` in between: so nothing is missed, and nobody needs to be told what has changed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict


class BrokenOff(Exception):
    """Nothing more can be told of the run: its store does not work, or the server closes."""


class Announcements:
    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._broken: set[str] = set()
        self._closed = False

    def announce(self, run_id: str) -> None:
        for future in self._waiting.pop(run_id, ()):
            if not future.done():
                future.set_result(None)

    async def next(self, run_id: str, timeout_s: float | None = None) -> None:
        """Returns when something was committed, or after ``timeout_s``. Raises BrokenOff."""
        self._check(run_id)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[run_id].add(future)
        try:
            await asyncio.wait((future,), timeout=timeout_s)
        finally:
            self._forget(run_id, future)
        self._check(run_id)

    def break_off(self, run_id: str) -> None:
        """The run does not go on in this life of the server."""
        self._broken.add(run_id)
        self.announce(run_id)

    def close(self) -> None:
        self._closed = True
        for run_id in list(self._waiting):
            self.announce(run_id)

    def _check(self, run_id: str) -> None:
        if self._closed or run_id in self._broken:
            raise BrokenOff(run_id)

    def _forget(self, run_id: str, future: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(run_id)
        if waiting is not None:
            waiting.discard(future)
            if not waiting:
                del self._waiting[run_id]
