"""The state of a run, as the backend tells it: every version there was, so that an answer can lag behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

BEGIN_MS = 1_780_000_000_000
"""Unix time at which every run began: examples do not depend on the calendar."""


class RunState:
    """``now_ms``: milliseconds since the run began. ``updated_at`` grows with each change, also with two at one time."""

    def __init__(self, now_ms: Callable[[], int], record: Callable[[Mapping[str, Any]], object]) -> None:
        self._now_ms = now_ms
        self._record = record
        self._updated_ms = -1
        self._versions: list[Mapping[str, Any]] = []
        self.change(
            status="in_progress",
            stage=None,
            output=None,
            task_summary=None,
            state={"sandbox_alive": True},
            error_message=None,
            branch=None,
            log_url=None,
        )

    def change(self, **fields: Any) -> None:
        self._updated_ms = max(self._now_ms(), self._updated_ms + 1)
        latest = self._versions[-1] if self._versions else {}
        version = {**latest, "updated_at": iso_time(self._updated_ms), **fields}
        self._versions.append(version)
        self._record(version)

    def version(self, behind: int = 0) -> Mapping[str, Any]:
        """The state of ``behind`` changes ago, or the first one."""
        return self._versions[max(0, len(self._versions) - 1 - behind)]


def iso_time(since_begin_ms: int) -> str:
    moment = datetime.fromtimestamp((BEGIN_MS + since_begin_ms) / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
