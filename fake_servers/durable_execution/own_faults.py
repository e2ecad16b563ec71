"""The faults that the reference plants in its own store when its config says so: a full disk, a disk that cannot be read."""

from __future__ import annotations

import sqlite3


class OwnFaults:
    """``fail_writes_after`` n: the write of frame number n (from 0) of every run fails, once. ``fail_reads_after`` n: a streamed answer
    fails when it reads on behind n frames, once in all (one that is over with them has nothing to read). None: never."""

    def __init__(self, fail_writes_after: int | None = None, fail_reads_after: int | None = None) -> None:
        self._fail_writes_after = fail_writes_after
        self._fail_reads_after = fail_reads_after
        self._runs_failed: set[str] = set()

    def before_write(self, run_id: str, position: int) -> None:
        if position == self._fail_writes_after and run_id not in self._runs_failed:
            self._runs_failed.add(run_id)
            raise sqlite3.OperationalError("database or disk is full")

    def before_read(self, frames_out: int, limit: int) -> int:
        """How many frames may be read, given that so many went out and ``limit`` were wanted."""
        if self._fail_reads_after is None:
            return limit
        if frames_out >= self._fail_reads_after:
            self._fail_reads_after = None
            raise sqlite3.OperationalError("disk I/O error")
        return min(limit, self._fail_reads_after - frames_out)
